import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type Contexts, expand, isDue } from './expression.ts';
import { type JobFiles, readValues } from './job-files.ts';
import type { Workplace } from './runner-world.ts';
import { STAND_INS } from './stand-ins.ts';
import { readAction, type Step } from './workflow-file.ts';

/** How a step went. */
export interface StepRun {
  readonly name: string;
  readonly conclusion: 'success' | 'failure' | 'skipped';
  /** What it printed, both streams as they came, or why it could not be carried out. */
  readonly output: string;
  /** How long it took. */
  readonly milliseconds: number;
}

/** Everything that the steps of a job share; steps of composite actions have contexts and a prefix of their own. */
export interface StepScope {
  readonly place: Workplace;
  readonly files: JobFiles;
  readonly contexts: Contexts;
  /** What every step has in its environment; steps add to it. */
  readonly environment: Record<string, string>;
  /** The directory of the composite action that the steps belong to. */
  readonly actionPath?: string;
  /** Directories that steps put on the PATH. */
  readonly path: string[];
  readonly shell: string | undefined;
  readonly runs: StepRun[];
  readonly prefix: string;
  readonly summary: string[];
  /** After this the job is broken off. */
  readonly deadline: AbortSignal;
}

interface StepResult {
  readonly outputs: Readonly<Record<string, string>>;
  readonly outcome: 'success' | 'failure' | 'skipped';
  readonly conclusion: 'success' | 'failure' | 'skipped';
}

/** Runs steps in their order. @returns the outputs of those that have an id, and whether one failed. */
export async function runSteps(
  steps: readonly Step[],
  scope: StepScope,
): Promise<{ readonly results: Readonly<Record<string, StepResult>>; readonly failed: boolean }> {
  const results: Record<string, StepResult> = {};
  let failed = false;
  for (const step of steps) {
    const contexts = { ...scope.contexts, steps: results, env: scope.environment };
    const name = `${scope.prefix}${step.name ?? step.uses ?? step.id ?? 'run'}`;
    let result: StepResult = { outputs: {}, outcome: 'skipped', conclusion: 'skipped' };
    let output = '';
    const began = performance.now();
    if (isDue(step.if, contexts, { failed })) {
      try {
        const done = await runStep(step, name, { ...scope, contexts }, failed);
        output = done.output;
        result = {
          outputs: done.outputs,
          outcome: done.ok ? 'success' : 'failure',
          conclusion: done.ok ? 'success' : 'failure',
        };
      } catch (error) {
        output = error instanceof Error ? error.message : String(error);
        result = { outputs: {}, outcome: 'failure', conclusion: 'failure' };
      }
      if (result.outcome === 'failure') {
        if (step['continue-on-error'] === true) result = { ...result, conclusion: 'success' };
        else failed = true;
      }
    }
    const milliseconds = performance.now() - began;
    scope.runs.push({ name, conclusion: result.outcome, output, milliseconds });
    if (step.id !== undefined) results[step.id] = result;
  }
  return { results, failed };
}

interface Done {
  readonly ok: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  readonly output: string;
}

async function runStep(step: Step, name: string, scope: StepScope, failed: boolean): Promise<Done> {
  const texts = (values: Readonly<Record<string, unknown>> = {}): Record<string, string> =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, expand(String(value), scope.contexts, { failed })]),
    );
  if (step.uses === undefined) return runScript(step, texts(step.env), scope, failed);
  const inputs = texts(step.with);
  const { world, workspace } = scope.place;
  const [action = ''] = step.uses.split('@');
  const standIn = world.standIns[step.uses] ?? STAND_INS[action];
  if (standIn !== undefined) {
    const done = await standIn(inputs, scope.place);
    if (done?.path !== undefined) scope.path.unshift(done.path);
    return { ok: true, outputs: done?.outputs ?? {}, output: '' };
  }
  if (!step.uses.startsWith('./')) throw new Error(`Nothing stands in for the action ${step.uses}.`);
  const directory = join(workspace, step.uses);
  return runComposite(directory, inputs, `${name} / `, scope);
}

async function runComposite(
  directory: string,
  given: Readonly<Record<string, string>>,
  prefix: string,
  scope: StepScope,
): Promise<Done> {
  const action = readAction(await readFile(join(directory, 'action.yml'), 'utf8'));
  const inputs: Record<string, string> = {};
  for (const [name, { required = false, default: fallback }] of Object.entries(action.inputs ?? {})) {
    if (required && given[name] === undefined) throw new Error(`The action needs "${name}".`);
    inputs[name] = given[name] ?? expand(String(fallback ?? ''), scope.contexts, { failed: false });
  }
  const surplus = Object.keys(given).find((name) => inputs[name] === undefined);
  if (surplus !== undefined) throw new Error(`The action has no input "${surplus}".`);
  const { secrets: _, ...contexts } = scope.contexts;
  const inner: StepScope = {
    ...scope,
    prefix,
    contexts: { ...contexts, inputs },
    actionPath: directory,
  };
  const { results, failed } = await runSteps(action.runs.steps, inner);
  const outputs = Object.fromEntries(
    Object.entries(action.outputs ?? {}).map(([name, { value }]) => [
      name,
      expand(value, { ...inner.contexts, steps: results }, { failed }),
    ]),
  );
  return { ok: !failed, outputs, output: '' };
}

async function runScript(
  step: Step,
  own: Readonly<Record<string, string>>,
  scope: StepScope,
  failed: boolean,
): Promise<Done> {
  const { place, contexts, environment, path, deadline } = scope;
  const files = await scope.files.next();
  const script = join(files.GITHUB_OUTPUT, '..', 'script.sh');
  await writeFile(script, `${expand(step.run ?? '', contexts, { failed })}\n`);
  const shell = step.shell ?? scope.shell;
  if (shell !== undefined && shell !== 'bash') throw new Error(`The shell ${shell} is not there.`);
  // A forge adds pipefail only where a workflow names the shell.
  const words = shell === undefined ? ['-e', script] : ['--noprofile', '--norc', '-eo', 'pipefail', script];
  const env = {
    ...environment,
    ...(scope.actionPath === undefined ? {} : { GITHUB_ACTION_PATH: scope.actionPath }),
    ...own,
    ...files,
    PATH: [...path, ...place.world.programs, process.env['PATH'] ?? ''].join(delimiter),
  };
  const { status, output } = await bash(words, { cwd: place.workspace, env, signal: deadline });
  Object.assign(environment, await readValues(files.GITHUB_ENV));
  path.unshift(...(await readFile(files.GITHUB_PATH, 'utf8')).split('\n').filter((line) => line !== ''));
  scope.summary.push(await readFile(files.GITHUB_STEP_SUMMARY, 'utf8'));
  return { ok: status === 0, outputs: await readValues(files.GITHUB_OUTPUT), output };
}

function bash(
  words: readonly string[],
  options: { readonly cwd: string; readonly env: Record<string, string>; readonly signal: AbortSignal },
): Promise<{ readonly status: number; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 1, output }));
  });
}
