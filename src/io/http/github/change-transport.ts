import { SheafError } from '../../../core/errors.ts';
import { LIMITS } from '../../../core/limits.ts';
import type { ChangeTransport, Proposal, ProposalState } from '../../../core/submission-ports.ts';
import type { Submitter } from '../../../core/submissions/change.ts';
import { numberAt, textAt } from '../forge-answer.ts';
import { putBranch, readFile } from './branch.ts';
import type { GithubClient } from './client.ts';
import { namedFork, openFork, syncFork } from './fork.ts';
import { checksOf, findPullRequest, openPullRequest, type PullRequest } from './pull-request.ts';
import { type GithubRepository, headOf, readRepository } from './repository.ts';

/**
 * Proposes changes to a registry on GitHub as pull requests: from a branch of the registry where the account may push,
 * else from one of its fork. Every step looks first what is there already, so a run that was broken off anywhere is
 * gone on with by running it again.
 *
 * @param fork `owner/name` of the fork to be used, when it is not that of the account.
 */
export function createGithubTransport(
  client: GithubClient,
  repository: string,
  fork?: string,
): ChangeTransport {
  let upstream: Promise<GithubRepository> | undefined;
  const openUpstream = (): Promise<GithubRepository> => (upstream ??= readRepository(client, repository));
  let submitter: Promise<Submitter> | undefined;
  const account = (): Promise<Submitter> => (submitter ??= readAccount(client));

  const read = async (path: string): Promise<Uint8Array | undefined> => {
    const { name, defaultBranch } = await openUpstream();
    return await readFile(client, name, path, defaultBranch, LIMITS.indexObjectBytes);
  };

  /** The account that has the branches. */
  const ownerOf = async (upstream: GithubRepository): Promise<string> => {
    if (fork !== undefined) return (await readRepository(client, fork)).owner;
    return upstream.canPush ? upstream.owner : (await account()).login;
  };

  /** The repository that gets the branch. */
  const openHead = async (upstream: GithubRepository, owner: string): Promise<GithubRepository> => {
    if (fork !== undefined) return await namedFork(client, upstream, fork);
    return upstream.canPush ? upstream : await openFork(client, upstream, owner);
  };

  return {
    name: 'GitHub',
    account,
    read,
    async propose(proposal) {
      const upstream = await openUpstream();
      const owner = await ownerOf(upstream);
      const pull = await findPullRequest(client, upstream, owner, proposal.branch);
      if (pull?.state !== 'open' && (await isPublished(read, proposal))) {
        return {
          state: 'merged',
          ...(pull === undefined ? {} : { url: pull.url }),
          checks: 'none',
          failed: [],
        };
      }
      if (pull?.state === 'closed') throw closedError(pull);
      if (upstream.isArchived) {
        throw new SheafError('SHEAF_USAGE', `${upstream.name} is archived and takes no changes.`, {
          hint: 'Ask its owners which registry took its place.',
        });
      }
      const commit = await bringBranch(client, upstream, await openHead(upstream, owner), proposal);
      const open = pull?.state === 'open' ? pull : await openPullRequest(client, upstream, owner, proposal);
      return await stateOf(client, upstream, { ...open, commit });
    },
    async state(branch) {
      const upstream = await openUpstream();
      const pull = await findPullRequest(client, upstream, await ownerOf(upstream), branch);
      if (pull !== undefined) return await stateOf(client, upstream, pull);
      return { state: 'closed', hint: 'Nothing is proposed yet.', checks: 'none', failed: [] };
    },
  };
}

async function readAccount(client: GithubClient): Promise<Submitter> {
  const answer = await client.get('user');
  return { forge: 'github', id: numberAt(answer, 'id'), login: textAt(answer, 'login') };
}

/** Whether the registry has every file, byte by byte. */
async function isPublished(read: ChangeTransport['read'], { files }: Proposal): Promise<boolean> {
  for (const [path, bytes] of files) {
    const there = await read(path);
    if (there === undefined || Buffer.compare(there, bytes) !== 0) return false;
  }
  return true;
}

async function bringBranch(
  client: GithubClient,
  upstream: GithubRepository,
  head: GithubRepository,
  proposal: Proposal,
): Promise<string> {
  const tip = await headOf(client, upstream.name, upstream.defaultBranch);
  if (tip === undefined) {
    throw new SheafError(
      'SHEAF_NOT_A_REGISTRY',
      `${upstream.name} has no branch ${upstream.defaultBranch} yet.`,
    );
  }
  if (head !== upstream) await syncFork(client, head, upstream.defaultBranch, tip);
  return await putBranch(client, { upstream, head, tip }, proposal);
}

async function stateOf(
  client: GithubClient,
  upstream: GithubRepository,
  { url, state, commit }: PullRequest,
): Promise<ProposalState> {
  if (state !== 'open') return { state, url, commit, checks: 'none', failed: [] };
  const { checks, failed } = await checksOf(client, upstream.name, commit);
  const hint =
    checks === 'failed'
      ? 'Look at the checks that failed, correct what they say, and run the command again.'
      : 'Wait for the checks and for the reviewers; they answer at that address.';
  return { state: 'proposed', url, commit, hint, checks, failed };
}

function closedError({ number, url }: PullRequest): SheafError {
  return new SheafError('SHEAF_CANCELLED', `Pull request ${number} was closed without being merged.`, {
    hint: `Read at ${url} why; reopen it there and run the command again, or publish another version.`,
    details: { url },
  });
}
