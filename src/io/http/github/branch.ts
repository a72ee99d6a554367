import { SheafError } from '../../../core/errors.ts';
import type { Proposal } from '../../../core/submission-ports.ts';
import { quote } from '../../../core/text.ts';
import { blobId } from '../../git/remote-branch.ts';
import { listAt, optionalTextAt, textAt } from '../forge-answer.ts';
import { createOnce, type GithubClient } from './client.ts';
import { isPassing } from './refusals.ts';
import { encodePath, type GithubRepository, headOf } from './repository.ts';

/** Where the branch of a proposal is kept. */
export interface BranchPlace {
  readonly upstream: GithubRepository;
  /** The upstream itself, or a fork of it. */
  readonly head: GithubRepository;
  /** Commit at which a new branch begins. */
  readonly tip: string;
}

/**
 * Brings the files of a proposal onto its branch as one commit, by Git's objects rather than file by file: readers,
 * checks and reviewers see all of it or nothing.
 *
 * @returns the commit of the branch; the one that is there when it has the files already.
 * @throws SheafError `SHEAF_EXISTS` for a branch that changes something else.
 */
export async function putBranch(
  client: GithubClient,
  place: BranchPlace,
  proposal: Proposal,
): Promise<string> {
  const { head, tip } = place;
  const current = await headOf(client, head.name, proposal.branch);
  if (current !== undefined) return await continueBranch(client, place, proposal, current);
  const commit = await makeCommit(client, head.name, tip, proposal);
  const branch = await createOnce(
    async () => {
      const body = { ref: `refs/heads/${proposal.branch}`, sha: commit };
      return textAt(await client.change('POST', `repos/${head.name}/git/refs`, body), 'object.sha');
    },
    () => headOf(client, head.name, proposal.branch),
  ).catch((error: unknown) => {
    throw alreadyThere(error) ? branchInTheWay(head, proposal) : error;
  });
  // Somebody else, or this command in another window, was faster.
  return branch === commit ? commit : await continueBranch(client, place, proposal, branch);
}

async function continueBranch(
  client: GithubClient,
  place: BranchPlace,
  proposal: Proposal,
  current: string,
): Promise<string> {
  const { head, tip } = place;
  const { files, isAhead } = await changesOf(client, place, proposal.branch);
  for (const [path, sha] of files) {
    if (!proposal.files.has(path) || sha === undefined) throw branchInTheWay(head, proposal);
  }
  if (isAhead && (await hasAll(client, head, proposal, files, current))) return current;
  const commit = await makeCommit(client, head.name, isAhead ? current : tip, proposal);
  const path = `repos/${head.name}/git/refs/heads/${encodePath(proposal.branch)}`;
  const send = (): Promise<unknown> => client.change('PATCH', path, { sha: commit, force: false });
  // Setting a branch to the same commit twice is setting it once.
  await send().catch((error: unknown) => {
    if (!isPassing(error)) throw error;
    return send();
  });
  return commit;
}

/** Blob ids of the files that a branch changes, by path; undefined for one that it removes. */
async function changesOf(
  client: GithubClient,
  { upstream, head }: BranchPlace,
  branch: string,
): Promise<{ readonly files: ReadonlyMap<string, string | undefined>; readonly isAhead: boolean }> {
  const range = `${encodeURIComponent(upstream.defaultBranch)}...${encodeURIComponent(`${head.owner}:${branch}`)}`;
  const answer = await client.get(`repos/${upstream.name}/compare/${range}`);
  const files = new Map<string, string | undefined>();
  for (const file of listAt(answer, 'files')) {
    const isRemoved = optionalTextAt(file, 'status') === 'removed';
    files.set(textAt(file, 'filename'), isRemoved ? undefined : textAt(file, 'sha'));
    const previous = optionalTextAt(file, 'previous_filename');
    if (previous !== undefined) files.set(previous, undefined);
  }
  const status = textAt(answer, 'status');
  return { files, isAhead: status === 'ahead' || status === 'diverged' };
}

async function hasAll(
  client: GithubClient,
  head: GithubRepository,
  { files }: Proposal,
  changed: ReadonlyMap<string, string | undefined>,
  commit: string,
): Promise<boolean> {
  for (const [path, bytes] of files) {
    const sha = changed.get(path);
    if (sha !== undefined) {
      if (sha !== blobId('sha1', bytes)) return false;
    } else {
      // The branch leaves it as it was; perhaps that is how it should be.
      const there = await readFile(client, head.name, path, commit, bytes.byteLength);
      if (there === undefined || Buffer.compare(there, bytes) !== 0) return false;
    }
  }
  return true;
}

/**
 * The bytes of a file at a branch or commit; undefined when it is not there.
 *
 * @throws SheafError `SHEAF_SIZE` beyond `maxBytes`.
 */
export function readFile(
  client: GithubClient,
  repository: string,
  path: string,
  ref: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  return client.bytes(
    `repos/${repository}/contents/${encodePath(path)}?ref=${encodeURIComponent(ref)}`,
    'application/vnd.github.raw+json',
    maxBytes,
  );
}

/** Objects are named by what is in them: writing one twice is writing it once. */
async function makeCommit(
  client: GithubClient,
  repository: string,
  parent: string,
  { files, title, body }: Proposal,
): Promise<string> {
  const base = textAt(await client.get(`repos/${repository}/git/commits/${parent}`), 'tree.sha');
  const tree: unknown[] = [];
  for (const [path, bytes] of files) {
    const content = Buffer.from(bytes).toString('base64');
    const sha = await writeObject(client, `repos/${repository}/git/blobs`, { content, encoding: 'base64' });
    tree.push({ path, mode: '100644', type: 'blob', sha });
  }
  const whole = await writeObject(client, `repos/${repository}/git/trees`, { base_tree: base, tree });
  return await writeObject(client, `repos/${repository}/git/commits`, {
    message: `${title}\n\n${body}`,
    tree: whole,
    parents: [parent],
  });
}

async function writeObject(client: GithubClient, path: string, body: unknown): Promise<string> {
  const send = async (): Promise<string> => textAt(await client.change('POST', path, body), 'sha');
  try {
    return await send();
  } catch (error) {
    if (!isPassing(error)) throw error;
    return await send();
  }
}

function alreadyThere(error: unknown): boolean {
  return error instanceof SheafError && error.code === 'SHEAF_EXISTS';
}

function branchInTheWay({ name }: GithubRepository, { branch }: Proposal): SheafError {
  return new SheafError('SHEAF_EXISTS', `${name} has a branch ${quote(branch)} with other work.`, {
    hint: 'Look at it, and remove it if nobody needs it.',
  });
}
