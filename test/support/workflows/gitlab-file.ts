import { type CollectionTag, parse, type YAMLSeq } from 'yaml';

/** Pipeline files of GitLab, as far as ours use them. */

export interface PipelineRule {
  readonly if?: string;
  readonly changes?: readonly string[];
}

export interface PipelineJob {
  readonly stage: string;
  readonly image?: string;
  readonly rules?: readonly PipelineRule[];
  readonly before_script: readonly string[];
  readonly script: readonly string[];
  readonly needs?: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
  readonly artifacts?: {
    readonly paths?: readonly string[];
    readonly when?: 'on_success' | 'on_failure' | 'always';
    readonly reports?: { readonly dotenv?: string; readonly codequality?: string };
  };
  readonly environment?: string;
  readonly allow_failure: boolean;
  /** Of the job: minutes and hours in words. */
  readonly timeout?: string;
  readonly parallel?: { readonly matrix: readonly Readonly<Record<string, readonly string[]>>[] };
}

export interface Pipeline {
  readonly stages: readonly string[];
  readonly workflow: readonly PipelineRule[];
  readonly jobs: Readonly<Record<string, PipelineJob>>;
}

type Hash = Readonly<Record<string, unknown>>;

const GLOBAL = new Set(['include', 'stages', 'workflow', 'default', 'variables']);
const DEFAULT = new Set(['image', 'interruptible']);
const JOB = new Set([
  'allow_failure',
  'artifacts',
  'before_script',
  'environment',
  'extends',
  'image',
  'interruptible',
  'needs',
  'parallel',
  'resource_group',
  'rules',
  'script',
  'stage',
  'timeout',
  'variables',
]);
const BELOW: Readonly<Record<string, ReadonlySet<string>>> = {
  artifacts: new Set(['paths', 'when', 'expire_in', 'reports']),
  parallel: new Set(['matrix']),
  workflow: new Set(['rules']),
};
const RULE = new Set(['if', 'changes']);

class Reference {
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    this.path = path;
  }
}

const REFERENCE: CollectionTag = {
  tag: '!reference',
  collection: 'seq',
  identify: (value) => value instanceof Reference,
  resolve: (seq) => new Reference((seq as YAMLSeq).toJSON() as string[]),
};

/**
 * Reads `.gitlab-ci.yml` with what it includes, in the order in which GitLab puts them together: files, `extends`,
 * references, then what all jobs have. A key that nothing here carries out is an error.
 *
 * @param read a file of the commit that the pipeline is of.
 */
export async function readPipeline(read: (path: string) => Promise<string>): Promise<Pipeline> {
  const raw = await included('.gitlab-ci.yml', read);
  const extended = Object.fromEntries(
    Object.entries(raw).map(([name, value]) => [
      name,
      isHash(value) && !GLOBAL.has(name) ? extendedBy(raw, name, []) : value,
    ]),
  );
  const document = resolved(extended, extended, 0) as Hash;
  const { stages, workflow, default: standard = {}, variables = {} } = document;
  requireKeys('default', standard as Hash, DEFAULT);
  requireKeys('workflow', workflow as Hash, BELOW['workflow']);
  const jobs: Record<string, PipelineJob> = {};
  for (const [name, value] of Object.entries(document)) {
    if (GLOBAL.has(name)) continue;
    // Also of parts that no job uses: whoever reads them believes that they work.
    requireKeys(`"${name}"`, value as Hash, JOB);
    if (!name.startsWith('.')) jobs[name] = jobOf(name, value as Hash, standard as Hash, variables as Hash);
  }
  const names = stages as readonly string[];
  for (const [name, { stage }] of Object.entries(jobs)) {
    if (!names.includes(stage))
      throw new Error(`The job ${name} is of the stage "${stage}", which is not there.`);
  }
  return { stages: names, workflow: rulesOf('workflow', (workflow as Hash)['rules']) ?? [], jobs };
}

async function included(path: string, read: (path: string) => Promise<string>): Promise<Hash> {
  const document = parse(await read(path), { customTags: [REFERENCE], merge: false }) as Hash;
  let all: Hash = {};
  for (const entry of (document['include'] ?? []) as readonly Hash[]) {
    requireKeys('include', entry, new Set(['local']));
    all = merged(all, await included(String(entry['local']), read));
  }
  return merged(all, document);
}

function extendedBy(raw: Hash, name: string, before: readonly string[]): Hash {
  const entry = raw[name];
  if (!isHash(entry)) throw new Error(`Nothing has the name ${name}, which is extended.`);
  if (before.includes(name)) throw new Error(`${name} extends itself.`);
  const bases = [(entry['extends'] as string | readonly string[] | undefined) ?? []].flat();
  const below = bases.map((base) => extendedBy(raw, base, [...before, name]));
  return [...below, entry].reduce(merged, {});
}

/** Hashes are merged, everything else is replaced. */
function merged(below: Hash, above: Hash): Hash {
  const all: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const other = all[key];
    all[key] = isHash(value) && isHash(other) ? merged(other, value) : value;
  }
  return all;
}

const DEEPEST_REFERENCE = 10;

function resolved(value: unknown, document: Hash, depth: number): unknown {
  if (depth > DEEPEST_REFERENCE) throw new Error('References lead to each other.');
  if (value instanceof Reference) {
    const target = value.path.reduce<unknown>((at, key) => (isHash(at) ? at[key] : undefined), document);
    if (target === undefined) throw new Error(`Nothing is at !reference ${value.path.join(' ')}.`);
    return resolved(target, document, depth + 1);
  }
  if (Array.isArray(value)) return value.map((one) => resolved(one, document, depth));
  if (!isHash(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one, document, depth)]));
}

function jobOf(name: string, job: Hash, standard: Hash, globals: Hash): PipelineJob {
  for (const [key, known] of Object.entries(BELOW)) {
    if (isHash(job[key])) requireKeys(`"${key}" of the job ${name}`, job[key], known);
  }
  const { environment, script } = job;
  if (environment !== undefined && typeof environment !== 'string') {
    throw new Error(`The environment of the job ${name} is not only a name.`);
  }
  if (!Array.isArray(script)) throw new Error(`The job ${name} has no script.`);
  return {
    // https://docs.gitlab.com/ci/yaml/#stage
    stage: 'test',
    allow_failure: false,
    ...standard,
    ...job,
    ...(job['rules'] === undefined ? {} : { rules: rulesOf(name, job['rules']) ?? [] }),
    before_script: linesOf(job['before_script'] ?? []),
    script: linesOf(script),
    variables: Object.fromEntries(
      Object.entries({ ...globals, ...(job['variables'] as Hash | undefined) }).map(([key, value]) => [
        key,
        String(value),
      ]),
    ),
  };
}

function linesOf(value: unknown): readonly string[] {
  return [value].flat(Number.POSITIVE_INFINITY).map((line) => {
    if (typeof line !== 'string') throw new Error('A line of a script is not a text.');
    return line;
  });
}

function rulesOf(name: string, value: unknown): readonly PipelineRule[] | undefined {
  if (value === undefined) return undefined;
  const rules = [value].flat(Number.POSITIVE_INFINITY) as Hash[];
  for (const rule of rules) requireKeys(`a rule of ${name}`, rule, RULE);
  return rules;
}

function isHash(value: unknown): value is Hash {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Reference)
  );
}

function requireKeys(what: string, value: Hash, known: ReadonlySet<string> = new Set()): void {
  const unknown = Object.keys(value).find((key) => !known.has(key));
  if (unknown !== undefined) throw new Error(`Nothing here carries out "${unknown}" of ${what}.`);
}
