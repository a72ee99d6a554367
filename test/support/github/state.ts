import type { BareRepository } from './bare-repository.ts';

/** What the lifelike GitHub remembers. */

export interface User {
  readonly id: number;
  readonly login: string;
}

export type Permission =
  | 'actions'
  | 'administration'
  | 'checks'
  | 'contents'
  | 'issues'
  | 'metadata'
  | 'pull_requests'
  | 'statuses'
  | 'workflows';

export type Level = 'read' | 'write';

/** A token and what it may do. */
export interface Token {
  readonly value: string;
  readonly user: User;
  readonly kind: 'classic' | 'fine-grained' | 'workflow';
  /** Of classic tokens. */
  readonly scopes: readonly string[];
  /** Of the other kinds. */
  readonly permissions: Readonly<Partial<Record<Permission, Level>>>;
  /** Fine-grained: the account whose repositories it reaches; workflow: the repository. */
  readonly reach: string | undefined;
  expired: boolean;
}

export type Role = 'read' | 'triage' | 'push' | 'admin';

export interface Comment {
  readonly id: number;
  readonly user: User;
  body: string;
}

export interface Review {
  readonly id: number;
  readonly user: User;
  readonly body: string;
  readonly state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED';
  readonly commit: string;
}

/** A label that was set or taken away. */
export interface LabelEvent {
  readonly label: string;
  readonly user: User;
  readonly isSet: boolean;
  readonly at: string;
}

/** An issue, or a pull request: they share numbers, comments and labels. */
export interface Issue {
  readonly number: number;
  readonly user: User;
  title: string;
  body: string;
  state: 'open' | 'closed';
  readonly createdAt: string;
  labels: string[];
  readonly labelEvents: LabelEvent[];
  readonly comments: Comment[];
  readonly pull: Pull | undefined;
}

export interface Pull {
  readonly base: string;
  readonly headRepository: Repository;
  readonly headBranch: string;
  draft: boolean;
  /** The head as it was seen last; the branch may be gone. */
  headSha: string;
  baseSha: string;
  mergedAt: string | undefined;
  mergeCommit: string | undefined;
  requested: User[];
  readonly reviews: Review[];
}

/** A check run or, with `isStatus`, a commit status. */
export interface Check {
  readonly name: string;
  readonly state:
    | 'pending'
    | 'success'
    | 'failure'
    | 'neutral'
    | 'skipped'
    | 'cancelled'
    | 'timed_out'
    | 'error';
  readonly url?: string;
  readonly isStatus?: boolean;
}

export interface Asset {
  readonly id: number;
  readonly name: string;
  readonly bytes: Buffer;
  readonly contentType: string;
  /** `starter` is what a broken upload leaves. */
  state: 'uploaded' | 'starter';
  downloads: number;
}

export interface Release {
  readonly id: number;
  tag: string;
  name: string;
  body: string;
  draft: boolean;
  prerelease: boolean;
  readonly target: string;
  readonly assets: Asset[];
}

export interface Dispatch {
  readonly workflow: string;
  readonly ref: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface Repository {
  readonly id: number;
  readonly owner: User;
  name: string;
  readonly private: boolean;
  readonly git: BareRepository;
  readonly defaultBranch: string;
  readonly parent: Repository | undefined;
  readonly roles: Map<string, Role>;
  readonly issues: Issue[];
  readonly checks: Map<string, readonly Check[]>;
  readonly releases: Release[];
  /** File names of workflows that may be dispatched. */
  readonly workflows: Set<string>;
  readonly dispatches: Dispatch[];
  archived: boolean;
  /** Requests for which a new fork is not there yet. */
  hiddenFor: number;
}

/** `owner/name`. */
export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`;
}
