import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Proposal, ProposalState } from '../../core/submission-ports.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { inOrder } from './branch-commits.ts';
import type { RegistryRepository } from './registry-repository.ts';
import { openRemoteBranch, type RemoteBranch, remoteHead } from './remote-branch.ts';
import { SHEAF_EMAIL } from './sheaf-identity.ts';

/** Where a branch with a proposal is made. */
export interface ProposalPlace {
  /** The registry itself. */
  readonly registry: RegistryRepository;
  /** Address of a repository that the author may push to, when that is another one. */
  readonly fork?: string;
  readonly environment: Environment;
}

/** A commit with a proposal, in a temporary repository, ready to be pushed. */
export interface ProposalCommit {
  readonly branch: RemoteBranch;
  readonly commit: string;
  /** False when the branch has all of it already. */
  readonly isNew: boolean;
}

/**
 * Makes the commit of a proposal on top of its branch, or of the default branch while it has none.
 *
 * @throws SheafError `SHEAF_EXISTS` when the branch was made by somebody else or the change is in the registry
 *   already, `SHEAF_USAGE` when the fork is behind, and as `openRemoteBranch`.
 */
export async function withProposal<T>(
  place: ProposalPlace,
  proposal: Proposal,
  work: (made: ProposalCommit) => Promise<T>,
): Promise<T> {
  const url = place.fork ?? place.registry.root;
  const location = { transport: 'system', url, branch: proposal.branch } as const;
  const branch = await openRemoteBranch(location, place.environment, 'HEAD');
  try {
    if (branch.exists) await requireOwnBranch(branch, proposal, url);
    else if (place.fork !== undefined) await requireUpToDate(branch, place.registry, proposal, place.fork);
    const commit = await branch.commit({
      message: `${proposal.title}\n\n${proposal.body}`,
      // That of the commit below it: the same proposal on the same state is the same commit, whenever it is made.
      date: Number(await tell(branch, '%ct')) * 1000,
      files: inOrder(proposal.files),
      others: 'keep',
    });
    if (commit !== undefined) return await work({ branch, commit, isNew: true });
    if (branch.exists && branch.base !== undefined) {
      return await work({ branch, commit: branch.base, isNew: false });
    }
    throw new SheafError('SHEAF_EXISTS', `The registry has all of ${quote(proposal.title)} already.`);
  } finally {
    await branch.close();
  }
}

/** Head of a branch of a repository; undefined without such a branch. */
export function headOf(
  { registry, fork, environment }: ProposalPlace,
  branch: string,
): Promise<string | undefined> {
  return remoteHead({ transport: 'system', url: fork ?? registry.root, branch }, environment);
}

/**
 * What Git alone can say of a proposal: whether its branch is there.
 *
 * @param hint what the author does while it is.
 */
export async function branchState(
  place: ProposalPlace,
  branch: string,
  hint: string,
): Promise<ProposalState> {
  const commit = await headOf(place, branch);
  const shown = { checks: 'unknown', failed: [] } as const;
  return commit === undefined ? { state: 'closed', ...shown } : { state: 'proposed', commit, hint, ...shown };
}

/** The last address that a server named when it was pushed to: forges print where a change is opened or seen. */
export function addressIn(said: string): string | undefined {
  return [...said.matchAll(/^remote:\s+(https?:\/\/\S+)\s*$/gm)].at(-1)?.[1];
}

/** What is on a branch of that name is continued only when a proposal of the same title made it. */
async function requireOwnBranch(
  branch: RemoteBranch,
  { branch: name, title }: Proposal,
  url: string,
): Promise<void> {
  const [email, subject] = (await tell(branch, '%ae%n%s')).split('\n');
  if (email === SHEAF_EMAIL && subject === title) return;
  throw new SheafError('SHEAF_EXISTS', `${url} has a branch ${quote(name)} with other work.`, {
    hint: 'Look at it, and remove it if nobody needs it.',
  });
}

/** A change of a file that the registry has in another form by now could not be merged. */
async function requireUpToDate(
  branch: RemoteBranch,
  registry: RegistryRepository,
  { files }: Proposal,
  fork: string,
): Promise<void> {
  const both = await Promise.all(
    [...files.keys()].map(async (path) => {
      const reads = [branch.read(path, LIMITS.indexObjectBytes), registry.read(path)];
      const [ours, theirs] = await Promise.all(reads);
      return { path, ours, theirs };
    }),
  );
  for (const { path, ours, theirs } of both) {
    if (Buffer.compare(ours ?? new Uint8Array(), theirs ?? new Uint8Array()) === 0) continue;
    throw new SheafError('SHEAF_USAGE', `${fork} is behind the registry: ${path} is another one there.`, {
      hint: 'Bring the default branch of your fork up to date.',
    });
  }
}

async function tell(branch: RemoteBranch, format: string): Promise<string> {
  if (branch.base === undefined) return '0';
  const { stdout } = await branch.git(['log', '-1', `--format=${format}`, branch.base]);
  return new TextDecoder().decode(stdout).trim();
}
