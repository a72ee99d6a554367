import type { Permissions } from './workflow-file.ts';

/** What surrounds the jobs of a repository. */
export interface RunnerWorld {
  /** Address of the forge, without a slash at its end: `${server}/owner/name` is what git talks to. */
  readonly server: string;
  readonly api: string;
  /** `owner/name` */
  readonly repository: string;
  readonly defaultBranch: string;
  /** An empty directory: workspaces, artifacts of runs, and the site are kept below it. */
  readonly directory: string;
  /** Directories before those of the machine on the PATH of every step: what a hosted runner has and this machine lacks. */
  readonly programs: readonly string[];
  /** The token of a job with exactly these permissions; with none it can do what an anonymous reader can. */
  token(permissions: Permissions, job: string): string | Promise<string>;
  /** Secrets of the repository, with those of the environment that the job declares. */
  secrets(environment: string | undefined): Readonly<Record<string, string>>;
  /** Local actions that cannot run here, by their `uses`: what stands in for each. */
  readonly standIns: Readonly<Record<string, StandIn>>;
}

/** What started a run. */
export interface RunEvent {
  /** `pull_request`, `workflow_run`, `workflow_dispatch`, `schedule`, … */
  readonly name: string;
  /** The payload, as in the file of GITHUB_EVENT_PATH. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Of a dispatch. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly ref: string;
  readonly sha: string;
  /** Login of who caused it. */
  readonly actor: string;
}

/** Where a job is carried out. */
export interface Workplace {
  readonly world: RunnerWorld;
  readonly runId: number;
  readonly workspace: string;
  /** RUNNER_TEMP. */
  readonly temporary: string;
  readonly token: string;
  readonly sha: string;
  readonly ref: string;
}

/** Carries out an action that is none of the repository's, or cannot run here. */
export type StandIn = (
  inputs: Readonly<Record<string, string>>,
  place: Workplace,
) => Promise<{ readonly outputs?: Readonly<Record<string, string>>; readonly path?: string } | void>;
