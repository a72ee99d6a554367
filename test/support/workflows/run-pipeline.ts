import { cp, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { git } from '../index-branch.ts';
import { holds, isChanged } from './gitlab-condition.ts';
import { type Pipeline, type PipelineJob, type PipelineRule, readPipeline } from './gitlab-file.ts';
import { type GitlabWorld, type PipelineEvent, pagesDirectory } from './gitlab-world.ts';
import { type Artifacts, runPipelineJob } from './run-pipeline-job.ts';

/** How a job went; of several of a matrix, how all of them did. */
export interface PipelineJobRun {
  readonly result: 'success' | 'failure' | 'skipped';
  /** What it printed, both streams as they came, or why it was not carried out. */
  readonly output: string;
  readonly artifacts: readonly Artifacts[];
}

export interface PipelineRun {
  readonly id: number;
  /** `none`: GitLab makes no pipeline without jobs. */
  readonly status: 'success' | 'failure' | 'none';
  readonly jobs: Readonly<Record<string, PipelineJobRun>>;
}

const NONE = '0'.repeat(40);
let lastPipeline = 5000;

/**
 * Runs a pipeline as GitLab does, with the files of the commit that it is of: jobs whose rules hold, by stages and
 * needs, each in a fresh clone and with an environment that holds what a runner gives, what the file declares, and the
 * variables of the project that this branch and environment get. Whatever it does not understand is an error.
 */
export async function runPipeline(event: PipelineEvent, world: GitlabWorld): Promise<PipelineRun> {
  lastPipeline += 1;
  const id = lastPipeline;
  const pipeline = await readPipeline((path) => fileOf(world, event.sha, path));
  const variables = predefined(event, world, id);
  const changed = await changedPaths(event, world);
  const isDue = (rules: readonly PipelineRule[] | undefined, standard: boolean): boolean =>
    rules === undefined
      ? standard
      : rules.some(
          (rule) =>
            (rule.if === undefined || holds(rule.if, variables)) &&
            (rule.changes === undefined || changed === undefined || isChanged(rule.changes, changed)),
        );
  // Without rules a job is in every pipeline but those of merge requests.
  const standard = event.source !== 'merge_request_event';
  const names = Object.keys(pipeline.jobs).filter((name) => isDue(pipeline.jobs[name]?.rules, standard));
  if (!isDue(pipeline.workflow, true) || names.length === 0) return { id, status: 'none', jobs: {} };
  await git(world.bare, 'update-ref', `refs/pipelines/${id}`, event.sha);
  const jobs: Record<string, PipelineJobRun> = {};
  for (const name of inOrder(pipeline, names)) {
    jobs[name] = await runJob(name, pipeline, { event, world, id, variables, names, jobs });
  }
  const isFailed = Object.entries(jobs).some(
    ([name, { result }]) => result === 'failure' && pipeline.jobs[name]?.allow_failure !== true,
  );
  return { id, status: isFailed ? 'failure' : 'success', jobs };
}

interface RunState {
  readonly event: PipelineEvent;
  readonly world: GitlabWorld;
  readonly id: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  /** Those that have ended. */
  readonly jobs: Readonly<Record<string, PipelineJobRun>>;
}

/** By stages; a job can need others of its stage. */
function inOrder({ stages, jobs }: Pipeline, names: readonly string[]): readonly string[] {
  for (const name of names) {
    const missing = jobs[name]?.needs?.find((one) => !names.includes(one));
    if (missing !== undefined)
      throw new Error(`The job ${name} needs ${missing}, which is not in the pipeline.`);
  }
  const order: string[] = [];
  while (order.length < names.length) {
    const ready = names.filter(
      (name) => !order.includes(name) && (jobs[name]?.needs ?? []).every((one) => order.includes(one)),
    );
    const [next] = ready.toSorted((a, b) => stageOf(a) - stageOf(b));
    if (next === undefined) throw new Error('Jobs need each other.');
    order.push(next);
  }
  return order;

  function stageOf(name: string): number {
    return stages.indexOf(jobs[name]?.stage ?? '');
  }
}

/** The jobs that one waits for, and whose artifacts it gets. */
function awaitedBy(name: string, { stages, jobs }: Pipeline, names: readonly string[]): readonly string[] {
  const job = jobs[name];
  if (job?.needs !== undefined) return job.needs;
  const stage = stages.indexOf(job?.stage ?? '');
  return names.filter((one) => stages.indexOf(jobs[one]?.stage ?? '') < stage);
}

async function runJob(name: string, pipeline: Pipeline, state: RunState): Promise<PipelineJobRun> {
  const { world, event, id, variables, jobs } = state;
  const job = pipeline.jobs[name] as PipelineJob;
  const awaited = awaitedBy(name, pipeline, state.names);
  const isReady = awaited.every(
    (one) =>
      jobs[one]?.result === 'success' ||
      (jobs[one]?.result === 'failure' && pipeline.jobs[one]?.allow_failure === true),
  );
  if (!isReady) return { result: 'skipped', output: '', artifacts: [] };
  const isProtected = event.source !== 'merge_request_event' && world.protectedBranches.has(event.branch);
  const own: Artifacts[] = [];
  const output: string[] = [];
  let isFailed = false;
  for (const [index, matrix] of (job.parallel?.matrix.flatMap(combinations) ?? [{}]).entries()) {
    const given = awaited.flatMap((one) => jobs[one]?.artifacts ?? []);
    const done = await runPipelineJob(job, {
      world,
      name,
      label: `${id}-${name}-${index}`,
      sha: event.sha,
      fetched: `refs/pipelines/${id}`,
      isProtected,
      predefined: { ...variables, CI_JOB_NAME: name, CI_JOB_STAGE: job.stage },
      matrix,
      triggered: 'variables' in event ? event.variables : {},
      given,
    });
    output.push(done.output);
    own.push(done.artifacts);
    isFailed ||= !done.ok;
  }
  if (!isFailed && name === 'pages') await deployPages(world, own);
  return { result: isFailed ? 'failure' : 'success', output: output.join(''), artifacts: own };
}

/** The job of this name deploys the directory `public`, in place of what was there. */
async function deployPages(world: GitlabWorld, artifacts: readonly Artifacts[]): Promise<void> {
  const from = join(artifacts[0]?.directory ?? '', 'public');
  await stat(from);
  await rm(pagesDirectory(world), { recursive: true, force: true });
  await mkdir(pagesDirectory(world), { recursive: true });
  await cp(from, pagesDirectory(world), { recursive: true });
}

function combinations(
  matrix: Readonly<Record<string, readonly string[]>>,
): readonly Record<string, string>[] {
  return Object.entries(matrix).reduce<readonly Record<string, string>[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

async function fileOf({ bare }: GitlabWorld, commit: string, path: string): Promise<string> {
  return `${await git(bare, 'cat-file', 'blob', `${commit}:${path}`)}\n`;
}

/** Undefined where GitLab compares with nothing, and takes every path for changed. */
async function changedPaths(
  event: PipelineEvent,
  { bare, defaultBranch }: GitlabWorld,
): Promise<readonly string[] | undefined> {
  const range =
    event.source === 'merge_request_event'
      ? `${defaultBranch}...${event.sha}`
      : event.source === 'push' && event.before !== NONE
        ? `${event.before}..${event.sha}`
        : undefined;
  if (range === undefined) return undefined;
  return (await git(bare, 'diff', '--name-only', range)).split('\n');
}

/** https://docs.gitlab.com/ci/variables/predefined_variables/ */
function predefined(event: PipelineEvent, world: GitlabWorld, id: number): Readonly<Record<string, string>> {
  const about: Readonly<Record<string, string>> =
    event.source === 'merge_request_event'
      ? {
          CI_COMMIT_BEFORE_SHA: NONE,
          CI_MERGE_REQUEST_IID: String(event.iid),
          CI_MERGE_REQUEST_PROJECT_URL: world.url,
          CI_MERGE_REQUEST_TARGET_BRANCH_NAME: world.defaultBranch,
        }
      : {
          CI_COMMIT_BRANCH: event.branch,
          CI_COMMIT_BEFORE_SHA: event.source === 'push' ? event.before : NONE,
          ...('variables' in event ? event.variables : {}),
        };
  return {
    CI: 'true',
    GITLAB_CI: 'true',
    CI_API_V4_URL: world.api,
    CI_COMMIT_SHA: event.sha,
    CI_DEFAULT_BRANCH: world.defaultBranch,
    CI_PIPELINE_ID: String(id),
    CI_PIPELINE_SOURCE: event.source,
    CI_PROJECT_PATH: world.path,
    CI_PROJECT_URL: world.url,
    ...about,
  };
}
