import type { Fact } from './fact.ts';
import type { Derivation, Incompatibility } from './incompatibility.ts';

/** A conclusion of a proof: an incompatibility that follows from two others. */
export interface Conclusion extends Incompatibility {
  readonly cause: Derivation;
}

/** What a failure is made of. */
export interface Proof {
  /** The facts that it rests on, each once, in the order in which the explanation comes to them. */
  readonly facts: readonly Fact[];
  /** How often each conclusion is used; those used more than once are worth a number. */
  readonly uses: ReadonlyMap<Conclusion, number>;
}

/** Whether an incompatibility is derived, so that it can be explained further. */
export function isConclusion(incompatibility: Incompatibility): incompatibility is Conclusion {
  return incompatibility.cause.kind === 'derived';
}

/** Walks the derivation of a failure. Without recursion, because a proof can be deeper than any stack. */
export function proofOf(failure: Incompatibility): Proof {
  const facts = new Set<Fact>();
  const uses = new Map<Conclusion, number>();
  const open = [failure];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!isConclusion(next)) {
      if (next.cause.kind !== 'derived') facts.add(next.cause);
      continue;
    }
    const count = uses.get(next) ?? 0;
    uses.set(next, count + 1);
    if (count === 0) open.push(...next.cause.premises.toReversed());
  }
  return { facts: [...facts], uses };
}
