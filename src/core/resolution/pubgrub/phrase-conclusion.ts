import type { Incompatibility, Term } from './incompatibility.ts';
import { list } from './phrase-versions.ts';
import { ABSENT, allowsAbsence, isFinite, NOTHING } from './version-set.ts';
import type { Wording } from './wording.ts';

/**
 * A conclusion as a clause. Terms that speak of installed versions are its conditions; those that also hold when
 * the plugin is not there at all are demands: "lens 1.0.0 and map ^2 need users ^1".
 */
export function phraseConclusion({ terms }: Incompatibility, wording: Wording): string {
  const conditions = terms.filter(({ set }) => !allowsAbsence(set));
  const demands = terms.filter(({ set }) => allowsAbsence(set)).map((term) => demandOf(term, wording));
  const [only, ...others] = conditions;
  if (only === undefined) {
    return demands.length === 0 ? 'there is no solution' : `${list(demands, 'or')} is needed`;
  }
  if (others.length > 0) {
    const names = list(
      conditions.map((term) => nameOf(term, wording)),
      'and',
    );
    return demands.length === 0
      ? `${names} cannot be installed together`
      : `${names} together need ${list(demands, 'or')}`;
  }
  if (demands.length > 0) return `${subjectOf(only, wording)} needs ${list(demands, 'or')}`;
  return only.package.kind === 'plugin' && isFinite(only.set)
    ? wording.none(only.package, only.set)
    : `${subjectOf(only, wording)} cannot be installed`;
}

/** "Anything but these" reads as what is left. */
function subjectOf({ package: of, set }: Term, wording: Wording): string {
  if (of.kind !== 'plugin') return of.name;
  if (isFinite(set)) return wording.each(of, set);
  return `every version of ${of.name} outside ${wording.one(of, ~set)}`;
}

function nameOf({ package: of, set }: Term, wording: Wording): string {
  if (of.kind !== 'plugin') return of.name;
  if (isFinite(set)) return wording.one(of, set);
  const rest = ~set & ~ABSENT;
  return rest === NOTHING ? `any version of ${of.name}` : `anything but ${wording.one(of, rest)}`;
}

function demandOf({ package: of, set }: Term, wording: Wording): string {
  return of.kind === 'plugin' ? wording.one(of, ~set) : of.name;
}
