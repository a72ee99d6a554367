import type { Proposal } from '../../../core/submission-ports.ts';
import { numberAt, optionalTextAt, textAt } from '../forge-answer.ts';
import { createOnce, type GithubClient } from './client.ts';
import type { GithubRepository } from './repository.ts';

/** A pull request as far as its author needs to know it. */
export interface PullRequest {
  readonly number: number;
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
  /** Head commit. */
  readonly commit: string;
}

/** The pull request of a branch: the open one, else the newest. `owner` is the account with the branch. */
export async function findPullRequest(
  client: GithubClient,
  upstream: GithubRepository,
  owner: string,
  branch: string,
): Promise<PullRequest | undefined> {
  const label = `${owner}:${branch}`;
  const query = `head=${encodeURIComponent(label)}&state=all&sort=created&direction=desc`;
  const found = (await client.list(`repos/${upstream.name}/pulls?${query}`))
    // A filter that GitHub does not understand is one that it does not apply.
    .filter((answer) => optionalTextAt(answer, 'head.label')?.toLowerCase() === label.toLowerCase())
    .map(pullRequestIn)
    .toSorted((a, b) => b.number - a.number);
  return found.find(({ state }) => state === 'open') ?? found[0];
}

/** Opens one; found again when it is there already. */
export function openPullRequest(
  client: GithubClient,
  upstream: GithubRepository,
  owner: string,
  { branch, title, body }: Proposal,
): Promise<PullRequest> {
  return createOnce(
    async () =>
      pullRequestIn(
        await client.change('POST', `repos/${upstream.name}/pulls`, {
          title,
          body,
          head: `${owner}:${branch}`,
          base: upstream.defaultBranch,
          maintainer_can_modify: true,
        }),
      ),
    async () => {
      const found = await findPullRequest(client, upstream, owner, branch);
      return found?.state === 'open' ? found : undefined;
    },
  );
}

/** How the checks of a commit stand: check runs of apps and workflows, and statuses of everybody else. */
export async function checksOf(
  client: GithubClient,
  repository: string,
  commit: string,
): Promise<{
  readonly checks: 'none' | 'pending' | 'passed' | 'failed';
  readonly failed: readonly { readonly name: string; readonly url?: string }[];
}> {
  const path = `repos/${repository}/commits/${commit}`;
  const checks = [
    ...(await client.list(`${path}/check-runs`, 'check_runs')).map(checkRunIn),
    ...(await client.list(`${path}/status`, 'statuses')).map(statusIn),
  ];
  const failed = checks
    .filter(({ state }) => state === 'failed')
    .map(({ name, url }) => ({ name, ...(url === undefined ? {} : { url }) }));
  const isPending = checks.some(({ state }) => state === 'pending');
  const rest = checks.length === 0 ? 'none' : isPending ? 'pending' : 'passed';
  return { checks: failed.length > 0 ? 'failed' : rest, failed };
}

interface Check {
  readonly name: string;
  readonly state: 'pending' | 'passed' | 'failed';
  readonly url: string | undefined;
}

function checkRunIn(answer: unknown): Check {
  const conclusion = optionalTextAt(answer, 'conclusion');
  const isGood = ['success', 'neutral', 'skipped'].includes(conclusion ?? '');
  const isDone = optionalTextAt(answer, 'status') === 'completed';
  return {
    name: textAt(answer, 'name'),
    // What neither went well nor stands open is a failure, whatever GitHub calls it.
    state: isDone ? (isGood ? 'passed' : 'failed') : 'pending',
    url: webAddressIn(answer, 'html_url') ?? webAddressIn(answer, 'details_url'),
  };
}

function statusIn(answer: unknown): Check {
  const state = textAt(answer, 'state');
  return {
    name: textAt(answer, 'context'),
    state: state === 'success' ? 'passed' : state === 'pending' ? 'pending' : 'failed',
    url: webAddressIn(answer, 'target_url'),
  };
}

/** Whoever sets a status chooses its address. */
function webAddressIn(answer: unknown, path: string): string | undefined {
  const text = optionalTextAt(answer, path);
  return text !== undefined && URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
    ? new URL(text).href
    : undefined;
}

function pullRequestIn(answer: unknown): PullRequest {
  const isMerged = optionalTextAt(answer, 'merged_at') !== undefined;
  return {
    number: numberAt(answer, 'number'),
    url: textAt(answer, 'html_url'),
    state: isMerged ? 'merged' : textAt(answer, 'state') === 'open' ? 'open' : 'closed',
    commit: textAt(answer, 'head.sha'),
  };
}
