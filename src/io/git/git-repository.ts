import fs from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as git from 'isomorphic-git';
import { SheafError } from '../../core/errors.ts';
import { type GitHttp, noRepository } from './git-http.ts';
import type { GitLocation } from './git-location.ts';

/** Packs after which a fresh shallow clone is smaller and faster than what has piled up. */
const MAX_PACKS = 50;

/** A bare repository in the cache: never checked out, its objects read one by one. */
export interface GitRepository {
  /** Fetches the newest commit of the branch over HTTP. */
  fetch(location: GitLocation, http: GitHttp): Promise<void>;
  /** Forgets what was read, after something else has fetched into the directory. */
  reopen(): void;
  /** Bytes of a regular file at the head of the branch; undefined when it is absent or anything else. */
  read(branch: string, path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

/** Opens the bare repository at `gitdir`, which need not exist yet. */
export function openGitRepository(gitdir: string): GitRepository {
  let cache = {};
  let trees = new Map<string, Promise<readonly TreeEntry[]>>();
  let root: Promise<string | undefined> | undefined;

  const reopen = (): void => {
    cache = {};
    trees = new Map();
    root = undefined;
  };

  /** The tree at the head of the branch, found once: every step to it costs several file accesses. */
  const readRoot = async (branch: string): Promise<string | undefined> => {
    const head = await git.resolveRef({ fs, gitdir, ref: `refs/heads/${branch}` }).catch(() => undefined);
    if (head === undefined) return undefined;
    return (await git.readCommit({ fs, gitdir, oid: head, cache })).commit.tree;
  };

  const readTree = (oid: string): Promise<readonly TreeEntry[]> => {
    const known = trees.get(oid) ?? git.readTree({ fs, gitdir, oid, cache }).then((result) => result.tree);
    trees.set(oid, known);
    return known;
  };

  return {
    reopen,

    async fetch(location, http) {
      const isFresh = await needsFreshClone(gitdir, location.branch);
      // Beside the old one, so that a broken transfer leaves what was there.
      const target = isFresh ? `${gitdir}.new` : gitdir;
      if (isFresh) {
        await rm(target, { recursive: true, force: true });
        await git.init({ fs, gitdir: target, bare: true, defaultBranch: location.branch });
        await git.addRemote({ fs, gitdir: target, remote: 'origin', url: location.url });
      }
      const { fetchHead } = await git.fetch({
        fs,
        http,
        gitdir: target,
        cache: {},
        url: location.url,
        ref: location.branch,
        remoteRef: location.branch,
        singleBranch: true,
        tags: false,
        // A later fetch with a depth would download everything again.
        ...(isFresh ? { depth: 1 } : {}),
      });
      if (fetchHead === null) throw noSuchBranch(location);
      // The haves of the next fetch come from this ref; without it everything would be downloaded again.
      await git.writeRef({
        fs,
        gitdir: target,
        ref: `refs/heads/${location.branch}`,
        value: fetchHead,
        force: true,
      });
      if (isFresh) {
        await rm(gitdir, { recursive: true, force: true });
        await rename(target, gitdir);
      }
      reopen();
    },

    async read(branch, path, maxBytes) {
      const tree = await (root ??= readRoot(branch));
      if (tree === undefined) return undefined;
      const components = path.split('/');
      let oid = tree;
      for (const [depth, name] of components.entries()) {
        const entry = (await readTree(oid)).find((one) => one.path === name);
        if (entry === undefined) return undefined;
        const isLast = depth === components.length - 1;
        // A symbolic link's target would be returned as if it were content; a submodule has none here.
        if (isLast ? entry.mode !== '100644' : entry.type !== 'tree') return undefined;
        oid = entry.oid;
      }
      const { blob } = await git.readBlob({ fs, gitdir, oid, cache });
      if (blob.byteLength <= maxBytes) return blob;
      throw new SheafError(
        'SHEAF_SIZE',
        `${path} has ${blob.byteLength} bytes where ${maxBytes} are allowed.`,
      );
    },
  };
}

/** Whether there is no usable clone yet, or so many packs that a new one is cheaper. */
export async function needsFreshClone(gitdir: string, branch: string): Promise<boolean> {
  const head = await git.resolveRef({ fs, gitdir, ref: `refs/heads/${branch}` }).catch(() => undefined);
  if (head === undefined) return true;
  return (await listPacks(gitdir)).length > MAX_PACKS;
}

/** Names of the pack files of a repository. */
export async function listPacks(gitdir: string): Promise<readonly string[]> {
  const names = await readdir(join(gitdir, 'objects', 'pack')).catch(() => []);
  return names.filter((name) => name.endsWith('.pack'));
}

/** Says that the repository has no such branch: it is not the index of a registry. */
export function noSuchBranch(location: GitLocation): SheafError {
  return new SheafError('SHEAF_NOT_A_REGISTRY', `${location.url} has no branch ${location.branch}.`, {
    hint: 'Name the branch after a #, or check that the registry has published its index.',
  });
}

/** A failure of isomorphic-git as a refusal that names the repository. */
export function toGitError(error: unknown, location: GitLocation): SheafError {
  if (error instanceof SheafError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // isomorphic-git's words for a branch that is not among the server's, and for an answer that is not Git's.
  if (code === 'NotFoundError') return noSuchBranch(location);
  if (code === 'SmartHttpError' || code === 'ParseError') return noRepository(new URL(location.url));
  return new SheafError('SHEAF_NETWORK', `The Git repository at ${location.url} could not be read.`, {
    cause: error,
  });
}

interface TreeEntry {
  readonly path: string;
  readonly mode: string;
  readonly oid: string;
  readonly type: string;
}
