import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Contexts, expand, isDue } from './expression.ts';
import { JobFiles } from './job-files.ts';
import { runSteps, type StepRun } from './run-steps.ts';
import type { RunEvent, RunnerWorld, Workplace } from './runner-world.ts';
import { type Job, type Permissions, readWorkflow, type Workflow } from './workflow-file.ts';

/** How a job went; of several of a matrix, how all of them did. */
export interface JobRun {
  readonly result: 'success' | 'failure' | 'skipped';
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepRun[];
  /** Markdown that its steps wrote for people. */
  readonly summary: string;
}

export interface WorkflowRun {
  readonly id: number;
  readonly conclusion: 'success' | 'failure';
  readonly jobs: Readonly<Record<string, JobRun>>;
}

let lastRun = 1000;

/**
 * Runs a workflow as a forge does: jobs in the order of their `needs`, each in a fresh directory and with an
 * environment that holds what a hosted runner gives and what the workflow declares, and nothing of this process but
 * where its programs are. Whatever of the file it does not understand is an error.
 */
export async function runWorkflow(text: string, event: RunEvent, world: RunnerWorld): Promise<WorkflowRun> {
  const workflow = readWorkflow(text);
  lastRun += 1;
  const id = lastRun;
  const jobs: Record<string, JobRun> = {};
  for (const name of inOrder(workflow)) jobs[name] = await runJob(name, workflow, { event, world, id, jobs });
  const failed = Object.values(jobs).some((job) => job.result === 'failure');
  return { id, conclusion: failed ? 'failure' : 'success', jobs };
}

interface RunState {
  readonly event: RunEvent;
  readonly world: RunnerWorld;
  readonly id: number;
  /** Those that have ended. */
  readonly jobs: Readonly<Record<string, JobRun>>;
}

function needsOf(job: Job): readonly string[] {
  return typeof job.needs === 'string' ? [job.needs] : (job.needs ?? []);
}

function inOrder({ jobs }: Workflow): readonly string[] {
  const order: string[] = [];
  while (order.length < Object.keys(jobs).length) {
    const next = Object.keys(jobs).find(
      (name) => !order.includes(name) && needsOf(jobs[name]!).every((one) => order.includes(one)),
    );
    if (next === undefined) throw new Error('Jobs need each other, or one that is not there.');
    order.push(next);
  }
  return order;
}

async function runJob(name: string, workflow: Workflow, state: RunState): Promise<JobRun> {
  const job = workflow.jobs[name]!;
  const needed = needsOf(job).map((one) => [one, state.jobs[one]!] as const);
  const needs = Object.fromEntries(needed.map(([one, { result, outputs }]) => [one, { result, outputs }]));
  const progress = { failed: needed.some(([, { result }]) => result !== 'success') };
  const { inputs = {} } = state.event;
  const early: Contexts = { github: await githubContext(state, name, workflow.name), inputs, needs };
  if (!isDue(job.if, early, progress)) return { result: 'skipped', outputs: {}, steps: [], summary: '' };
  const runs: JobRun[] = [];
  for (const [index, matrix] of combinations(job.strategy?.matrix ?? {}).entries()) {
    runs.push(await runOne(name, index, workflow, state, { needs, matrix, inputs }));
  }
  return {
    result: runs.every((run) => run.result === 'success') ? 'success' : 'failure',
    outputs: Object.assign({}, ...runs.map((run) => run.outputs)) as Record<string, string>,
    steps: runs.flatMap((run) => run.steps),
    summary: runs.map((run) => run.summary).join(''),
  };
}

