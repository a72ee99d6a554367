import { type Answer, created, invalid, NOT_FOUND, ok } from '../answers.ts';
import { bodyOf, type Call, page, type Route } from '../router.ts';
import { commentShape, issueShape, labelShape, userShape } from '../shapes.ts';
import type { Issue } from '../state.ts';

const ONE = 'repos/{owner}/{repo}/issues/{number}';

/** Issues, and what pull requests have of them: comments and labels. */
export const ISSUE_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: 'repos/{owner}/{repo}/issues',
    needs: ['issues', 'read'],
    answer(call) {
      const state = call.query.get('state') ?? 'open';
      const labels = (call.query.get('labels') ?? '').split(',').filter((label) => label !== '');
      const found = call.repository.issues.filter(
        (issue) =>
          (state === 'all' || issue.state === state) && labels.every((label) => issue.labels.includes(label)),
      );
      return page(
        call,
        found.toReversed().map((issue) => issueShape(call.github, call.repository, issue)),
      );
    },
  },
  {
    method: 'POST',
    path: 'repos/{owner}/{repo}/issues',
    needs: ['issues', 'write'],
    anybody: true,
    answer(call) {
      const { title, body, labels } = bodyOf(call);
      if (typeof title !== 'string')
        return invalid({ resource: 'Issue', code: 'missing_field', field: 'title' });
      const issue = call.github.openIssue(call.repository, {
        user: call.token!.user,
        title,
        body: typeof body === 'string' ? body : '',
        labels: (labels ?? []) as string[],
      });
      return created(issueShape(call.github, call.repository, issue));
    },
  },
  {
    method: 'GET',
    path: ONE,
    needs: ['issues', 'read'],
    answer: (call) => withIssue(call, (issue) => ok(issueShape(call.github, call.repository, issue))),
  },
  {
    method: 'PATCH',
    path: ONE,
    needs: ['issues', 'write'],
    answer: (call) => withIssue(call, (issue) => update(issue, call)),
  },
  {
    method: 'GET',
    path: `${ONE}/comments`,
    needs: ['issues', 'read'],
    answer: (call) =>
      withIssue(call, (issue) =>
        page(
          call,
          issue.comments.map((one) => commentShape(call.github, call.repository, one)),
        ),
      ),
  },
  {
    method: 'POST',
    path: `${ONE}/comments`,
    needs: ['issues', 'write'],
    anybody: true,
    answer: (call) =>
      withIssue(call, (issue) => {
        const { body } = bodyOf(call);
        if (typeof body !== 'string' || body === '' || body.length > 65_536) {
          return invalid({
            resource: 'IssueComment',
            code: 'unprocessable',
            field: 'data',
            message: 'Body is invalid',
          });
        }
        const comment = { id: call.github.nextId(), user: call.token!.user, body };
        issue.comments.push(comment);
        return created(commentShape(call.github, call.repository, comment));
      }),
  },
  {
    method: 'PATCH',
    path: 'repos/{owner}/{repo}/issues/comments/{id}',
    needs: ['issues', 'write'],
    answer(call) {
      const id = Number(call.params['id']);
      const comment = call.repository.issues.flatMap((issue) => issue.comments).find((one) => one.id === id);
      if (comment === undefined) return NOT_FOUND;
      comment.body = String(bodyOf(call)['body']);
      return ok(commentShape(call.github, call.repository, comment));
    },
  },
  {
    method: 'GET',
    path: `${ONE}/labels`,
    needs: ['issues', 'read'],
    answer: (call) => withIssue(call, (issue) => page(call, issue.labels.map(labelShape))),
  },
  {
    method: 'GET',
    path: `${ONE}/events`,
    needs: ['issues', 'read'],
    answer: (call) =>
      withIssue(call, (issue) =>
        page(
          call,
          issue.labelEvents.map(({ label, user, isSet, at }, index) => ({
            id: index + 1,
            event: isSet ? 'labeled' : 'unlabeled',
            actor: userShape(call.github, user),
            label: { name: label, color: 'ededed' },
            created_at: at,
          })),
        ),
      ),
  },
  {
    method: 'POST',
    path: `${ONE}/labels`,
    needs: ['issues', 'write'],
    answer: (call) =>
      withIssue(call, (issue) => {
        setLabels(call, issue, [...new Set([...issue.labels, ...(bodyOf(call)['labels'] as string[])])]);
        return ok(issue.labels.map(labelShape));
      }),
  },
  {
    method: 'PUT',
    path: `${ONE}/labels`,
    needs: ['issues', 'write'],
    answer: (call) =>
      withIssue(call, (issue) => {
        setLabels(call, issue, [...new Set(bodyOf(call)['labels'] as string[])]);
        return ok(issue.labels.map(labelShape));
      }),
  },
  {
    method: 'DELETE',
    path: `${ONE}/labels/{name}`,
    needs: ['issues', 'write'],
    answer: (call) =>
      withIssue(call, (issue) => {
        const name = call.params['name']!;
        if (!issue.labels.includes(name)) return NOT_FOUND;
        setLabels(
          call,
          issue,
          issue.labels.filter((label) => label !== name),
        );
        return ok(issue.labels.map(labelShape));
      }),
  },
];

/** Sets labels, and remembers who did. */
function setLabels({ github, token }: Call, issue: Issue, labels: string[]): void {
  const at = github.now();
  const changed = (from: readonly string[], to: readonly string[]) =>
    to.filter((label) => !from.includes(label));
  for (const label of changed(issue.labels, labels)) {
    issue.labelEvents.push({ label, user: token!.user, isSet: true, at });
  }
  for (const label of changed(labels, issue.labels)) {
    issue.labelEvents.push({ label, user: token!.user, isSet: false, at });
  }
  issue.labels = labels;
}

function withIssue(call: Call, answer: (issue: Issue) => Answer | Promise<Answer>): Answer | Promise<Answer> {
  const number = Number(call.params['number']);
  const issue = call.repository.issues.find((one) => one.number === number);
  return issue === undefined ? NOT_FOUND : answer(issue);
}

function update(issue: Issue, call: Call): Answer {
  const { state, title, body, labels } = bodyOf(call);
  if (state === 'open' || state === 'closed') issue.state = state;
  if (typeof title === 'string') issue.title = title;
  if (typeof body === 'string') issue.body = body;
  if (Array.isArray(labels)) issue.labels = labels as string[];
  return ok(issueShape(call.github, call.repository, issue));
}
