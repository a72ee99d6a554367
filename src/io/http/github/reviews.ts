import type {
  ForgeAccount,
  ForgeReview,
  ForgeReviews,
  OpenChange,
  SetLabel,
} from '../../../core/review-ports.ts';
import { instantAt, isTrueAt, listAt, numberAt, optionalTextAt, textAt } from '../forge-answer.ts';
import type { GithubClient } from './client.ts';
import { statusOf } from './refusals.ts';

/** Who a workflow's own token is; no person can have a name with brackets. */
const WORKFLOW_ACCOUNT = 'github-actions[bot]';

const VERDICTS: Readonly<Record<string, ForgeReview['verdict']>> = {
  APPROVED: 'approve',
  CHANGES_REQUESTED: 'reject',
};

/** The pull requests of a repository, `owner/name`, by GitHub's REST API. */
export function createGithubReviews(client: GithubClient, repository: string): ForgeReviews {
  const repo = `repos/${repository}`;
  const issue = (number: number): string => `${repo}/issues/${number}`;
  const pull = (number: number): string => `${repo}/pulls/${number}`;
  let asked: Promise<string> | undefined;
  const ownLogin = (): Promise<string> => (asked ??= loginOf(client));
  const levels = new Map<string, Promise<boolean>>();
  const mayPush = (login: string): Promise<boolean> => {
    const known = levels.get(login) ?? askWhetherMayPush(client, repo, login);
    levels.set(login, known);
    return known;
  };

  return {
    forge: 'github',
    async openChanges() {
      const login = await ownLogin();
      const found = await client.list(`${repo}/pulls?state=open&direction=asc`);
      return found.map((answer) => changeOf(answer, login));
    },
    async change(number) {
      const found = await client.find(pull(number));
      return found === undefined ? undefined : changeOf(found, await ownLogin());
    },
    async labels(number) {
      const set = new Map<string, SetLabel>();
      for (const event of await client.list(`${issue(number)}/events`)) {
        const kind = optionalTextAt(event, 'event');
        if (kind !== 'labeled' && kind !== 'unlabeled') continue;
        const name = textAt(event, 'label.name');
        if (kind === 'unlabeled' || optionalTextAt(event, 'actor.login') === undefined) set.delete(name);
        else {
          const by = accountAt(event, 'actor');
          set.set(name, {
            name,
            by,
            date: instantAt(event, 'created_at'),
            byMaintainer: await mayPush(by.login),
          });
        }
      }
      return [...set.values()];
    },
    async requested(number) {
      const answer = await client.get(`${pull(number)}/requested_reviewers`);
      return listAt(answer, 'users').map((user) => accountAt({ user }, 'user'));
    },
    async reviews(number) {
      return (await client.list(`${pull(number)}/reviews`)).flatMap(reviewOf);
    },
    async ownComment(number, marker) {
      const login = await ownLogin();
      for (const comment of await client.list(`${issue(number)}/comments`)) {
        const body = optionalTextAt(comment, 'body') ?? '';
        if (optionalTextAt(comment, 'user.login') === login && body.startsWith(marker)) {
          return { id: numberAt(comment, 'id'), body };
        }
      }
      return undefined;
    },
    async comment(number, body) {
      const made = await client.change('POST', `${issue(number)}/comments`, { body });
      return { id: numberAt(made, 'id'), body };
    },
    async editComment(_, comment, body) {
      await client.change('PATCH', `${repo}/issues/comments/${comment}`, { body });
    },
    async addLabel(number, label) {
      await client.change('POST', `${issue(number)}/labels`, { labels: [label] });
    },
    async removeLabel(number, label) {
      await unlessStatus(
        client.change('DELETE', `${issue(number)}/labels/${encodeURIComponent(label)}`),
        404,
      );
    },
    async request(number, logins) {
      const taken: string[] = [];
      for (const login of logins) {
        // One who may not be asked would make GitHub refuse all.
        const request = client.change('POST', `${pull(number)}/requested_reviewers`, { reviewers: [login] });
        if ((await unlessStatus(request, 422)) !== undefined) taken.push(login);
      }
      return taken;
    },
    async dispatch(workflow, branch, inputs) {
      const path = `${repo}/actions/workflows/${encodeURIComponent(workflow)}/dispatches`;
      await client.change('POST', path, { ref: branch, inputs });
    },
  };
}

async function loginOf(client: GithubClient): Promise<string> {
  try {
    return textAt(await client.get('user'), 'login');
  } catch (error) {
    if (statusOf(error) === 403) return WORKFLOW_ACCOUNT;
    throw error;
  }
}

async function askWhetherMayPush(client: GithubClient, repo: string, login: string): Promise<boolean> {
  const answer = await client.find(`${repo}/collaborators/${encodeURIComponent(login)}/permission`);
  const permission = answer === undefined ? 'none' : textAt(answer, 'permission');
  return permission === 'admin' || permission === 'write';
}

function changeOf(answer: unknown, ownLogin: string): OpenChange {
  const number = numberAt(answer, 'number');
  const isMerged = optionalTextAt(answer, 'merged_at') !== undefined;
  return {
    number,
    url: textAt(answer, 'html_url'),
    into: textAt(answer, 'base.ref'),
    head: textAt(answer, 'head.sha'),
    ref: `refs/pull/${number}/head`,
    state: isMerged ? 'merged' : textAt(answer, 'state') === 'open' ? 'open' : 'closed',
    isDraft: isTrueAt(answer, 'draft'),
    opened: instantAt(answer, 'created_at'),
    author: accountAt(answer, 'user'),
    isOwn: textAt(answer, 'user.login') === ownLogin,
    labels: listAt(answer, 'labels').map((label) => textAt(label, 'name')),
  };
}

function reviewOf(answer: unknown): readonly ForgeReview[] {
  const verdict = VERDICTS[textAt(answer, 'state')];
  // Remarks are no verdict, a dismissed one counts no more, and an account that is gone has no name.
  if (verdict === undefined || optionalTextAt(answer, 'user.login') === undefined) return [];
  const commit = optionalTextAt(answer, 'commit_id');
  return [
    {
      account: accountAt(answer, 'user'),
      verdict,
      date: instantAt(answer, 'submitted_at'),
      ...(commit === undefined ? {} : { commit }),
    },
  ];
}

function accountAt(answer: unknown, path: string): ForgeAccount {
  return { id: numberAt(answer, `${path}.id`), login: textAt(answer, `${path}.login`) };
}

/** The answer, or undefined when it has this status. */
async function unlessStatus(answer: Promise<unknown>, status: number): Promise<unknown> {
  try {
    return (await answer) ?? {};
  } catch (error) {
    if (statusOf(error) === status) return undefined;
    throw error;
  }
}