function combinations(
  matrix: Readonly<Record<string, readonly unknown[]>>,
): readonly Record<string, unknown>[] {
  return Object.entries(matrix).reduce<readonly Record<string, unknown>[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

async function runOne(
  name: string,
  index: number,
  workflow: Workflow,
  state: RunState,
  given: Contexts,
): Promise<JobRun> {
  const { world, event, id } = state;
  const job = workflow.jobs[name]!;
  const base = join(world.directory, 'jobs', `${id}-${name}-${index}`);
  const [workspace, temporary, home] = ['workspace', 'temporary', 'home'].map((one) => join(base, one)) as [
    string,
    string,
    string,
  ];
  for (const directory of [workspace, temporary, home]) await mkdir(directory, { recursive: true });
  const token = await world.token(permissionsOf(job, workflow), name);
  const place: Workplace = { world, runId: id, workspace, temporary, token, sha: event.sha, ref: event.ref };
  const contexts: Contexts = {
    ...given,
    github: { ...(await githubContext(state, name, workflow.name)), token, workspace },
    runner: { temp: temporary, os: 'Linux', arch: 'X64' },
    secrets: { ...world.secrets(job.environment), GITHUB_TOKEN: token },
  };
  const environment: Record<string, string> = {
    ...hostedEnvironment(state, name, workflow.name),
    HOME: home,
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: temporary,
  };
  for (const declared of [workflow.env, job.env]) {
    for (const [key, value] of Object.entries(declared ?? {})) {
      environment[key] = expand(String(value), contexts, { failed: false });
    }
  }
  const steps: StepRun[] = [];
  const summary: string[] = [];
  const minutes = job['timeout-minutes'] ?? 360;
  const { results, failed } = await runSteps(job.steps, {
    place,
    files: new JobFiles(join(base, 'files')),
    contexts,
    environment,
    path: [],
    shell: workflow.defaults?.run?.shell,
    runs: steps,
    prefix: '',
    summary,
    deadline: AbortSignal.timeout(minutes * 60_000),
  });
  const outputs = Object.entries(job.outputs ?? {}).map(([key, value]) => [
    key,
    expand(value, { ...contexts, steps: results }, { failed }),
  ]);
  return {
    result: failed ? 'failure' : 'success',
    outputs: Object.fromEntries(outputs) as Record<string, string>,
    steps,
    summary: summary.join(''),
  };
}

/** What a job may: its own declaration replaces that of the workflow whole. A workflow without one is refused. */
function permissionsOf(job: Job, workflow: Workflow): Permissions {
  const permissions = job.permissions ?? workflow.permissions;
  if (permissions === undefined)
    throw new Error('A workflow without permissions has those of an unknown setting.');
  return permissions;
}

function hostedEnvironment(state: RunState, job: string, workflow: string): Record<string, string> {
  const { world, event, id } = state;
  return {
    CI: 'true',
    LANG: 'C.UTF-8',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: event.actor,
    GITHUB_API_URL: world.api,
    GITHUB_EVENT_NAME: event.name,
    GITHUB_EVENT_PATH: eventPath(state),
    GITHUB_JOB: job,
    GITHUB_REF: event.ref,
    GITHUB_REF_NAME: event.ref.replace(/^refs\/(heads|tags)\//, ''),
    GITHUB_REPOSITORY: world.repository,
    GITHUB_REPOSITORY_OWNER: world.repository.split('/')[0] ?? '',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: String(id),
    GITHUB_SERVER_URL: world.server,
    GITHUB_SHA: event.sha,
    GITHUB_WORKFLOW: workflow,
    RUNNER_ARCH: 'X64',
    RUNNER_OS: 'Linux',
  };
}

function eventPath({ world, id }: RunState): string {
  return join(world.directory, 'events', `${id}.json`);
}

/** The context `github`, and the file of the event that it tells of. */
async function githubContext(
  state: RunState,
  job: string,
  workflow: string,
): Promise<Record<string, unknown>> {
  const { world, event, id } = state;
  const path = eventPath(state);
  await mkdir(join(path, '..'), { recursive: true });
  const payload = event.inputs === undefined ? event.payload : { ...event.payload, inputs: event.inputs };
  await writeFile(path, JSON.stringify(payload));
  return {
    actor: event.actor,
    api_url: world.api,
    event: payload,
    event_name: event.name,
    event_path: path,
    job,
    ref: event.ref,
    repository: world.repository,
    repository_owner: world.repository.split('/')[0],
    run_id: String(id),
    server_url: world.server,
    sha: event.sha,
    workflow,
  };
}
