import { SheafError } from '../../errors.ts';
import { type Incompatibility, resolvent, type Term } from './incompatibility.ts';
import type { Assignment, PartialSolution } from './partial-solution.ts';
import { ANYTHING, isSubset } from './version-set.ts';

/** What a conflict teaches, and the level to go back to so that it says something new there. */
export interface Lesson {
  readonly learned: Incompatibility;
  /** Undefined when the learned incompatibility has no terms: there is no solution. */
  readonly level: number | undefined;
}

/**
 * Follows a violated incompatibility back to its root cause: it is joined with the cause of the latest step that
 * made it hold, until that step is the only one of its level. Going back to before that level and excluding the
 * step there keeps the search from ever entering this dead end again ("PubGrub: Next-Generation Version Solving",
 * N. Weizenbaum, 2018; the first unique implication point of J. P. Marques-Silva and K. A. Sakallah, "GRASP", 1999).
 */
export function learnFrom(violated: Incompatibility, solution: PartialSolution): Lesson {
  let learned = violated;
  while (learned.terms.length > 0) {
    const { term, step, others } = latest(learned.terms, solution);
    if (step.cause === undefined) return { learned, level: others };
    const level = Math.max(others, levelBefore(term, step.cause, solution));
    if (level < step.level) return { learned, level };
    learned = resolvent(learned, step.cause, term.package);
  }
  return { learned, level: undefined };
}

/** The term that came to hold last, and the highest level of the others. */
function latest(
  terms: readonly Term[],
  solution: PartialSolution,
): { term: Term; step: Assignment; others: number } {
  const [last, ...before] = terms
    .map((term) => ({ term, step: solution.satisfier(term) }))
    .toSorted((a, b) => b.step.index - a.step.index);
  if (last === undefined) throw new SheafError('SHEAF_INTERNAL', 'A conflict has no terms.');
  return { ...last, others: before[0]?.step.level ?? 0 };
}

/**
 * The level from which on the step was enough to make the term hold: 0 when the step does so by itself, else
 * that of what it built upon.
 */
function levelBefore(term: Term, cause: Incompatibility, solution: PartialSolution): number {
  const excluded = cause.terms.find((other) => other.package === term.package)?.set ?? ANYTHING;
  if (isSubset(~excluded, term.set)) return 0;
  return solution.satisfier({ package: term.package, set: term.set | excluded }).level;
}
