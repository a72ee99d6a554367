import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import type { Instant } from '../../core/instant.ts';
import type { PublishedFile } from '../../core/publishing-ports.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { type GitResult, runGit } from './git-command.ts';
import type { GitLocation } from './git-location.ts';
import { saysForbidden, saysNoRepository } from './git-refusals.ts';
import { openPromisedObjects, type PromisedObjects } from './promised-objects.ts';
import { SHEAF_IDENTITY } from './sheaf-identity.ts';

/**
 * A branch of a repository, on this machine or another, as it was when it was opened, and one commit on top of it:
 * made in a temporary bare repository without a checkout, and pushed without force.
 *
 * The system's git does the talking, so its credential helpers, keys and proxies apply.
 */
export interface RemoteBranch {
  /** The commit that the next one will stand on; undefined when it will be the first. */
  readonly base: string | undefined;
  /** Whether the repository has the branch. */
  readonly exists: boolean;
  /**
   * A plain file of the base; undefined when it has none at that path. All that are asked for in one turn of the event
   * loop are fetched at once.
   *
   * @throws SheafError `SHEAF_SIZE`, `SHEAF_NETWORK`.
   */
  read(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /**
   * Makes the commit.
   *
   * @returns its id; undefined when it would change nothing, which is never so without a base.
   */
  commit(change: BranchChange): Promise<string | undefined>;
  /**
   * Pushes the commit.
   *
   * @param options what the server is asked to do with it (`git push -o`).
   * @returns what the server said.
   * @throws SheafError `SHEAF_EXISTS` when somebody else pushed since the branch was opened.
   */
  push(commit: string, options?: readonly string[]): Promise<string>;
  /** Paths of the plain files of the base. */
  readonly paths: readonly string[];
  /** Runs git in the temporary repository, whose remote `origin` is the one that was opened. */
  readonly git: Git;
  /** Removes the temporary repository. */
  close(): Promise<void>;
}

/** What a commit changes. Its id follows from this and from what it stands on. */
export interface BranchChange {
  readonly message: string;
  /** Of author and committer. */
  readonly date: Instant;
  readonly files: AsyncIterable<PublishedFile>;
  /** What becomes of files that are not among `files`. */
  readonly others: 'keep' | 'remove';
}

/** A bare repository with one commit and its trees; blobs come when they are read. */
interface Clone {
  readonly location: GitLocation;
  readonly base: string | undefined;
  readonly exists: boolean;
  /** Blob ids of the files of `base`, by path; empty for what is no plain file. */
  readonly entries: ReadonlyMap<string, string>;
  readonly hash: 'sha1' | 'sha256';
  readonly objects: PromisedObjects;
  readonly git: Git;
}

type Git = (args: readonly string[], input?: AsyncIterable<Uint8Array>) => Promise<GitResult>;

const BASE = 'refs/heads/base';
const NEXT = 'refs/heads/next';

/**
 * Opens a branch.
 *
 * @param from the branch whose head is taken while this one is not there yet; `HEAD` is the repository's own choice.
 * @throws SheafError `SHEAF_PATH`, `SHEAF_AUTHENTICATION`, `SHEAF_NETWORK`, `SHEAF_TOOL`.
 */
export async function openRemoteBranch(
  location: GitLocation,
  environment: Environment,
  from?: string,
): Promise<RemoteBranch> {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-branch-'));
  const close = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const git: Git = (args, input) => runGit(directory, args, environment, input);
    const objects = openPromisedObjects(directory, environment, ({ stderr }) =>
      unreachable(location, 'read', stderr),
    );
    const clone: Clone = { ...(await fetchBase(location, git, from)), objects };
    return {
      base: clone.base,
      exists: clone.exists,
      read: (path, maxBytes) => readBlob(clone, path, maxBytes),
      commit: (change) => importCommit(clone, change),
      push: (commit, options) => push(clone, commit, options),
      paths: [...clone.entries].flatMap(([path, id]) => (id === '' ? [] : [path])),
      git,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function fetchBase(
  location: GitLocation,
  git: Git,
  from: string | undefined,
): Promise<Omit<Clone, 'objects'>> {
  const refs = await listRefs(location, git);
  const [own, other] = [refOf(location.branch), refOf(from ?? location.branch)];
  const hash = [...refs.values()][0]?.length === 64 ? 'sha256' : 'sha1';
  await must(git(['init', '--quiet', '--bare', '--template=', `--object-format=${hash}`]), location);
  await must(git(['remote', 'add', 'origin', location.url]), location);
  const exists = refs.has(own);
  const ref = exists ? own : other;
  if (!refs.has(ref)) return { location, base: undefined, exists, entries: new Map(), hash, git };
  await must(
    git([
      'fetch',
      '--quiet',
      '--no-tags',
      '--depth=1',
      // Where the server cannot filter, git says so and fetches all of it.
      '--filter=blob:none',
      'origin',
      `+${ref}:${BASE}`,
    ]),
    location,
  );
  const base = (await must(git(['rev-parse', BASE]), location)).trim();
  const entries = parseListing(await must(git(['ls-tree', '-r', '-z', BASE]), location));
  return { location, base, exists, entries, hash, git };
}

/**
 * Head of a branch; undefined without such a branch.
 *
 * @throws SheafError as {@link openRemoteBranch}.
 */
export async function remoteHead(
  location: GitLocation,
  environment: Environment,
): Promise<string | undefined> {
  const refs = await listRefs(location, (args) => runGit(tmpdir(), args, environment));
  return refs.get(refOf(location.branch));
}

/** Commit ids by the full names of references. */
async function listRefs(location: GitLocation, git: Git): Promise<ReadonlyMap<string, string>> {
  const listed = await must(git(['ls-remote', '--quiet', '--', location.url]), location);
  return new Map(
    listed.split('\n').flatMap((line): [string, string][] => {
      const [id, name] = line.split('\t');
      return id === undefined || name === undefined ? [] : [[name, id]];
    }),
  );
}

function refOf(branch: string): string {
  return branch === 'HEAD' ? branch : `refs/heads/${branch}`;
}

function parseListing(listing: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const line of listing.split('\0')) {
    const [, mode, id, path] = /^(\d+) [a-z]+ ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
    // The target of a link would be read as if it were content.
    if (id !== undefined && path !== undefined) entries.set(path, mode === '100644' ? id : '');
  }
  return entries;
}

async function readBlob(
  { entries, objects }: Clone,
  path: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const entry = entries.get(path);
  if (entry === undefined || entry === '') return undefined;
  const [bytes = new Uint8Array()] = await objects.read([entry]);
  if (bytes.byteLength <= maxBytes) return bytes;
  throw new SheafError('SHEAF_SIZE', `${path} has ${bytes.byteLength} bytes; at most ${maxBytes} are read.`);
}

async function importCommit(clone: Clone, change: BranchChange): Promise<string | undefined> {
  const { location, base, git } = clone;
  const { exitCode, stderr } = await git(
    ['fast-import', '--quiet', '--done', '--force'],
    importStream(clone, change),
  );
  if (exitCode !== 0) {
    throw new SheafError('SHEAF_TOOL', `git could not write the commit for ${location.url}.`, {
      details: { git: quote(stderr) },
    });
  }
  const [commit = '', tree] = await treeOf(clone, NEXT);
  if (base === undefined) return commit;
  const [, before] = await treeOf(clone, base);
  return tree === before ? undefined : commit;
}

/** The id of a commit, and that of its tree. */
async function treeOf({ git, location }: Clone, commit: string): Promise<readonly string[]> {
  return (await must(git(['rev-parse', commit, `${commit}^{tree}`]), location)).trim().split('\n');
}

/** The stream format of git-fast-import(1): one commit with the files that differ from the base. */
async function* importStream(
  { base, entries, hash }: Clone,
  { message, date, files, others }: BranchChange,
): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder();
  const when = `${SHEAF_IDENTITY} ${Math.floor(date / 1000)} +0000`;
  const text = encoder.encode(`${message}\n`);
  yield encoder.encode(`commit ${NEXT}\nauthor ${when}\ncommitter ${when}\ndata ${text.byteLength}\n`);
  yield text;
  if (base !== undefined) yield encoder.encode(`from ${base}\n`);
  const stale = new Set(others === 'remove' ? entries.keys() : []);
  for await (const { path, bytes } of files) {
    stale.delete(path);
    if (entries.get(path) === blobId(hash, bytes)) continue;
    yield encoder.encode(`M 100644 inline ${quotedPath(path)}\ndata ${bytes.byteLength}\n`);
    yield bytes;
    yield encoder.encode('\n');
  }
  for (const path of stale) yield encoder.encode(`D ${quotedPath(path)}\n`);
  yield encoder.encode('done\n');
}

async function push(
  { location, git }: Clone,
  commit: string,
  options: readonly string[] = [],
): Promise<string> {
  const { exitCode, stderr } = await git([
    'push',
    '--quiet',
    '--no-verify',
    ...options.flatMap((option) => ['-o', option]),
    'origin',
    `${commit}:${refOf(location.branch)}`,
  ]);
  if (exitCode === 0) return stderr;
  if (/\[rejected\]|non-fast-forward|fetch first|cannot lock ref|failed to update ref/i.test(stderr)) {
    throw new SheafError(
      'SHEAF_EXISTS',
      `Somebody else published to ${location.url}#${location.branch} in the meantime.`,
      {
        hint: 'Build again on top of what is published now.',
        details: { git: quote(stderr) },
      },
    );
  }
  throw unreachable(location, 'write', stderr);
}

async function must(result: Promise<GitResult>, location: GitLocation): Promise<string> {
  const { exitCode, stdout, stderr } = await result;
  if (exitCode !== 0) throw unreachable(location, 'read', stderr);
  return new TextDecoder().decode(stdout);
}

function unreachable(location: GitLocation, verb: 'read' | 'write', said: string): SheafError {
  if (saysNoRepository(said)) {
    return new SheafError('SHEAF_PATH', `There is no Git repository at ${location.url}.`, {
      hint: 'Create it first; an empty one will do.',
    });
  }
  if (saysForbidden(said)) {
    return new SheafError('SHEAF_AUTHENTICATION', `${location.url} does not let you ${verb}.`, {
      hint: 'Check your key, or the credential helper of git.',
      details: { git: quote(said) },
    });
  }
  const branch = location.branch === 'HEAD' ? '' : `#${location.branch}`;
  return new SheafError('SHEAF_NETWORK', `git could not ${verb} ${location.url}${branch}.`, {
    hint: 'Check the spelling of the address and the network connection.',
    details: { git: quote(said) },
  });
}

/** A path that somebody else put on the branch may need the quoting of git-fast-import(1). */
function quotedPath(path: string): string {
  return `"${path.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** gitformat-object: the digest of a header and the bytes. */
export function blobId(hash: 'sha1' | 'sha256', bytes: Uint8Array): string {
  return createHash(hash).update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}
