import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fact } from './fact.ts';
import {
  type HostPackage,
  type Incompatibility,
  incompatibility,
  resolvent,
  type Term,
} from './incompatibility.ts';
import { ANYTHING, isSubset, setOf, type VersionSet } from './version-set.ts';

const [first, second, third] = ['first', 'second', 'third'].map(
  (name): HostPackage => ({ kind: 'engine', name, present: '1.0.0' }),
) as [HostPackage, HostPackage, HostPackage];
const cause: Fact = { kind: 'present', host: first };

const POSITIONS = [0, 1, 2, 3];
const set = fc
  .tuple(fc.subarray(POSITIONS), fc.boolean())
  .map(([members, isComplement]): VersionSet => (isComplement ? ~setOf(members) : setOf(members)));
const terms = fc.array(fc.record({ package: fc.constantFrom(first, second, third), set }), { maxLength: 4 });

/** Every combination of states, one of them unknown to all sets. */
const states = [...POSITIONS, 4].map((position) => setOf([position]));
const worlds = states.flatMap((a) =>
  states.flatMap((b) =>
    states.map(
      (c) =>
        new Map<unknown, VersionSet>([
          [first, a],
          [second, b],
          [third, c],
        ]),
    ),
  ),
);

function holdsIn(world: ReadonlyMap<unknown, VersionSet>, all: readonly Term[]): boolean {
  return all.every((term) => isSubset(world.get(term.package) ?? ANYTHING, term.set));
}

describe('an incompatibility', () => {
  it('forbids exactly the states in which all of its terms hold', () => {
    fc.assert(
      fc.property(terms, (stated) => {
        const made = incompatibility(stated, cause);
        const isForbidden = (world: ReadonlyMap<unknown, VersionSet>) =>
          made !== undefined && holdsIn(world, made.terms);
        expect(worlds.filter(isForbidden)).toEqual(worlds.filter((world) => holdsIn(world, stated)));
      }),
    );
  });

  it('has one term at most for a package, and none that says nothing', () => {
    const made = incompatibility(
      [
        { package: first, set: setOf([1, 2]) },
        { package: first, set: setOf([2, 3]) },
        { package: second, set: ANYTHING },
      ],
      cause,
    );
    expect(made?.terms).toEqual([{ package: first, set: setOf([2]) }]);
  });

  it('is not needed where its terms exclude each other', () => {
    const both = [1, 2].map((position) => ({ package: first, set: setOf([position]) }));
    expect(incompatibility(both, cause)).toBeUndefined();
  });
});

describe('a resolvent', () => {
  it('forbids only what one of its premises forbids', () => {
    fc.assert(
      fc.property(terms, terms, fc.constantFrom(first, second, third), (one, other, pivot) => {
        const made = [one, other].map((stated) => incompatibility(stated, cause));
        const [a, b] = made as [Incompatibility | undefined, Incompatibility | undefined];
        fc.pre(a !== undefined && b !== undefined);
        const { terms } = resolvent(a, b, pivot);
        const forbidden = worlds.filter((world) => holdsIn(world, terms));
        expect(forbidden.filter((world) => !holdsIn(world, a.terms) && !holdsIn(world, b.terms))).toEqual([]);
      }),
    );
  });

  it('no longer speaks of a package that one of the premises excludes in every state', () => {
    const needs = incompatibility(
      [
        { package: first, set: setOf([1]) },
        { package: second, set: ~setOf([2]) },
      ],
      cause,
    ) as Incompatibility;
    const excluded = incompatibility([{ package: second, set: setOf([2]) }], cause) as Incompatibility;
    expect(resolvent(needs, excluded, second).terms).toEqual([{ package: first, set: setOf([1]) }]);
  });
});
