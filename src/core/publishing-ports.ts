import type { Sha256 } from './digest.ts';
import type { IndexObject } from './index/index-head.ts';
import type { Instant } from './instant.ts';
import type { Downloader, IndexSource, ObjectStore } from './ports.ts';

/** Ports of those who publish, mirror and count; each is implemented by one file of `src/io`, as those of ports.ts. */

/** The files of a registry, wherever they are. */
export interface ReadableTree {
  readonly root: string;
  /** Paths of all regular files below `directory`, with `/`, sorted by code unit; links are not followed. */
  list(directory: string): Promise<readonly string[]>;
  read(path: string): Promise<Uint8Array | undefined>;
}

/** The source files of a registry, or its facts, as they were when they were first asked for. */
export interface SourceTree extends ReadableTree {
  /** Commit of the tree, or null when it is no clean Git work tree. */
  commit(): Promise<string | null>;
  /** {@link SourceTree.read} for many files at once, in their order: a build reads a million. */
  readAll(paths: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Paths changed between an earlier commit and this tree; undefined when that cannot be told. */
  changedSince(commit: string): Promise<readonly string[] | undefined>;
}

/** One file of a published tree; `path` has `/` and no dots. */
export interface PublishedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Where a built index is written or published; a reader never sees a half-written one. */
export interface IndexTarget extends Pick<IndexSource, 'url' | 'readFile' | 'readObject'> {
  /** Whether objects are named by digest, as on static hosts, or by their path, as on a Git branch. */
  readonly naming: 'digest' | 'path';
  /** Whether the object, and by that everything below it, is there since an earlier publication. */
  has(object: IndexObject): Promise<boolean>;
  /**
   * Writes files in the order given: everything a file refers to comes before it, `latest` last. A target that
   * names by path ends up with these files and no others.
   *
   * @throws SheafError `SHEAF_ROLLBACK` when somebody else published since this target was read.
   */
  publish(files: AsyncIterable<PublishedFile>, issued: Instant): Promise<void>;
  /** Gives up what the target needed on this machine; nothing published is touched. */
  close(): Promise<void>;
}

/** A directory that holds a mirror: the published tree of one registry, with artifacts among its objects. */
export interface MirrorDirectory {
  /** What is published in it now. */
  readonly tree: IndexSource;
  readonly target: IndexTarget;
  /**
   * Objects of the tree, and those on their way into it: what is written lies aside, where no reader takes it for
   * published, until `target.publish` writes it in order. A run that is broken off leaves it to the next one.
   */
  readonly objects: ObjectStore;
  /** Brings artifacts straight into the tree: nothing there refers to them but digests. */
  readonly downloader: Downloader;
  /** Whether an object of that digest, and size where one is known, lies in the tree. */
  has(artifact: { readonly sha256: Sha256; readonly size?: number }): Promise<boolean>;
  /** Removes what `objects` has laid aside. */
  tidy(): Promise<void>;
  /** Runs `work` while no other sheaf process changes this mirror; says when it waits. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** What a mirror was asked for, below its API. */
export interface ApiRequest {
  /** Without the first slash and the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly userAgent: string | undefined;
}

/** What its API answers. */
export type ApiAnswer =
  | { readonly kind: 'json'; readonly status: number; readonly value: unknown }
  /** The bytes of an artifact, under a name; where its author published it when the mirror has other bytes or none. */
  | {
      readonly kind: 'artifact';
      readonly artifact: { readonly sha256: Sha256; readonly size?: number };
      readonly name: string;
      readonly elsewhere: string;
    };

/** What is checked out in a Git work tree, for one folder of it. */
export interface CheckedOut {
  readonly commit: string;
  /** Tags of the commit. */
  readonly tags: readonly string[];
  /** Files of a plugin that the commit does not have as they are; paths below the folder, sorted. */
  readonly uncommitted: readonly string[];
  /** Addresses of the remotes. */
  readonly remotes: readonly string[];
}

/** The Git work trees of this machine. */
export interface WorkTrees {
  /** Undefined when Git does not have the manifest in the folder: then it says nothing about the plugin. */
  checkedOut(folder: string): Promise<CheckedOut | undefined>;
}

/** OpenSSH's own ssh-keygen: makes keys, and signs with those that only it can reach. */
export interface SshKeygen {
  /**
   * Creates an ed25519 key pair at `path` and `path`.pub. With `passphrase` it asks for one on the terminal.
   *
   * @throws SheafError `SHEAF_EXISTS`, `SHEAF_TOOL`.
   */
  createKey(path: string, options: { readonly comment: string; readonly passphrase: boolean }): Promise<void>;
  /**
   * Signs with a key in an agent (`keyPath` is its public half), a security key or an encrypted key.
   *
   * @throws SheafError `SHEAF_TOOL`.
   */
  sign(keyPath: string, namespace: string, message: Uint8Array): Promise<Uint8Array>;
}

/** Git repositories that begin with a registry. */
export interface NewRepository {
  /**
   * Makes the directory, and refuses what cannot begin: a directory with commits, a remote with branches.
   *
   * @throws SheafError `SHEAF_EXISTS`, `SHEAF_NETWORK`, `SHEAF_TOOL`.
   */
  requireEmpty(directory: string, remote: string): Promise<void>;
  /**
   * Commits these files of the directory on the branch `main`, and pushes them to the remote, which becomes `origin`.
   *
   * @returns the commit.
   * @throws SheafError `SHEAF_NETWORK`, `SHEAF_TOOL`.
   */
  begin(
    directory: string,
    paths: readonly string[],
    about: { readonly message: string; readonly date: Instant; readonly remote: string },
  ): Promise<string>;
}

/** What a forge counts of the files of a repository's releases. */
export type DownloadCounters =
  | { readonly kind: 'counts'; readonly byUrl: ReadonlyMap<string, number> }
  /** No such repository, or none that may be read. */
  | { readonly kind: 'missing' }
  /** The forge answers no more for now; until when, where it says so. */
  | { readonly kind: 'limited'; readonly until?: Instant };

/** The public counters of a forge: totals by file, and nothing about who downloaded it. */
export interface Forge {
  /** What addresses of its files begin with: `https://github.com/`. */
  readonly prefix: string;
  /**
   * The counters of all releases of a repository, `owner/name`.
   *
   * @throws SheafError `SHEAF_NETWORK`, `SHEAF_OFFLINE`, `SHEAF_AUTHENTICATION`, `SHEAF_SIZE`, and
   *   `SHEAF_INVALID_FILE` for an answer that is none.
   */
  counters(repository: string): Promise<DownloadCounters>;
}
