import type { Sha256 } from './digest.ts';
import type { Artifact } from './formats/manifest.ts';
import type { Instant } from './instant.ts';
import type { SourceTree } from './publishing-ports.ts';
import type { ChangedFile, ExaminedArtifact, Submitter } from './submissions/change.ts';

/** Ports of those who propose changes to a registry and of those who judge them; each is implemented in `src/io`. */

/** Two commits of a registry: as it is, and as somebody would have it. */
export interface ProposedTrees {
  /** The commit that the change is based on, or that it would be merged into. */
  readonly base: SourceTree;
  readonly head: SourceTree;
  /**
   * What differs, from the merge base of both commits to the head, all paths of the repository; by path. Those
   * outside of a registry that is only a part of its repository begin with `../`.
   *
   * @throws SheafError `SHEAF_SIZE` for more than `LIMITS.changedFiles`, `SHEAF_PATH` for commits without a common
   *   history.
   */
  changedFiles(): Promise<readonly Omit<ChangedFile, 'source'>[]>;
}

/**
 * Fetches an artifact from where its author published it and opens it, within the bounds for artifacts. What is
 * wrong with it is part of the answer, never thrown.
 */
export type ExamineArtifact = (artifact: Artifact) => Promise<ExaminedArtifact>;

/** Files that are to be added to a registry or changed in it, as one change. */
export interface Proposal {
  /** Names the branch: the same proposal always has the same. `release/graph-lens-1.2.0`. */
  readonly branch: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** Contents by path in the repository of the registry; nothing is ever removed. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Where a proposal stands. */
export interface ProposalState {
  /** `proposed`: it waits; `local`: a person has to send it on, `url` or `hint` tells how. */
  readonly state: 'proposed' | 'local' | 'merged' | 'closed';
  /** Where people look at it. */
  readonly url?: string;
  /** What the author does next, one sentence. */
  readonly hint?: string;
  /** The commit that is up for review. */
  readonly commit?: string;
  /** `unknown` when this way to the registry shows none. */
  readonly checks: 'none' | 'unknown' | 'pending' | 'passed' | 'failed';
  /** Names of the checks that failed, with where their output is. */
  readonly failed: readonly { readonly name: string; readonly url?: string }[];
}

/** A way to bring a proposal to a registry. */
export interface ChangeTransport {
  /** `GitHub`, `GitLab`, `Git`, `a patch`: for messages. */
  readonly name: string;
  /** A file as the registry's default branch has it now. */
  read(path: string): Promise<Uint8Array | undefined>;
  /**
   * Opens the change, or brings the open one up to date. Done twice it changes nothing the second time.
   *
   * @throws SheafError `SHEAF_AUTHENTICATION`, `SHEAF_NETWORK`, `SHEAF_EXISTS` for a branch of that name with
   *   somebody else's work, `SHEAF_CANCELLED` for a change that was closed without being merged.
   */
  propose(proposal: Proposal): Promise<ProposalState>;
  /** Where the proposal stands now. */
  state(branch: string): Promise<ProposalState>;
  /** The account that proposes; absent or undefined where no forge vouches for one. */
  account?(): Promise<Submitter | undefined>;
}

/** A file that is to be downloaded by users. */
export interface HostedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sha256: Sha256;
}

/** A place where an author publishes artifacts. */
export interface ArtifactHost {
  /** For messages. */
  readonly name: string;
  /** Where the file will be found; known before anything is uploaded, because it is signed first. */
  addressOf(name: string): string;
  /**
   * Publishes the files under their addresses. What is there with the same bytes stays; other bytes are never
   * replaced. Readers see all files of a release or none.
   *
   * @throws SheafError `SHEAF_EXISTS`, `SHEAF_AUTHENTICATION`, `SHEAF_NETWORK`.
   */
  publish(files: readonly HostedFile[]): Promise<void>;
}

/** Files that are to be added to a branch, or to take the place of others on it, as one commit. */
export interface BranchCommit {
  readonly branch: string;
  /** Where the branch begins when it is not there yet: another branch, or `HEAD`. With nothing in it when absent. */
  readonly from?: string;
  readonly message: string;
  /** Of author and committer: the same files on the same commit are the same commit. */
  readonly date: Instant;
  /**
   * The files, by path; none when there is nothing to do.
   *
   * @param read a plain file of the branch, as it is now. When somebody else was faster all is asked again.
   */
  readonly files: (
    read: (path: string) => Promise<Uint8Array | undefined>,
  ) => Promise<ReadonlyMap<string, Uint8Array>>;
}

/** The branches of one Git repository, which may be anywhere; there is no checkout. */
export interface BranchCommits {
  /** A plain file at the head of a branch, or of `HEAD`; undefined without such a file or branch. */
  read(branch: string, path: string): Promise<Uint8Array | undefined>;
  /**
   * Adds one commit and pushes it without force, again as long as somebody else was faster.
   *
   * @returns the head of the branch afterwards; `changed` is false when it had all files already.
   * @throws SheafError `SHEAF_EXISTS` after `LIMITS.pushAttempts`, `SHEAF_AUTHENTICATION`, `SHEAF_NETWORK`,
   *   `SHEAF_PATH`, `SHEAF_TOOL`, and what `files` throws.
   */
  add(commit: BranchCommit): Promise<{ readonly commit: string | undefined; readonly changed: boolean }>;
}

/** The commit by which a change came into a registry. */
export interface MergedCommit {
  /** When it was made: the time of its committer, who is whoever merged. */
  time(head: string): Promise<Instant>;
  /** What a merge of this project's own says of itself; undefined of a commit that somebody else made. */
  message(head: string): Promise<string | undefined>;
  /** @throws SheafError `SHEAF_PATH` when `head` does not come after `base`: nothing was merged then. */
  requireAfter(head: string, base: string): Promise<void>;
}
