import { SheafError } from '../../errors.ts';
import type { Budget } from './budget.ts';
import type { Incompatibility, Package, Term } from './incompatibility.ts';
import type { Candidate, Plugin } from './plugin.ts';
import { ANYTHING, isFinite, isSubset, NOTHING, setOf, type VersionSet } from './version-set.ts';

/** One step: a version was decided on, or an incompatibility left a package fewer states. */
export interface Assignment {
  readonly package: Package;
  /** The states that the package has left after this step and all before. */
  readonly remaining: VersionSet;
  /** What left no other choice; undefined for a decision. */
  readonly cause: Incompatibility | undefined;
  /** How many decisions had been made, this one included. */
  readonly level: number;
  /** Position on the trail. */
  readonly index: number;
}

/** What an incompatibility says about the steps so far: it is broken, it leaves one term to refute, or nothing. */
export type Verdict = 'violated' | Term | undefined;

/** The decisions made so far and all that follows from them, in order, so that any number can be taken back. */
export class PartialSolution {
  readonly #budget: Budget;
  readonly #trail: Assignment[] = [];
  readonly #steps = new Map<Package, Assignment[]>();
  readonly #decisions = new Map<Plugin, Candidate>();
  readonly #undecided = new Set<Plugin>();

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** In the order in which they were made. */
  get decisions(): readonly Candidate[] {
    return [...this.#decisions.values()];
  }

  /** Plugins of which somebody said which versions will do, and of which none is chosen yet. */
  get undecided(): Iterable<Plugin> {
    return this.#undecided;
  }

  /** The states that a package has left. */
  remaining(of: Package): VersionSet {
    return this.#steps.get(of)?.at(-1)?.remaining ?? ANYTHING;
  }

  decide(candidate: Candidate): void {
    this.#decisions.set(candidate.plugin, candidate);
    this.#assign({ package: candidate.plugin, set: setOf([candidate.position]) }, undefined);
  }

  /** Records that a term holds because nothing else is left. */
  derive(term: Term, cause: Incompatibility): void {
    this.#assign(term, cause);
  }

  /** Takes back every step above a level. */
  backtrack(level: number): void {
    for (let last = this.#trail.at(-1); last !== undefined && last.level > level; last = this.#trail.at(-1)) {
      this.#trail.pop();
      this.#steps.get(last.package)?.pop();
      if (last.package.kind !== 'plugin') continue;
      if (last.cause === undefined) this.#decisions.delete(last.package);
      this.#listUndecided(last.package);
    }
  }

  judge({ terms }: Incompatibility): Verdict {
    let open: Term | undefined;
    for (const term of terms) {
      this.#budget.spend(1);
      const remaining = this.remaining(term.package);
      const common = remaining & term.set;
      if (common === remaining) continue;
      if (common === NOTHING || open !== undefined) return undefined;
      open = term;
    }
    return open ?? 'violated';
  }

  /** The step from which on a term holds; it must hold by now. */
  satisfier({ package: of, set }: Term): Assignment {
    const step = this.#steps.get(of)?.find(({ remaining }) => {
      this.#budget.spend(1);
      return isSubset(remaining, set);
    });
    if (step === undefined) throw new SheafError('SHEAF_INTERNAL', 'A term of a conflict does not hold.');
    return step;
  }

  #assign({ package: of, set }: Term, cause: Incompatibility | undefined): void {
    const remaining = this.remaining(of) & set;
    const level = this.#decisions.size;
    const step: Assignment = { package: of, remaining, cause, level, index: this.#trail.length };
    this.#trail.push(step);
    const steps = this.#steps.get(of);
    if (steps === undefined) this.#steps.set(of, [step]);
    else steps.push(step);
    if (of.kind === 'plugin') this.#listUndecided(of);
  }

  #listUndecided(plugin: Plugin): void {
    const isOpen = isFinite(this.remaining(plugin)) && !this.#decisions.has(plugin);
    if (isOpen) this.#undecided.add(plugin);
    else this.#undecided.delete(plugin);
  }
}
