import { type EngineTest, type Misfit, misfitOf, rememberingEngineTest } from '../host-fit.ts';
import type { ResolutionProblem } from '../resolve.ts';
import { exclusionFact, unmetNeed } from './fact.ts';
import type { Incompatibility } from './incompatibility.ts';
import type { Candidate } from './plugin.ts';

/** What stands against one candidate. */
type Objection =
  | { readonly kind: 'yanked' | 'excluded'; readonly reason: string }
  | { readonly kind: 'misfit'; readonly misfit: Misfit };

type Surroundings = Pick<ResolutionProblem, 'engines' | 'platform' | 'excluded'>;

/**
 * Why some of the versions that a registry offers can never be chosen: yanked and not locked, excluded by the
 * caller, made for another engine or platform. One statement for all versions with the same reason.
 */
export function unavailable(
  candidates: readonly Candidate[],
  surroundings: Surroundings,
): readonly Incompatibility[] {
  const objections = new Map<string, { objection: Objection; against: [Candidate, ...Candidate[]] }>();
  const fits = rememberingEngineTest();
  for (const candidate of candidates) {
    const objection = objectionTo(candidate, surroundings, fits);
    if (objection === undefined) continue;
    const key = JSON.stringify(objection);
    const same = objections.get(key);
    if (same === undefined) objections.set(key, { objection, against: [candidate] });
    else same.against.push(candidate);
  }
  return [...objections.values()].map(({ objection, against }) =>
    objection.kind === 'misfit'
      ? unmetNeed(against, objection.misfit)
      : exclusionFact(objection.kind, against, objection.reason),
  );
}

function objectionTo(
  candidate: Candidate,
  surroundings: Surroundings,
  fits: EngineTest,
): Objection | undefined {
  const { plugin, registry, record, version } = candidate;
  if (version.yanked !== undefined && !plugin.isLocked(candidate)) {
    return { kind: 'yanked', reason: 'was yanked' };
  }
  const reason = surroundings.excluded?.({ registry, record }, version);
  if (reason !== undefined) return { kind: 'excluded', reason };
  const misfit = misfitOf(version, surroundings, fits);
  return misfit && { kind: 'misfit', misfit };
}
