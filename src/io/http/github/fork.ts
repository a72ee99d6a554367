import { SheafError } from '../../../core/errors.ts';
import { LIMITS } from '../../../core/limits.ts';
import type { GithubClient } from './client.ts';
import { isPassing, statusOf } from './refusals.ts';
import { findRepository, type GithubRepository, headOf, readRepository, repositoryIn } from './repository.ts';

const LONGEST_WAIT = 10_000;

/**
 * The fork of a repository that an account has, made when it has none: by GitHub in the background, so that there is
 * nothing for a while, and then an empty repository.
 *
 * @throws SheafError `SHEAF_NETWORK` when it is not there after `LIMITS.forkTime`.
 */
export async function openFork(
  client: GithubClient,
  upstream: GithubRepository,
  login: string,
): Promise<GithubRepository> {
  const [, name = ''] = upstream.name.split('/');
  const existing = await findRepository(client, `${login}/${name}`);
  // An account has one fork at most: asked again, GitHub answers with the same. It may be called otherwise.
  const fork =
    existing?.parent === upstream.id ? existing : repositoryIn(await requestFork(client, upstream.name));
  for (let waited = 0, wait = client.delay; waited < LIMITS.forkTime; waited += wait) {
    if ((await headOf(client, fork.name, fork.defaultBranch)) !== undefined) return fork;
    await client.pause(wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  }
  const minutes = LIMITS.forkTime / 60_000;
  throw new SheafError('SHEAF_NETWORK', `${fork.name} is not there ${minutes} minutes after it was forked.`, {
    hint: 'Run the command again later; it goes on where it stopped.',
  });
}

/**
 * A fork that the author names, which may belong to an organization.
 *
 * @throws SheafError `SHEAF_USAGE` when it is none.
 */
export async function namedFork(
  client: GithubClient,
  upstream: GithubRepository,
  name: string,
): Promise<GithubRepository> {
  const fork = await readRepository(client, name);
  if (fork.parent === upstream.id) return fork;
  throw new SheafError('SHEAF_USAGE', `${fork.name} is no fork of ${upstream.name}.`, {
    hint: 'Name a fork that was made on GitHub, or none: one is made when it is needed.',
  });
}

/**
 * Brings a fork's copy of the upstream default branch up to date. Where that cannot be done, because it has work of its
 * own or is not there at all, nothing is lost: branches begin at the upstream commit, not at this one.
 */
export async function syncFork(
  client: GithubClient,
  fork: GithubRepository,
  branch: string,
  tip: string,
): Promise<void> {
  if ((await headOf(client, fork.name, branch)) === tip) return;
  try {
    await client.change('POST', `repos/${fork.name}/merge-upstream`, { branch });
  } catch (error) {
    if (!isPassing(error) && ![404, 409, 422].includes(statusOf(error) ?? 0)) throw error;
  }
}

async function requestFork(client: GithubClient, upstream: string): Promise<unknown> {
  const send = (): Promise<unknown> =>
    client.change('POST', `repos/${upstream}/forks`, { default_branch_only: true });
  try {
    return await send();
  } catch (error) {
    if (!isPassing(error)) throw error;
    return await send();
  }
}
