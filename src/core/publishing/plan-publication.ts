import type { Sha256 } from '../digest.ts';

/** What publishing a release consists of, in this order: what is checked is also what the build has left. */
export const PUBLISH_STEPS = [
  'build',
  'check',
  'test',
  'bench',
  'scan',
  'pack',
  'sign',
  'host',
  'propose',
] as const;

/** A step that `sheaf publish` remembers when it has gone well. */
export type PublishStep = (typeof PUBLISH_STEPS)[number];

/**
 * What a step depends on or leaves, each as a digest taken anew from what is there: the author's files; the file that
 * is loaded; where the release goes and what of it is new there; the key; the artifact with the files to be signed;
 * their signatures.
 */
export type PublishFact = 'source' | 'built' | 'target' | 'key' | 'packed' | 'signed';

/** The facts that can be told now; what has not been made yet is absent. */
export type KnownFacts = Readonly<Partial<Record<PublishFact, Sha256>>>;

/** What a step was done with. */
export interface StepRecord {
  readonly inputs: KnownFacts;
  /** Digest of what it left. */
  readonly output?: Sha256;
}

/** The steps that have gone well. */
export type StepRecords = Readonly<Partial<Record<PublishStep, StepRecord>>>;

/** A step of a plan. */
export interface PlannedStep {
  readonly step: PublishStep;
  /** `next` is the one to do now; one that `waits` is done after it, unless the steps before change nothing for it. */
  readonly state: 'done' | 'next' | 'waits';
  /** Why it has to be done again, one sentence. */
  readonly because?: string;
}

const INPUTS: Readonly<Record<PublishStep, readonly PublishFact[]>> = {
  build: ['source'],
  check: ['source', 'built'],
  test: ['source', 'built'],
  bench: ['source', 'built'],
  scan: ['source', 'built'],
  pack: ['source', 'built', 'target'],
  sign: ['packed', 'key'],
  host: ['packed'],
  propose: ['packed', 'signed', 'target'],
};

const OUTPUT: Readonly<Partial<Record<PublishStep, PublishFact>>> = {
  build: 'built',
  pack: 'packed',
  sign: 'signed',
};

const CHANGED: Readonly<Record<PublishFact, string>> = {
  source: 'The files of the plugin have changed since.',
  built: 'The plugin has been built anew since.',
  target: 'The release goes elsewhere than then, or the registry has changed.',
  key: 'Another key signs than then.',
  packed: 'What is packed has changed since.',
  signed: 'The signatures have changed since.',
};

const LOST: Readonly<Partial<Record<PublishFact, string>>> = {
  built: 'The built file is gone or another one.',
  packed: 'The packed files are gone or others.',
  signed: 'The signatures are gone or others.',
};

/**
 * What is left to do for a release: a step counts as done while everything that it was done with, and everything that
 * it left, is as it was then. That makes it the same whether a run was broken off, is repeated, or finds other files.
 */
export function planPublication(records: StepRecords, known: KnownFacts): readonly PlannedStep[] {
  const due = new Set<PublishFact>();
  let hasNext = false;
  return PUBLISH_STEPS.map((step): PlannedStep => {
    const record = records[step];
    const because = record === undefined ? undefined : staleness(step, record, known);
    const waitsForInput = INPUTS[step].some((fact) => due.has(fact));
    if (record !== undefined && because === undefined && !waitsForInput) return { step, state: 'done' };
    const output = OUTPUT[step];
    if (output !== undefined) due.add(output);
    const state = hasNext ? 'waits' : 'next';
    hasNext = true;
    return { step, state, ...(because === undefined ? {} : { because }) };
  });
}

/** What is remembered of a step that went well, from the facts before it and after it. */
export function recordOf(step: PublishStep, before: KnownFacts, after: KnownFacts): StepRecord {
  const inputs = Object.fromEntries(
    INPUTS[step].flatMap((fact) => (before[fact] === undefined ? [] : [[fact, before[fact]]])),
  );
  const output = OUTPUT[step];
  const left = output === undefined ? undefined : after[output];
  return { inputs, ...(left === undefined ? {} : { output: left }) };
}

function staleness(step: PublishStep, record: StepRecord, known: KnownFacts): string | undefined {
  const changed = INPUTS[step].find((fact) => record.inputs[fact] !== known[fact]);
  if (changed !== undefined) return CHANGED[changed];
  const output = OUTPUT[step];
  return output === undefined || record.output === known[output] ? undefined : LOST[output];
}
