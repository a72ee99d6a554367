import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ABSENT,
  ANYTHING,
  allowsAbsence,
  firstOf,
  isFinite,
  isSubset,
  NOTHING,
  positionsOf,
  setOf,
  sizeOf,
} from './version-set.ts';

const positions = fc.uniqueArray(fc.nat({ max: 200 }), { maxLength: 20 });

describe('a version set', () => {
  it('holds exactly the positions that it was made of', () => {
    fc.assert(
      fc.property(positions, (members) => {
        const set = setOf(members);
        expect(positionsOf(set)).toEqual(members.toSorted((a, b) => a - b));
        expect(sizeOf(set)).toBe(members.length);
        expect(firstOf(set | setOf([201]))).toBe(Math.min(201, ...members));
      }),
    );
  });

  it('behaves under the operators of bigint as a set does', () => {
    fc.assert(
      fc.property(positions, positions, (a, b) => {
        expect(positionsOf(setOf(a) & setOf(b))).toEqual(
          positionsOf(setOf(a.filter((one) => b.includes(one)))),
        );
        expect(setOf(a) | setOf(b)).toBe(setOf([...new Set([...a, ...b])]));
        expect(setOf(a) & ~setOf(b)).toBe(setOf(a.filter((one) => !b.includes(one))));
        expect(isSubset(setOf(a), setOf(b))).toBe(a.every((one) => b.includes(one)));
      }),
    );
  });

  it('has in its complement every position that it has not, versions that are not known yet included', () => {
    fc.assert(
      fc.property(positions, fc.nat({ max: 400 }), (members, position) => {
        const complement = ~setOf(members);
        expect(isSubset(setOf([position]), complement)).toBe(!members.includes(position));
        expect(isFinite(complement)).toBe(false);
      }),
    );
  });

  it('lies between nothing and anything', () => {
    fc.assert(
      fc.property(positions, (members) => {
        expect(isSubset(NOTHING, setOf(members)) && isSubset(setOf(members), ANYTHING)).toBe(true);
      }),
    );
    expect(~NOTHING).toBe(ANYTHING);
  });

  it('tells whether the plugin may be missing', () => {
    expect([ABSENT, setOf([0, 3]), ~setOf([3]), ANYTHING].every(allowsAbsence)).toBe(true);
    expect([NOTHING, setOf([3]), ~ABSENT].some(allowsAbsence)).toBe(false);
  });
});
