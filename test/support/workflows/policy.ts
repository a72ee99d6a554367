import { parse } from 'yaml';
import type { Step } from './workflow-file.ts';

/** What workflows may not do, as code: no linter knows these rules of ours. */

interface LooseJob {
  readonly permissions?: unknown;
  readonly environment?: unknown;
  readonly concurrency?: unknown;
  readonly 'timeout-minutes'?: unknown;
  readonly steps?: readonly Step[];
  readonly uses?: string;
}

interface LooseWorkflow {
  readonly name?: string;
  readonly on?: unknown;
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly defaults?: { readonly run?: { readonly shell?: string } };
  readonly jobs?: Readonly<Record<string, LooseJob>>;
  /** Of a composite action. */
  readonly runs?: { readonly steps?: readonly Step[] };
}

interface PolicyFile {
  readonly file: string;
  readonly text: string;
  readonly document: LooseWorkflow;
  readonly jobs: readonly (readonly [string, LooseJob])[];
  readonly steps: readonly Step[];
}

/** The actions of others that may be used at all. */
const ALLOWED_ACTIONS = new Set([
  'actions/checkout',
  'actions/deploy-pages',
  'actions/download-artifact',
  'actions/setup-node',
  'actions/upload-artifact',
]);
/** What the job that has the key may use. */
const SIGNING_ACTIONS = new Set(['actions/checkout', 'actions/download-artifact', 'actions/upload-artifact']);
/** Jobs that run what strangers wrote, or judge it before anybody has looked. */
const UNTRUSTED = [
  ['plugin-review', '*'],
  ['audit', 'measure'],
] as const;
/** Workflows of which two at once could each undo what the other did, with the job where it is not all of it. */
const SERIAL = [
  ['publish', undefined],
  ['report', 'merge'],
  ['queue', 'queue'],
] as const;

type Rule = (file: PolicyFile) => readonly string[];

const RULES: Readonly<Record<string, Rule>> = {
  'pinned-by-commit': ({ text }) =>
    [...text.matchAll(/^\s*(?:- )?uses:\s*(.*)$/gm)]
      .map(([, uses = '']) => uses)
      .filter(
        (uses) => !uses.startsWith('./') && !/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$/.test(uses),
      ),
  'listed-actions': ({ steps, jobs }) => [
    ...jobs.flatMap(([name, job]) => (job.uses === undefined ? [] : [`${name} uses ${job.uses}`])),
    ...steps.flatMap(({ uses = './' }) =>
      uses.startsWith('./') || ALLOWED_ACTIONS.has(uses.split('@')[0] ?? '') ? [] : [uses],
    ),
  ],
  'no-pull-request-target': ({ document }) =>
    triggersOf(document).includes('pull_request_target') ? ['on'] : [],
  'no-rights-at-the-top': ({ document, jobs }) =>
    jobs.length > 0 && !isReadOnly(document.permissions) ? ['permissions'] : [],
  'rights-by-job': ({ jobs }) =>
    jobs.filter(([, job]) => typeof job.permissions !== 'object').map(([name]) => name),
  'no-expression-in-scripts': ({ steps }) =>
    steps.filter(({ run }) => run?.includes('${{')).map(({ name = 'run' }) => name),
  'a-time-limit': ({ jobs }) =>
    jobs.filter(([, job]) => typeof job['timeout-minutes'] !== 'number').map(([name]) => name),
  'no-token-in-the-checkout': ({ steps }) =>
    steps
      .filter(({ uses }) => uses?.startsWith('actions/checkout@'))
      .filter((step) => step.with?.['persist-credentials'] !== false)
      .map(({ name = 'checkout' }) => name),
  'pipefail-everywhere': ({ document, jobs, steps }) =>
    jobs.length > 0 && document.defaults?.run?.shell !== 'bash'
      ? ['defaults']
      : jobs.length === 0
        ? steps
            .filter(({ run, shell }) => run !== undefined && shell !== 'bash')
            .map(({ name = 'run' }) => name)
        : [],
  'nothing-to-steal-from-untrusted-jobs': ({ file, jobs }) =>
    jobs
      .filter(([name]) =>
        UNTRUSTED.some(([workflow, job]) => file === `${workflow}.yml` && (job === '*' || job === name)),
      )
      .filter(
        ([, job]) =>
          JSON.stringify(job).includes('secrets.') ||
          !isReadOnly(job.permissions) ||
          job.environment !== undefined,
      )
      .map(([name]) => name),
  'no-checkout-of-the-pull-request': ({ steps }) =>
    steps
      .filter(({ uses }) => uses?.startsWith('actions/checkout@'))
      .map((step) => step.with?.['ref'])
      .filter((ref) => ref !== 'main' && ref !== '${{ needs.plan.outputs.commit }}')
      .map((ref) => (typeof ref === 'string' ? ref : 'the commit of the event')),
  'one-at-a-time': ({ file, document, jobs }) =>
    SERIAL.filter(([workflow]) => file === `${workflow}.yml`).flatMap(([workflow, job]) => {
      const concurrency =
        job === undefined ? document.concurrency : jobs.find(([name]) => name === job)?.[1].concurrency;
      const { group, 'cancel-in-progress': cancel } = (concurrency ?? {}) as Record<string, unknown>;
      return typeof group === 'string' && !group.includes('${{') && cancel === false ? [] : [job ?? workflow];
    }),
  'secrets-only-where-it-signs': ({ file, text, jobs }) => {
    const using = jobs.filter(([, job]) => JSON.stringify(job).includes('secrets.')).map(([name]) => name);
    const wrong = using.filter((name) => file !== 'publish.yml' || name !== 'sign');
    return wrong.length === 0 && using.length === 0 && /\bsecrets\b/.test(text.replaceAll(/^\s*#.*$/gm, ''))
      ? ['somewhere']
      : wrong;
  },
  'a-signing-job-that-installs-nothing': ({ jobs }) =>
    jobs
      .filter(([, job]) => JSON.stringify(job).includes('secrets.SHEAF_CHECKPOINT_KEY'))
      .filter(([, { environment, steps = [] }]) => {
        const others = steps.filter(
          ({ uses }) => uses !== undefined && !SIGNING_ACTIONS.has(uses.split('@')[0] ?? ''),
        );
        const scripts = steps.flatMap(({ run }) => run ?? []);
        const isScript = scripts.every((run) =>
          /^bash \.github\/scripts\/sign-checkpoint\.sh( "\$\w+\/\w+"){2}$/.test(run.trim()),
        );
        return environment !== 'publish' || others.length > 0 || !isScript;
      })
      .map(([name]) => name),
};

/** The faults of a workflow, or of a composite action: `rule: where`. */
export function policyFaults(file: string, text: string): readonly string[] {
  const document = parse(text) as LooseWorkflow;
  const jobs = Object.entries(document.jobs ?? {});
  const steps = [...jobs.flatMap(([, job]) => job.steps ?? []), ...(document.runs?.steps ?? [])];
  return Object.entries(RULES).flatMap(([rule, check]) =>
    check({ file, text, document, jobs, steps }).map((where) => `${rule}: ${where}`),
  );
}

export const POLICY_RULES: readonly string[] = Object.keys(RULES);

function triggersOf({ on }: LooseWorkflow): readonly string[] {
  if (typeof on === 'string') return [on];
  return Array.isArray(on) ? (on as readonly string[]) : Object.keys(on ?? {});
}

function isReadOnly(permissions: unknown): boolean {
  return (
    typeof permissions === 'object' &&
    permissions !== null &&
    Object.values(permissions).every((right) => right === 'read' || right === 'none')
  );
}
