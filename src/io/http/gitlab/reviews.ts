import type {
  ForgeAccount,
  ForgeReview,
  ForgeReviews,
  OpenChange,
  SetLabel,
} from '../../../core/review-ports.ts';
import { instantAt, isTrueAt, listAt, numberAt, optionalTextAt, textAt } from '../forge-answer.ts';
import type { GitlabClient } from './client.ts';

/** Who may push to a protected branch, unless a project says otherwise. */
const MAINTAINER = 40;
const REFUSED = 400;

// What GitLab itself writes about reviews, with a time that nobody can choose.
const APPROVED = 'approved this merge request';
const REQUESTED_CHANGES = 'requested changes';

/**
 * The merge requests of a project by GitLab's REST API.
 *
 * @param project its number, or its path with `%2F` for slashes.
 */
export function createGitlabReviews(client: GitlabClient, project: string): ForgeReviews {
  const base = `projects/${project}`;
  const merge = (number: number): string => `${base}/merge_requests/${number}`;
  let asked: Promise<number> | undefined;
  const ownId = (): Promise<number> => (asked ??= client.get('user').then((user) => numberAt(user, 'id')));
  const notesOf = (number: number): Promise<readonly unknown[]> =>
    client.list(`${merge(number)}/notes?sort=asc&order_by=created_at`);

  return {
    forge: 'gitlab',
    async openChanges() {
      const id = await ownId();
      const found = await client.list(`${base}/merge_requests?state=opened&order_by=created_at&sort=asc`);
      return found.map((answer) => changeOf(answer, id));
    },
    async change(number) {
      const found = await client.find(merge(number));
      return found === undefined ? undefined : changeOf(found, await ownId());
    },
    async labels(number) {
      const set = new Map<string, SetLabel>();
      for (const event of await client.list(`${merge(number)}/resource_label_events`)) {
        // A label that was deleted since has no name.
        const name = optionalTextAt(event, 'label.name');
        if (name === undefined) continue;
        if (textAt(event, 'action') !== 'add') set.delete(name);
        else {
          const by = accountAt(event, 'user');
          const member = await client.find(`${base}/members/all/${by.id}`);
          const byMaintainer = member !== undefined && numberAt(member, 'access_level') >= MAINTAINER;
          set.set(name, { name, by, date: instantAt(event, 'created_at'), byMaintainer });
        }
      }
      return [...set.values()];
    },
    async requested(number) {
      const reviewers = await client.list(`${merge(number)}/reviewers`);
      return reviewers
        .filter((one) => ['unreviewed', 'review_started'].includes(textAt(one, 'state')))
        .map((one) => accountAt(one, 'user'));
    },
    async reviews(number) {
      const answer = await client.get(`${merge(number)}/approvals`);
      const approving = new Set(listAt(answer, 'approved_by').map((one) => numberAt(one, 'user.id')));
      const reviewers = await client.list(`${merge(number)}/reviewers`);
      const rejecting = new Set(
        reviewers
          .filter((one) => textAt(one, 'state') === 'requested_changes')
          .map((one) => numberAt(one, 'user.id')),
      );
      return (await notesOf(number)).flatMap((note): readonly ForgeReview[] => {
        if (!isTrueAt(note, 'system')) return [];
        const account = accountAt(note, 'author');
        const body = textAt(note, 'body');
        const date = instantAt(note, 'created_at');
        if (body === APPROVED && approving.has(account.id)) return [{ account, verdict: 'approve', date }];
        if (body === REQUESTED_CHANGES && rejecting.has(account.id))
          return [{ account, verdict: 'reject', date }];
        return [];
      });
    },
    async ownComment(number, marker) {
      const id = await ownId();
      for (const note of await notesOf(number)) {
        const body = optionalTextAt(note, 'body') ?? '';
        if (!isTrueAt(note, 'system') && numberAt(note, 'author.id') === id && body.startsWith(marker)) {
          return { id: numberAt(note, 'id'), body };
        }
      }
      return undefined;
    },
    async comment(number, body) {
      const made = await client.change('POST', `${merge(number)}/notes`, { body });
      return { id: numberAt(made, 'id'), body };
    },
    async editComment(number, comment, body) {
      await client.change('PUT', `${merge(number)}/notes/${comment}`, { body });
    },
    async addLabel(number, label) {
      await client.change('PUT', merge(number), { add_labels: label });
    },
    async removeLabel(number, label) {
      await client.change('PUT', merge(number), { remove_labels: label });
    },
    async request(number, logins) {
      const present = listAt(await client.get(merge(number)), 'reviewers').map((one) => numberAt(one, 'id'));
      const found: { readonly login: string; readonly id: number }[] = [];
      for (const login of logins) {
        const [user] = await client.list(`users?username=${encodeURIComponent(login)}`);
        if (user !== undefined) found.push({ login, id: numberAt(user, 'id') });
      }
      if (found.length === 0) return [];
      const reviewer_ids = [...new Set([...present, ...found.map(({ id }) => id)])];
      const changed = await client.change('PUT', merge(number), { reviewer_ids }, [REFUSED]);
      const taken =
        changed === undefined ? [] : listAt(changed, 'reviewers').map((one) => numberAt(one, 'id'));
      return found.filter(({ id }) => taken.includes(id)).map(({ login }) => login);
    },
    async dispatch(workflow, branch, inputs) {
      const all = Object.entries({ SHEAF_WORKFLOW: workflow, ...inputs });
      const variables = all.map(([key, value]) => ({ key, value }));
      await client.change('POST', `${base}/pipeline`, { ref: branch, variables });
    },
  };
}

function changeOf(answer: unknown, ownId: number): OpenChange {
  const number = numberAt(answer, 'iid');
  const state = textAt(answer, 'state');
  return {
    number,
    url: textAt(answer, 'web_url'),
    into: textAt(answer, 'target_branch'),
    head: textAt(answer, 'sha'),
    ref: `refs/merge-requests/${number}/head`,
    state: state === 'opened' ? 'open' : state === 'merged' ? 'merged' : 'closed',
    isDraft: isTrueAt(answer, 'draft'),
    opened: instantAt(answer, 'created_at'),
    author: accountAt(answer, 'author'),
    isOwn: numberAt(answer, 'author.id') === ownId,
    labels: listAt(answer, 'labels').filter((label) => typeof label === 'string'),
  };
}

function accountAt(answer: unknown, path: string): ForgeAccount {
  return { id: numberAt(answer, `${path}.id`), login: textAt(answer, `${path}.username`) };
}
