import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import {
  type KnownFacts,
  PUBLISH_STEPS,
  type PublishFact,
  type PublishStep,
  planPublication,
  recordOf,
  type StepRecord,
  type StepRecords,
} from './plan-publication.ts';

const digest = (text: string) => sha256(new TextEncoder().encode(text));
const FACTS: readonly PublishFact[] = ['source', 'built', 'target', 'key', 'packed', 'signed'];
const COMPLETE: KnownFacts = Object.fromEntries(FACTS.map((fact) => [fact, digest(fact)]));

/** The records of a publication whose first `count` steps went well. */
function recordsOf(count: number, known: KnownFacts = COMPLETE): StepRecords {
  return Object.fromEntries(
    PUBLISH_STEPS.slice(0, count).map((step) => [step, recordOf(step, known, known)]),
  );
}

const stepsIn = (state: string, records: StepRecords, known: KnownFacts): readonly PublishStep[] =>
  planPublication(records, known).flatMap((planned) => (planned.state === state ? [planned.step] : []));

describe('what is left of a publication', () => {
  it.each(PUBLISH_STEPS.map((step, index) => [step, index] as const))(
    'begins with %s when the %i steps before it are done',
    (step, index) => {
      expect(stepsIn('done', recordsOf(index), COMPLETE)).toEqual(PUBLISH_STEPS.slice(0, index));
      expect(stepsIn('next', recordsOf(index), COMPLETE)).toEqual([step]);
      expect(stepsIn('waits', recordsOf(index), COMPLETE)).toEqual(PUBLISH_STEPS.slice(index + 1));
    },
  );

  it('is nothing when all is done', () => {
    const plan = planPublication(recordsOf(PUBLISH_STEPS.length), COMPLETE);
    expect(plan.every(({ state }) => state === 'done')).toBe(true);
    expect(plan.every(({ because }) => because === undefined)).toBe(true);
  });

  it.each([
    ['source', 'build', []],
    ['built', 'build', []],
    ['target', 'pack', ['build', 'check', 'test', 'bench', 'scan']],
    ['key', 'sign', ['build', 'check', 'test', 'bench', 'scan', 'pack', 'host']],
    ['packed', 'pack', ['build', 'check', 'test', 'bench', 'scan']],
    ['signed', 'sign', ['build', 'check', 'test', 'bench', 'scan', 'pack', 'host']],
  ] as const)('begins again after a change of %s with %s, and says why', (fact, next, kept) => {
    const known = { ...COMPLETE, [fact]: digest('changed') };
    const plan = planPublication(recordsOf(PUBLISH_STEPS.length), known);
    expect(plan.find(({ state }) => state === 'next')).toMatchObject({
      step: next,
      because: expect.stringMatching(/^[A-Z].*\.$/),
    });
    const done = plan.flatMap(({ step, state }) => (state === 'done' ? [step] : []));
    // Those after a step that makes what they use wait for it, and may turn out to be good still.
    expect(done).toEqual(kept);
  });

  it.each(['built', 'packed', 'signed'] as const)('makes %s again when it is gone', (fact) => {
    const { [fact]: _, ...known } = COMPLETE;
    const next = planPublication(recordsOf(PUBLISH_STEPS.length), known).find(
      ({ state }) => state === 'next',
    );
    expect(next?.step).toBe({ built: 'build', packed: 'pack', signed: 'sign' }[fact]);
  });

  it('keeps what was published when packing anew gives the same bytes', () => {
    const known = { ...COMPLETE, source: digest('a test more') };
    const again = { ...recordsOf(PUBLISH_STEPS.length), ...recordsOf(6, known) };
    expect(stepsIn('next', again, known)).toEqual([]);
  });

  it('is the same plan for every set of records and facts: one next step, and nothing done behind it that uses it', () => {
    // All subsets of records, each with each fact as it was, changed, or absent.
    for (let set = 0; set < 2 ** PUBLISH_STEPS.length; set++) {
      const all = recordsOf(PUBLISH_STEPS.length);
      const records: StepRecords = Object.fromEntries(
        PUBLISH_STEPS.flatMap((step, index) => ((set >> index) & 1 ? [[step, all[step]]] : [])),
      );
      for (const fact of FACTS) {
        for (const value of [COMPLETE[fact], digest('changed'), undefined]) {
          const known = { ...COMPLETE, [fact]: value };
          const plan = planPublication(records, known);
          expect(plan.map(({ step }) => step)).toEqual(PUBLISH_STEPS);
          const open = plan.filter(({ state }) => state !== 'done');
          expect(open.map(({ state }) => state)).toEqual(
            open.map((_, index) => (index === 0 ? 'next' : 'waits')),
          );
          for (const { step } of plan.filter(({ state }) => state === 'done'))
            expect(records[step]).toBeDefined();
        }
      }
    }
  });

  it('comes to an end from every state, in at most as many steps as there are', () => {
    for (let set = 0; set < 2 ** PUBLISH_STEPS.length; set++) {
      const all = recordsOf(PUBLISH_STEPS.length);
      const records: Partial<Record<PublishStep, StepRecord>> = Object.fromEntries(
        PUBLISH_STEPS.flatMap((step, index) => ((set >> index) & 1 ? [[step, all[step]]] : [])),
      );
      let count = 0;
      for (;;) {
        const [next] = stepsIn('next', records, COMPLETE);
        if (next === undefined) break;
        records[next] = recordOf(next, COMPLETE, COMPLETE);
        count += 1;
      }
      expect(count).toBe(
        PUBLISH_STEPS.length - Object.keys(all).filter((_, index) => (set >> index) & 1).length,
      );
    }
  });
});
