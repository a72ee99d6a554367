import { parse } from 'yaml';

/** Workflow and action files, as far as ours use them. */

export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly 'continue-on-error'?: boolean;
}

export type Permissions = Readonly<Record<string, 'read' | 'write' | 'none'>>;

export interface Job {
  readonly 'runs-on': string;
  readonly 'timeout-minutes'?: number;
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly environment?: string;
  readonly permissions?: Permissions;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>> };
  readonly concurrency?: unknown;
  readonly steps: readonly Step[];
}

export interface Workflow {
  readonly name: string;
  readonly on: unknown;
  readonly permissions?: Permissions;
  readonly concurrency?: unknown;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface CompositeAction {
  readonly inputs?: Readonly<
    Record<string, { readonly required?: boolean; readonly default?: string | number | boolean }>
  >;
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

const WORKFLOW = ['name', 'run-name', 'on', 'permissions', 'concurrency', 'env', 'defaults', 'jobs'];
const JOB = [
  'runs-on',
  'timeout-minutes',
  'needs',
  'if',
  'environment',
  'permissions',
  'outputs',
  'env',
  'strategy',
  'concurrency',
  'steps',
];
const STEP = ['id', 'name', 'if', 'uses', 'with', 'run', 'shell', 'env', 'continue-on-error'];
const ACTION = ['name', 'description', 'inputs', 'outputs', 'runs'];

/** Reads a workflow; a key that the runner does not carry out is an error. */
export function readWorkflow(text: string): Workflow {
  const workflow = parse(text) as Workflow;
  requireKeys('the workflow', workflow, WORKFLOW);
  for (const [name, job] of Object.entries(workflow.jobs)) {
    requireKeys(`the job ${name}`, job, JOB);
    for (const step of job.steps) requireKeys(`a step of the job ${name}`, step, STEP);
  }
  return workflow;
}

/** Reads an action; only composite ones. */
export function readAction(text: string): CompositeAction {
  const action = parse(text) as CompositeAction;
  requireKeys('the action', action, ACTION);
  if (action.runs.using !== 'composite') throw new Error('Only composite actions are carried out.');
  for (const step of action.runs.steps) requireKeys('a step of the action', step, STEP);
  return action;
}

function requireKeys(what: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Error(`Nothing here carries out "${unknown}" of ${what}.`);
}
