import type { ReviewFile } from './formats/review-file.ts';
import type { Instant } from './instant.ts';

/** Ports of the trusted half of a registry's workflows: what speaks to the forge and merges; implemented in `src/io`. */

/** An account on a forge. The number counts: names get recycled. */
export interface ForgeAccount {
  readonly id: number;
  readonly login: string;
}

/** A pull request (a merge request) that is open for a registry. */
export interface OpenChange {
  readonly number: number;
  /** Where people look at it. */
  readonly url: string;
  /** The branch that it is to be merged into. */
  readonly into: string;
  /** The commit that is up for review. */
  readonly head: string;
  /** The ref of the registry's own repository that has the commit: `refs/pull/7/head`. */
  readonly ref: string;
  readonly state: 'open' | 'closed' | 'merged';
  /** Its author does not want it merged yet. */
  readonly isDraft: boolean;
  readonly opened: Instant;
  readonly author: ForgeAccount;
  /** Opened by the account of the workflow itself. */
  readonly isOwn: boolean;
  readonly labels: readonly string[];
}

/** A label and whether somebody put it there who may push to the registry. */
export interface SetLabel {
  readonly name: string;
  readonly by: ForgeAccount;
  readonly date: Instant;
  readonly byMaintainer: boolean;
}

/** What somebody said in a review. */
export interface ForgeReview {
  readonly account: ForgeAccount;
  readonly verdict: ReviewFile['verdict'];
  readonly date: Instant;
  /** The commit that it is about; absent where a forge does not say. */
  readonly commit?: string;
}

/** A comment. */
export interface ForgeComment {
  readonly id: number;
  readonly body: string;
}

/** What a forge knows of the pull requests of a registry, and what a workflow does there. */
export interface ForgeReviews {
  readonly forge: 'github' | 'gitlab';
  /** @throws SheafError `SHEAF_NETWORK`, `SHEAF_AUTHENTICATION`, `SHEAF_INVALID_FILE` for an answer that is none; so all. */
  openChanges(): Promise<readonly OpenChange[]>;
  /** Undefined when there is none of that number. */
  change(number: number): Promise<OpenChange | undefined>;
  /** Labels with those who set them, the last time that they did. */
  labels(number: number): Promise<readonly SetLabel[]>;
  /** Accounts that are asked for a review and have not given one. */
  requested(number: number): Promise<readonly ForgeAccount[]>;
  /** All reviews, in order of time. */
  reviews(number: number): Promise<readonly ForgeReview[]>;
  /** The comment of this account that holds the marker; nobody else's counts. */
  ownComment(number: number, marker: string): Promise<ForgeComment | undefined>;
  /** Comments on a pull request, or on an issue. */
  comment(number: number, body: string): Promise<ForgeComment>;
  editComment(number: number, comment: number, body: string): Promise<void>;
  addLabel(number: number, label: string): Promise<void>;
  removeLabel(number: number, label: string): Promise<void>;
  /**
   * Asks for reviews.
   *
   * @returns the accounts that could be asked: a forge refuses who may not see the repository.
   */
  request(number: number, logins: readonly string[]): Promise<readonly string[]>;
  /** Starts a workflow on a branch; a push by a workflow starts none by itself. */
  dispatch(workflow: string, branch: string, inputs: Readonly<Record<string, string>>): Promise<void>;
}

/** What came of a merge on this machine. */
export type TrialMerge =
  | { readonly state: 'merged'; readonly commit: string }
  /** `theirs` is in `ours` already. */
  | { readonly state: 'present' }
  /** Paths that both sides changed. */
  | { readonly state: 'conflict'; readonly paths: readonly string[] };

/** A branch that submissions are merged into, and the means to do it. */
export interface MergeTarget {
  readonly branch: string;
  /** The commit that a ref of the remote has now, brought into the repository. */
  fetch(ref: string): Promise<string>;
  /** @throws SheafError `SHEAF_USAGE` for what is not the full id of a commit. */
  has(commit: string): Promise<boolean>;
  /**
   * The commit that has both as parents and changes exactly what `theirs` does. Nothing is pushed.
   *
   * @throws SheafError `SHEAF_TOOL` for a Git before 2.38.
   */
  merge(
    ours: string,
    theirs: string,
    about: { readonly message: string; readonly date: Instant },
  ): Promise<TrialMerge>;
  /** Makes it the head of the branch, if that is still `expected`; whether it was. Nothing is ever forced. */
  push(commit: string, expected: string): Promise<boolean>;
}

/** Files that authors publish with their releases on a forge. */
export interface ReleaseFiles {
  /**
   * Files of the release of a tag, by name; undefined when there is no such release.
   *
   * @param repository `owner/name`.
   * @param maxBytesOf how large a file may be; undefined for one that nobody wants.
   * @throws SheafError `SHEAF_SIZE`, `SHEAF_NETWORK`, `SHEAF_AUTHENTICATION`.
   */
  read(
    repository: string,
    tag: string,
    maxBytesOf: (name: string) => number | undefined,
  ): Promise<ReadonlyMap<string, Uint8Array> | undefined>;
}
