import { type Answer, created, invalid, NOT_FOUND, ok, refusal } from '../answers.ts';
import { bodyOf, type Call, page, type Route } from '../router.ts';
import { pullShape, reviewShape } from '../shapes.ts';
import { fullName, type Issue } from '../state.ts';

const ONE = 'repos/{owner}/{repo}/pulls/{number}';

/** Pull requests, their files and their reviews. */
export const PULL_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: 'repos/{owner}/{repo}/pulls',
    needs: ['pull_requests', 'write'],
    anybody: true,
    answer: create,
  },
  { method: 'GET', path: 'repos/{owner}/{repo}/pulls', needs: ['pull_requests', 'read'], answer: list },
  { method: 'GET', path: ONE, needs: ['pull_requests', 'read'], answer: (call) => withPull(call, single) },
  {
    method: 'PATCH',
    path: ONE,
    needs: ['pull_requests', 'write'],
    anybody: true,
    answer: (call) => withPull(call, update),
  },
  {
    method: 'GET',
    path: `${ONE}/files`,
    needs: ['pull_requests', 'read'],
    answer: (call) =>
      withPull(call, async (issue) => {
        const { headSha, baseSha } = issue.pull!;
        return page(call, await call.repository.git.differences(baseSha, headSha));
      }),
  },
  {
    method: 'PUT',
    path: `${ONE}/merge`,
    needs: ['contents', 'write'],
    answer: (call) => withPull(call, merge),
  },
  {
    method: 'GET',
    path: `${ONE}/requested_reviewers`,
    needs: ['pull_requests', 'read'],
    answer: (call) =>
      withPull(call, (issue) =>
        ok({ users: issue.pull!.requested.map(({ id, login }) => ({ id, login })), teams: [] }),
      ),
  },
  {
    method: 'POST',
    path: `${ONE}/requested_reviewers`,
    needs: ['pull_requests', 'write'],
    answer: (call) => withPull(call, requestReviews),
  },
  {
    method: 'DELETE',
    path: `${ONE}/requested_reviewers`,
    needs: ['pull_requests', 'write'],
    answer: (call) =>
      withPull(call, (issue) => {
        const logins = bodyOf(call)['reviewers'] as readonly string[];
        issue.pull!.requested = issue.pull!.requested.filter(({ login }) => !logins.includes(login));
        return ok(pullShape(call.github, call.repository, issue, undefined));
      }),
  },
  {
    method: 'GET',
    path: `${ONE}/reviews`,
    needs: ['pull_requests', 'read'],
    answer: (call) =>
      withPull(call, (issue) =>
        page(
          call,
          issue.pull!.reviews.map((one) => reviewShape(call.github, one)),
        ),
      ),
  },
];

async function withPull(
  call: Call,
  answer: (issue: Issue, call: Call) => Answer | Promise<Answer>,
): Promise<Answer> {
  const number = Number(call.params['number']);
  const issue = call.repository.issues.find((one) => one.number === number && one.pull !== undefined);
  if (issue === undefined) return NOT_FOUND;
  await call.github.refreshPull(call.repository, issue);
  return answer(issue, call);
}

async function single(issue: Issue, { github, repository }: Call): Promise<Answer> {
  const { headSha, baseSha } = issue.pull!;
  const changedFiles = (await repository.git.differences(baseSha, headSha)).length;
  return ok(pullShape(github, repository, issue, { changedFiles, mergeable: issue.state === 'open' }));
}

async function create(call: Call): Promise<Answer> {
  const { github, repository, token } = call;
  const { title, body, head, base, draft } = bodyOf(call);
  if (repository.archived) return refusal(403, 'Repository was archived so is read-only.');
  if (typeof title !== 'string' || title === '') {
    return invalid({ resource: 'Issue', code: 'missing_field', field: 'title' });
  }
  const [account, branch] = String(head).includes(':')
    ? String(head).split(':')
    : [repository.owner.login, String(head)];
  const source = github.inNetwork(repository, account!);
  if (source === undefined || (await source.git.resolve(`refs/heads/${branch!}`)) === undefined) {
    return invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
  }
  if ((await repository.git.resolve(`refs/heads/${String(base)}`)) === undefined) {
    return invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  }
  for (const issue of repository.issues) await github.refreshPull(repository, issue);
  const already = repository.issues.some(
    ({ pull, state }) => state === 'open' && pull?.headRepository === source && pull.headBranch === branch,
  );
  if (already) {
    return invalid({
      resource: 'PullRequest',
      code: 'custom',
      message: `A pull request already exists for ${account}:${branch}.`,
    });
  }
  const issue = await github.openPull(repository, {
    user: token!.user,
    head: source,
    branch: branch!,
    base: String(base),
    title,
    body: typeof body === 'string' ? body : '',
    draft: draft === true,
  });
  if (issue === undefined) {
    return invalid({
      resource: 'PullRequest',
      code: 'custom',
      message: `No commits between ${String(base)} and ${String(head)}`,
    });
  }
  const { status } = created(undefined);
  return { ...(await single(issue, call)), status };
}

async function list(call: Call): Promise<Answer> {
  const { github, repository, query } = call;
  const state = query.get('state') ?? 'open';
  const [head, base] = [query.get('head'), query.get('base')];
  const found: Issue[] = [];
  for (const issue of repository.issues) {
    if (issue.pull === undefined) continue;
    await github.refreshPull(repository, issue);
    const { headRepository, headBranch } = issue.pull;
    if (state !== 'all' && issue.state !== state) continue;
    if (head !== null && head !== `${headRepository.owner.login}:${headBranch}`) continue;
    if (base !== null && base !== issue.pull.base) continue;
    found.push(issue);
  }
  // The newest first, unless asked otherwise.
  if (query.get('direction') !== 'asc') found.reverse();
  return page(
    call,
    found.map((issue) => pullShape(github, repository, issue, undefined)),
  );
}

async function update(issue: Issue, call: Call): Promise<Answer> {
  const { title, body, state } = bodyOf(call);
  if (typeof title === 'string') issue.title = title;
  if (typeof body === 'string') issue.body = body;
  if (state === 'closed' || (state === 'open' && issue.pull!.mergedAt === undefined)) issue.state = state;
  return single(issue, call);
}

async function merge(issue: Issue, call: Call): Promise<Answer> {
  const { sha } = bodyOf(call);
  const pull = issue.pull!;
  if (issue.state !== 'open') return refusal(405, 'Pull Request is not mergeable');
  if (sha !== undefined && sha !== pull.headSha) {
    return refusal(409, 'Head branch was modified. Review and try the merge again.');
  }
  await call.github.mergePull(call.repository, issue);
  return ok({ sha: pull.mergeCommit, merged: true, message: 'Pull Request successfully merged' });
}

function requestReviews(issue: Issue, call: Call): Answer {
  const pull = issue.pull!;
  const logins = (bodyOf(call)['reviewers'] ?? []) as readonly string[];
  if (logins.includes(issue.user.login)) {
    return refusal(422, 'Review cannot be requested from pull request author.');
  }
  for (const login of logins) {
    const user = call.github.users.get(login);
    const isCollaborator = login === call.repository.owner.login || call.repository.roles.has(login);
    if (user === undefined || !isCollaborator) {
      return refusal(
        422,
        `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${fullName(call.repository)} repository.`,
      );
    }
    if (!pull.requested.includes(user)) pull.requested.push(user);
  }
  return { ...ok(pullShape(call.github, call.repository, issue, undefined)), status: 201 };
}
