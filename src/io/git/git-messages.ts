import type { GitLocation } from './git-location.ts';

/** What the parent asks the Git worker; each is answered by a {@link GitAnswer} with the same `id`. */
export type GitQuestion =
  | { readonly id: number; readonly kind: 'fetch' }
  | { readonly id: number; readonly kind: 'reopen' }
  | { readonly id: number; readonly kind: 'read'; readonly path: string; readonly maxBytes: number };

/** `bytesReceived` is the total since the worker began. */
export interface GitAnswer {
  readonly id: number;
  readonly bytesReceived: number;
  readonly file?: Uint8Array;
  readonly error?: GitFailure;
}

/** A refusal on its way from the worker; `git` is what the Git library said, for `details`. */
export interface GitFailure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly git: string | undefined;
}

/** What the worker works on, as JSON in its only argument. */
export interface GitJob {
  readonly location: GitLocation;
  readonly gitdir: string;
  /** Resident memory beyond which the worker ends itself. */
  readonly memoryBytes: number;
}

/** Last words on stderr of a worker that ended itself. */
export const OVER_MEMORY = 'sheaf-git: over memory';
export const OVER_TIME = 'sheaf-git: over time';
