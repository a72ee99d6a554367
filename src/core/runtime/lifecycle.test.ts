import { array, assert, constant, constantFrom, integer, oneof, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { advance, BEGINNING, fail, type Lifecycle, type PluginState } from './lifecycle.ts';

const CRASH = new SheafError('SHEAF_CRASHED', 'lens ended by SIGKILL.');
const refusal = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};
const go = (life: Lifecycle, now: number, ...states: Parameters<typeof advance>[2][]): Lifecycle =>
  states.reduce((before, to) => advance('lens', before, to, now), life);

describe('the lifecycle of a plugin', () => {
  it('leads from discovered to active, and from there to unloaded', () => {
    const life = go(BEGINNING, 0, 'loaded', 'initialized', 'registered', 'active', 'unloaded', 'loaded');
    expect(life.state).toBe('loaded');
  });

  const LEGAL = new Set([
    'discovered loaded',
    'loaded initialized',
    'initialized registered',
    'registered active',
    'loaded unloaded',
    'initialized unloaded',
    'registered unloaded',
    'active unloaded',
    'unloaded loaded',
    'failed loaded',
    'failed unloaded',
  ]);
  const STATES: readonly PluginState[] = [
    'discovered',
    'loaded',
    'initialized',
    'registered',
    'active',
    'unloaded',
    'failed',
  ];

  it('has no other way: every other step is SHEAF_STATE', () => {
    const targets = STATES.filter((state) => state !== 'discovered' && state !== 'failed');
    for (const state of STATES) {
      for (const to of targets) {
        const step = refusal(() => advance('lens', { state, reloads: [] }, to, 0));
        const isLegal = LEGAL.has(`${state} ${to}`);
        expect(step, `${state} → ${to}`).toMatchObject(isLegal ? { state: to } : { code: 'SHEAF_STATE' });
      }
    }
  });

  it('can fail anywhere, and keeps the cause until it was initialized again', () => {
    for (const state of STATES) expect(fail({ state, reloads: [] }, CRASH, 5).state).toBe('failed');
    const failed = fail(go(BEGINNING, 0, 'loaded'), CRASH, 5);
    expect(go(failed, 5, 'loaded').cause).toBe(CRASH);
    expect(go(failed, 5, 'loaded', 'initialized').cause).toBeUndefined();
  });

  it('allows three loads after failures in five minutes: at once, after 1 s, after 2 s', () => {
    let life = fail(go(BEGINNING, 0, 'loaded'), CRASH, 0);
    life = fail(go(life, 0, 'loaded', 'initialized'), CRASH, 0);
    expect(refusal(() => go(life, 999, 'loaded'))).toMatchObject({
      code: 'SHEAF_STATE',
      cause: CRASH,
      details: { retryAfterMs: 1 },
    });
    life = fail(go(life, 1_000, 'loaded'), CRASH, 1_000);
    expect(refusal(() => go(life, 2_999, 'loaded'))).toMatchObject({ details: { retryAfterMs: 1 } });
    life = fail(go(life, 3_000, 'loaded'), CRASH, 3_000);
    const refused = refusal(() => go(life, 60_000, 'loaded'));
    expect(refused).toMatchObject({
      code: 'SHEAF_STATE',
      details: { retryAfterMs: LIMITS.reloadWindow - 60_000 },
    });
    // Unloading is no way around.
    expect(refusal(() => go(go(life, 60_000, 'unloaded'), 60_000, 'loaded'))).toMatchObject({
      code: 'SHEAF_STATE',
    });
    expect(go(life, LIMITS.reloadWindow, 'loaded').state).toBe('loaded');
  });

  it('never allows more reloads in any window, whatever happens when', () => {
    const step = record({
      kind: oneof(
        { weight: 3, arbitrary: constant('load' as const) },
        { weight: 3, arbitrary: constant('fail' as const) },
        constantFrom('initialize' as const, 'unload' as const),
      ),
      wait: integer({ min: 0, max: 20_000 }),
    });
    assert(
      property(array(step, { maxLength: 200 }), (steps) => {
        let life = BEGINNING;
        let now = 0;
        const reloads: number[] = [];
        for (const { kind, wait } of steps) {
          now += wait;
          const isAfterFailure = life.failedAt !== undefined;
          try {
            if (kind === 'fail') life = fail(life, CRASH, now);
            else if (kind === 'load') {
              life = advance('lens', life, 'loaded', now);
              if (isAfterFailure) reloads.push(now);
            } else life = advance('lens', life, kind === 'unload' ? 'unloaded' : 'initialized', now);
          } catch (error) {
            if (!(error instanceof SheafError) || error.code !== 'SHEAF_STATE') throw error;
          }
          const recent = reloads.filter((at) => at > now - LIMITS.reloadWindow);
          expect(recent.length).toBeLessThanOrEqual(LIMITS.reloads);
          expect(life.reloads.length).toBeLessThanOrEqual(LIMITS.reloads);
        }
      }),
      { seed: 20_261_120, numRuns: 300 },
    );
  });
});
