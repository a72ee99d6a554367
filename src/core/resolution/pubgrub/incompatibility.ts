import type { Fact } from './fact.ts';
import type { Plugin } from './plugin.ts';
import { ANYTHING, NOTHING, type VersionSet } from './version-set.ts';

/**
 * Something of the host that plugins make demands on: an engine, or the platform. It has the one candidate that
 * is present, and takes part in the solving like a plugin that cannot be changed.
 */
export interface HostPackage {
  readonly kind: 'engine' | 'platform';
  readonly name: string;
  readonly present: string;
}

/** Whatever can be in one of several states; compared by identity. */
export type Package = Plugin | HostPackage;

/** The statement that a package is in one of these states. */
export interface Term {
  readonly package: Package;
  readonly set: VersionSet;
}

/** Terms that must not all hold together, and why. Without any term it says that there is no solution. */
export interface Incompatibility {
  /** One at most for a package; none that always holds. */
  readonly terms: readonly Term[];
  readonly cause: Cause;
}

/** A fact of the problem, or two incompatibilities that this one follows from: the derivation tree of a failure. */
export type Cause = Fact | Derivation;

/** The two premises of a conclusion. */
export interface Derivation {
  readonly kind: 'derived';
  readonly premises: readonly [Incompatibility, Incompatibility];
}

/**
 * An incompatibility of these terms. A term that always holds is left out; two of one package become one.
 * Undefined when no assignment could ever make all of them hold, so that there is nothing to say.
 */
export function incompatibility(terms: readonly Term[], cause: Cause): Incompatibility | undefined {
  const sets = new Map<Package, VersionSet>();
  for (const { package: of, set } of terms) sets.set(of, (sets.get(of) ?? ANYTHING) & set);
  if ([...sets.values()].includes(NOTHING)) return undefined;
  return { terms: termsOf(sets), cause };
}

/**
 * What follows from two incompatibilities whichever state `pivot` is in: the rule of resolution (J. A. Robinson,
 * "A Machine-Oriented Logic Based on the Resolution Principle", 1965) for variables with many values.
 */
export function resolvent(a: Incompatibility, b: Incompatibility, pivot: Package): Incompatibility {
  const sets = new Map(a.terms.map((term) => [term.package, term.set]));
  for (const { package: of, set } of b.terms) {
    const other = sets.get(of);
    if (of === pivot) sets.set(of, (other ?? NOTHING) | set);
    else sets.set(of, (other ?? ANYTHING) & set);
  }
  return { terms: termsOf(sets), cause: { kind: 'derived', premises: [a, b] } };
}

function termsOf(sets: ReadonlyMap<Package, VersionSet>): readonly Term[] {
  return [...sets].filter(([, set]) => set !== ANYTHING).map(([of, set]) => ({ package: of, set }));
}
