import { array, assert, constantFrom, integer, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../errors.ts';
import type { Advisory, RangeEvent } from '../formats/advisory.ts';
import { DAY, type Instant } from '../instant.ts';
import { LIMITS } from '../limits.ts';
import { pluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import {
  concerns,
  malwareRestrictions,
  mergeRestrictions,
  type Restriction,
  readRestriction,
  requireBounded,
  restrictionsOf,
  writeRestriction,
} from './restriction.ts';
import { standingOf } from './standing.ts';
import type { JudgedEvent } from './status.ts';

const LENS = pluginName('graph-lens');
const V1 = '1.0.0' as Version;
const V2 = '2.0.0' as Version;
const CONTEXT = { what: 'The state', code: 'SHEAF_INVALID_FILE' } as const;

function event(change: Partial<JudgedEvent>): JudgedEvent {
  return {
    registry: 'acme',
    plugin: LENS,
    kind: 'quarantine',
    date: DAY,
    reason: 'odd traffic',
    signed: false,
    ...change,
  };
}

const release = (date: Instant, change: Partial<JudgedEvent> = {}): JudgedEvent =>
  event({ kind: 'release', date, signed: true, ...change });

function malware(change: Partial<Advisory> = {}): Advisory {
  const events: readonly RangeEvent[] = [{ introduced: '0' }, { fixed: V2 }];
  return {
    id: 'MAL-2026-0001',
    modified: DAY,
    summary: 'Sends keys away',
    affected: [{ package: { ecosystem: 'sheaf:acme', name: LENS }, ranges: [{ type: 'SEMVER', events }] }],
    ...change,
  };
}

/** What is remembered after checkpoints that said these things, one after the other. */
function remember(
  ...checkpoints: readonly {
    readonly status?: readonly JudgedEvent[];
    readonly advisories?: readonly Advisory[];
  }[]
): readonly Restriction[] {
  return checkpoints.reduce<readonly Restriction[]>(
    (before, { status = [], advisories = [] }) =>
      mergeRestrictions(
        before,
        [...restrictionsOf(status), ...malwareRestrictions(advisories, 'acme')],
        status,
      ),
    [],
  );
}

const barsOf = (restrictions: readonly Restriction[], version: Version): readonly string[] =>
  standingOf({ name: LENS, version }, { restrictions, revoked: [] }).map(({ kind }) => kind);

describe('what was seen of malware', () => {
  it('bars the versions that the advisory is about, of that registry only', () => {
    const seen = remember({ advisories: [malware()] });
    expect([barsOf(seen, V1), barsOf(seen, V2)]).toEqual([['malware'], []]);
    expect(malwareRestrictions([malware()], 'other')).toEqual([]);
    expect(malwareRestrictions([malware({ id: 'PLUG-2026-0001' })], 'acme')).toEqual([]);
  });

  it.each<[string, readonly Advisory[]]>([
    ['is dropped', []],
    ['is withdrawn', [malware({ withdrawn: 2 * DAY })]],
    ['is called harmless', [malware({ id: 'PLUG-2026-0009' })]],
    [
      'is narrowed',
      [malware({ affected: [{ package: { ecosystem: 'sheaf:acme', name: LENS }, versions: [V2] }] })],
    ],
  ])('stays when the advisory %s without a signature', (_, advisories) => {
    expect(barsOf(remember({ advisories: [malware()] }, { advisories }), V1)).toEqual(['malware']);
  });

  it('is remembered once, however often the advisory is edited', () => {
    const edits = [1, 2, 3].map((n) => ({
      advisories: [malware({ modified: n * DAY, summary: `Edit ${n}` })],
    }));
    expect(remember(...edits)).toHaveLength(1);
  });

  const lifting = { advisory: 'MAL-2026-0001' };
  it.each<[string, JudgedEvent, readonly string[]]>([
    ['a signed release that names it', release(2 * DAY, lifting), []],
    ['one for that version', release(2 * DAY, { ...lifting, version: V1 }), []],
    ['one for another version', release(2 * DAY, { ...lifting, version: V2 }), ['malware']],
    ['an unsigned one', release(2 * DAY, { ...lifting, signed: false }), ['malware']],
    ['one from before', release(DAY, lifting), ['malware']],
    ['one of a quarantine', release(2 * DAY), ['malware']],
    ['one of another advisory', release(2 * DAY, { advisory: 'MAL-2026-0002' }), ['malware']],
    ['one of another plugin', release(2 * DAY, { ...lifting, plugin: pluginName('users') }), ['malware']],
    ['a grant', event({ kind: 'grant-tier', signed: true, date: 2 * DAY, tier: 'native' }), ['malware']],
  ])('after %s', (_, status, bars) => {
    expect(barsOf(remember({ advisories: [malware()] }, { status: [status] }), V1)).toEqual(bars);
  });
});

describe('what was seen of a quarantine', () => {
  it('stays for the other versions when one is released, also once the release is no longer shown', () => {
    const seen = remember({ status: [event({})] }, { status: [release(2 * DAY, { version: V1 })] }, {});
    expect([barsOf(seen, V1), barsOf(seen, V2)]).toEqual([[], ['quarantine']]);
  });

  it('comes back with a newer one', () => {
    const seen = remember(
      { status: [event({}), release(2 * DAY)] },
      { status: [event({}), release(2 * DAY), event({ date: 3 * DAY })] },
    );
    expect(barsOf(seen, V1)).toEqual(['quarantine']);
  });

  it('is not lifted by the release of an advisory', () => {
    const seen = remember({ status: [event({}), release(2 * DAY, { advisory: 'MAL-2026-0001' })] });
    expect(barsOf(seen, V1)).toEqual(['quarantine']);
  });
});

const arbitraryCheckpoint = record({
  status: array(
    record({
      kind: constantFrom('quarantine', 'release', 'revoke-tier', 'grant-tier' as const),
      date: integer({ min: 1, max: 9 }).map((day) => day * DAY),
      version: constantFrom(V1, V2, undefined),
      advisory: constantFrom('MAL-2026-0001', undefined),
      reason: constantFrom('a', 'b'),
    }),
    { maxLength: 4 },
  ),
  advisories: array(record({ modified: integer({ min: 1, max: 9 }).map((day) => day * DAY) }), {
    maxLength: 2,
  }),
});

describe('any sequence of checkpoints', () => {
  it('without a signed event never takes a bar away', () => {
    assert(
      property(array(arbitraryCheckpoint, { maxLength: 5 }), (checkpoints) => {
        let before: readonly Restriction[] = [];
        for (const { status, advisories } of checkpoints) {
          const unsigned = status.map(({ version, advisory, ...rest }) =>
            event({
              ...rest,
              ...(version === undefined ? {} : { version }),
              ...(advisory === undefined ? {} : { advisory }),
            }),
          );
          const taken = [
            ...restrictionsOf(unsigned),
            ...malwareRestrictions(advisories.map(malware), 'acme'),
          ];
          const after = mergeRestrictions(before, taken, unsigned);
          const lost = [V1, V2].flatMap((version) =>
            before.filter(
              (one) =>
                concerns(one, LENS, version) &&
                !after.some((other) => other.kind === one.kind && concerns(other, LENS, version)),
            ),
          );
          expect(lost).toEqual([]);
          before = after;
        }
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  it('comes back from the state as it was, and is the same when it is merged with itself', () => {
    const seen = remember(
      { status: [event({}), event({ kind: 'revoke-tier', tier: 'native' })], advisories: [malware()] },
      { status: [release(2 * DAY, { version: V1 }), release(3 * DAY, { version: V2 })] },
      { advisories: [malware({ id: 'PLUG-2026-0007', aliases: ['MAL-1'], modified: 2 * DAY })] },
    );
    expect(seen).toHaveLength(4);
    const read = seen.map((one) => {
      const json: unknown = JSON.parse(JSON.stringify(writeRestriction(one)));
      return readRestriction(json, CONTEXT);
    });
    expect(read).toEqual(seen);
    expect(mergeRestrictions(seen, read, [])).toEqual(seen);
  });
});

it.each<[string, object]>([
  ['malware without an advisory', { kind: 'malware' }],
  ['a quarantine with one', { advisory: { id: 'MAL-2026-0001' } }],
  ['an unknown kind', { kind: 'praise' }],
  ['no version', { version: 'one' }],
  ['an exception that is no version', { except: ['one'] }],
  ['an event of no version', { kind: 'malware', advisory: { id: 'MAL-1', ranges: [[{ introduced: 'x' }]] } }],
  ['a key too many', { more: 1 }],
])('refuses to read %s', (_, change) => {
  const valid = { plugin: 'graph-lens', kind: 'quarantine', date: '2026-11-20T09:00:00Z', reason: 'odd' };
  expect(readRestriction(valid, CONTEXT).reason).toBe('odd');
  expect(() => readRestriction({ ...valid, ...change }, CONTEXT)).toThrow(SheafError);
});

it('refuses more than it can remember', () => {
  const one = restrictionsOf([event({ reason: 'x'.repeat(300) })]);
  expect(() => requireBounded(one, 'acme')).not.toThrow();
  const flood = Array.from({ length: Math.ceil(LIMITS.restrictionBytes / 300) }, () => one).flat();
  expect(() => requireBounded(flood, 'acme')).toThrow(/more plugins than this machine is willing/);
});
