import { array, assert, boolean, constantFrom, property, record, subarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tier } from '../formats/manifest.ts';
import { computeGrants, type GrantQuestion, requireGrants } from './grants.ts';

const IDS = ['query', 'read-isg', 'net.fetch', '*', 'q*'] as const;
const TIERS: readonly Tier[] = ['wasm', 'native', 'core'];
const question = record({
  plugin: constantFrom('lens'),
  requested: array(record({ id: constantFrom(...IDS), optional: boolean() }), { maxLength: 5 }),
  tier: constantFrom(...TIERS),
  offered: array(
    record({
      id: constantFrom(...IDS),
      risk: constantFrom('low' as const),
      description: constantFrom('…'),
      tiers: subarray([...TIERS]),
    }),
    { maxLength: 5 },
  ),
  admitted: subarray([...IDS]),
  pinned: subarray([...IDS]),
}).map(({ admitted, ...rest }) => ({
  ...rest,
  admitted,
  admits: (id: string) => (admitted as string[]).includes(id),
}));

describe('grants', () => {
  it('are the intersection of what is requested, offered to the tier, admitted and agreed to', () => {
    assert(
      property(question, (asked) => {
        const { granted, denied } = computeGrants(asked);
        const expected = asked.requested
          .map(({ id }) => id)
          .filter(
            (id) =>
              asked.offered.find((offer) => offer.id === id)?.tiers.includes(asked.tier) === true &&
              asked.admitted.includes(id) &&
              asked.pinned.includes(id),
          );
        expect(granted).toEqual(expected);
        expect(granted.length + denied.length).toBe(asked.requested.length);
      }),
      { seed: 7, numRuns: 1_000 },
    );
  });

  const QUERY: GrantQuestion = {
    plugin: 'lens',
    requested: [{ id: 'query', optional: false }],
    tier: 'wasm',
    offered: [{ id: 'query', risk: 'low', description: 'Ask', tiers: ['wasm'] }],
    admits: () => true,
    pinned: undefined,
  };

  it('need no agreement for a folder that somebody works on', () => {
    expect(requireGrants(QUERY)).toEqual(['query']);
  });

  it('never go beyond the lock, and a wildcard in it is a name like any other', () => {
    for (const pinned of [[], ['*'], ['quer'], ['query.run']]) {
      expect(() => requireGrants({ ...QUERY, pinned })).toThrow(
        expect.objectContaining({
          code: 'SHEAF_CAPABILITY_DENIED',
          details: { capabilities: [{ id: 'query', because: 'was not agreed to when it was installed' }] },
        }),
      );
    }
  });

  it('do without what is optional', () => {
    const requested = [
      { id: 'query', optional: false },
      { id: 'net.fetch', optional: true },
    ];
    expect(requireGrants({ ...QUERY, requested })).toEqual(['query']);
  });
});
