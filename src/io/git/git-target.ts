import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import type { Instant } from '../../core/instant.ts';
import type { IndexTarget, PublishedFile } from '../../core/publishing-ports.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { runGit } from './git-command.ts';
import type { GitLocation } from './git-location.ts';

/**
 * A branch of a Git repository, on this machine or another, as the place of a published index. Every publication
 * is one commit on top of the present head, made in a temporary bare repository without a checkout and pushed
 * without force: readers see the old tree or the new one, and of two publishers one is refused. Author, date and
 * message follow from the checkpoint, so the same index on the same head is the same commit.
 *
 * The system's git does the talking, so its credential helpers, keys and proxies apply.
 */
export function createGitTarget(location: GitLocation, environment: Environment): IndexTarget {
  let opened: Promise<Clone> | undefined;
  const open = (): Promise<Clone> => (opened ??= openClone(location, environment));
  const readFile = async (path: string, maxBytes: number): Promise<Uint8Array | undefined> => {
    const clone = await open();
    const entry = clone.entries.get(path);
    if (entry === undefined || entry === '') return undefined;
    const { exitCode, stdout, stderr } = await clone.git(['cat-file', 'blob', entry]);
    if (exitCode !== 0) throw unreachable(location, 'read', stderr);
    if (stdout.byteLength <= maxBytes) return stdout;
    throw new SheafError(
      'SHEAF_SIZE',
      `${path} has ${stdout.byteLength} bytes; at most ${maxBytes} are read.`,
    );
  };
  return {
    url: `${location.url}#${location.branch}`,
    naming: 'path',
    readFile,
    readObject: (object) => readFile(object.path, object.size),
    // A commit names all files, also those that stay; which blobs are there is found out by their Git ids.
    has: () => Promise.resolve(false),
    async publish(files, issued) {
      const clone = await open();
      const commit = await importCommit(clone, files, issued, location);
      await push(clone, commit, location);
    },
    async close() {
      const clone = await opened?.catch(() => undefined);
      opened = undefined;
      if (clone !== undefined) await rm(clone.directory, { recursive: true, force: true });
    },
  };
}

/** A bare repository with the head of the branch and its trees; blobs come when they are read. */
interface Clone {
  readonly directory: string;
  /** Commit of the branch; undefined when it does not exist yet. */
  readonly head: string | undefined;
  /** Blob ids of the head's files, by path; empty for what is no plain file. */
  readonly entries: ReadonlyMap<string, string>;
  readonly hash: 'sha1' | 'sha256';
  git(args: readonly string[], input?: AsyncIterable<Uint8Array>): ReturnType<typeof runGit>;
}

async function openClone(location: GitLocation, environment: Environment): Promise<Clone> {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-publish-'));
  try {
    const git: Clone['git'] = (args, input) => runGit(directory, args, environment, input);
    const branch = `refs/heads/${location.branch}`;
    const listed = await git(['ls-remote', '--quiet', '--', location.url]);
    if (listed.exitCode !== 0) throw unreachable(location, 'read', listed.stderr);
    const refs = new TextDecoder().decode(listed.stdout).split('\n');
    const head = refs.find((line) => line.endsWith(`\t${branch}`))?.split('\t')[0];
    const hash = refs[0]?.split('\t')[0]?.length === 64 ? 'sha256' : 'sha1';
    await must(git(['init', '--quiet', '--bare', '--template=', `--object-format=${hash}`]), location);
    await must(git(['remote', 'add', 'origin', location.url]), location);
    if (head === undefined) return { directory, head, entries: new Map(), hash, git };
    await must(
      git([
        'fetch',
        '--quiet',
        '--no-tags',
        '--depth=1',
        // Where the server cannot filter, git says so and fetches all of it.
        '--filter=blob:none',
        'origin',
        `+${branch}:refs/heads/published`,
      ]),
      location,
    );
    const listing = await must(git(['ls-tree', '-r', '-z', 'refs/heads/published']), location);
    const fetched = await must(git(['rev-parse', 'refs/heads/published']), location);
    return { directory, head: fetched.trim(), entries: parseListing(listing), hash, git };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
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

async function importCommit(
  clone: Clone,
  files: AsyncIterable<PublishedFile>,
  issued: Instant,
  location: GitLocation,
): Promise<string> {
  const { exitCode, stderr } = await clone.git(
    ['fast-import', '--quiet', '--done', '--force'],
    importStream(clone, files, issued),
  );
  if (exitCode !== 0) {
    throw new SheafError('SHEAF_TOOL', `git could not write the commit for ${location.url}.`, {
      details: { git: quote(stderr) },
    });
  }
  return (await must(clone.git(['rev-parse', '--verify', 'refs/heads/next']), location)).trim();
}

/** The stream format of git-fast-import(1): one commit with the files that differ from the head. */
async function* importStream(
  clone: Clone,
  files: AsyncIterable<PublishedFile>,
  issued: Instant,
): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder();
  const when = `sheaf <sheaf@sheaf.invalid> ${Math.floor(issued / 1000)} +0000`;
  const message = 'Publish the index\n';
  yield encoder.encode(
    `commit refs/heads/next\nauthor ${when}\ncommitter ${when}\ndata ${message.length}\n${message}`,
  );
  if (clone.head !== undefined) yield encoder.encode(`from ${clone.head}\n`);
  const stale = new Set(clone.entries.keys());
  for await (const { path, bytes } of files) {
    stale.delete(path);
    if (clone.entries.get(path) === blobId(clone.hash, bytes)) continue;
    yield encoder.encode(`M 100644 inline ${path}\ndata ${bytes.byteLength}\n`);
    yield bytes;
    yield encoder.encode('\n');
  }
  for (const path of stale) yield encoder.encode(`D ${quotedPath(path)}\n`);
  yield encoder.encode('done\n');
}

async function push(clone: Clone, commit: string, location: GitLocation): Promise<void> {
  const { exitCode, stderr } = await clone.git([
    'push',
    '--quiet',
    '--no-verify',
    'origin',
    `${commit}:refs/heads/${location.branch}`,
  ]);
  if (exitCode === 0) return;
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

async function must(result: ReturnType<typeof runGit>, location: GitLocation): Promise<string> {
  const { exitCode, stdout, stderr } = await result;
  if (exitCode !== 0) throw unreachable(location, 'read', stderr);
  return new TextDecoder().decode(stdout);
}

function unreachable(location: GitLocation, verb: 'read' | 'write', said: string): SheafError {
  if (/does not appear to be a git repository|not a git repository|repository .* not found/i.test(said)) {
    return new SheafError('SHEAF_PATH', `There is no Git repository at ${location.url}.`, {
      hint: 'Create it first; an empty one will do.',
    });
  }
  if (/authentication failed|permission denied|could not read (username|password)/i.test(said)) {
    return new SheafError('SHEAF_AUTHENTICATION', `${location.url} does not let you ${verb}.`, {
      hint: 'Check your key, or the credential helper of git.',
      details: { git: quote(said) },
    });
  }
  return new SheafError('SHEAF_NETWORK', `git could not ${verb} ${location.url}#${location.branch}.`, {
    details: { git: quote(said) },
  });
}

/** A path that somebody else put on the branch may need the quoting of git-fast-import(1). */
function quotedPath(path: string): string {
  return `"${path.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

/** gitformat-object: the digest of a header and the bytes. */
function blobId(hash: 'sha1' | 'sha256', bytes: Uint8Array): string {
  return createHash(hash).update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}
