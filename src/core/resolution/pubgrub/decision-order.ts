import type { PluginName } from '../../plugin-name.ts';
import type { PartialSolution } from './partial-solution.ts';
import type { Candidate, Plugin } from './plugin.ts';
import { allowsAbsence, isSubset, NOTHING, sizeOf, type VersionSet } from './version-set.ts';

/** Who may choose first; the order in which a person would grant it. */
const RANK = {
  /** Wanted, and can stay at what is locked. */
  wantedKept: 0,
  /** Needed, and can stay at what is locked. */
  kept: 1,
  wanted: 2,
  needed: 3,
  /** Nobody needs it, somebody works with it. */
  welcome: 4,
} as const;

/** An undecided plugin with the candidate that it would choose. */
interface Prospect {
  readonly candidate: Candidate;
  readonly remaining: VersionSet;
  readonly rank: number;
  /** Versions that are still possible; only plugins that nobody wants by name are ordered by it. */
  readonly choices: number;
}

/**
 * Decides which plugin chooses its version next, given what is decided. What chooses early gets what it likes best,
 * so the order is the preference among solutions: first all that can stay at the locked version, so that a lock
 * changes as little as it must; then the wanted plugins in the order of their names; then what they need, the one
 * with the fewest possible versions first, because it will fail soonest; optional plugins at the end.
 */
export class DecisionOrder {
  readonly #wanted: ReadonlySet<PluginName>;
  readonly #prospects = new Map<Plugin, Prospect>();

  /** @param wanted the plugins that have to be there because sheaf.toml or the command line says so. */
  constructor(wanted: ReadonlySet<PluginName>) {
    this.#wanted = wanted;
  }

  /**
   * The candidate to decide on; undefined when nothing is left to decide.
   *
   * @param onProspect told of every candidate that may come next, once for each time it is considered anew.
   */
  next(solution: PartialSolution, onProspect: (candidate: Candidate) => void): Candidate | undefined {
    let first: Prospect | undefined;
    for (const plugin of solution.undecided) {
      const remaining = solution.remaining(plugin);
      let prospect = this.#prospects.get(plugin);
      if (prospect?.remaining !== remaining) {
        prospect = this.#prospectOf(plugin, remaining);
        if (prospect === undefined) continue;
        this.#prospects.set(plugin, prospect);
        onProspect(prospect.candidate);
      }
      if (first === undefined || comesBefore(prospect, first)) first = prospect;
    }
    return first?.candidate;
  }

  #prospectOf(plugin: Plugin, remaining: VersionSet): Prospect | undefined {
    const candidate = plugin.best(remaining);
    if (candidate === undefined) return undefined;
    const rank = this.#rankOf(plugin, remaining);
    return { candidate, remaining, rank, choices: rank === RANK.needed ? sizeOf(remaining) : 0 };
  }

  #rankOf(plugin: Plugin, remaining: VersionSet): number {
    if (allowsAbsence(remaining)) return RANK.welcome;
    const isWanted = this.#wanted.has(plugin.name);
    if (plugin.keepable !== NOTHING && isSubset(plugin.keepable, remaining)) {
      return isWanted ? RANK.wantedKept : RANK.kept;
    }
    return isWanted ? RANK.wanted : RANK.needed;
  }
}

function comesBefore(a: Prospect, b: Prospect): boolean {
  if (a.rank !== b.rank) return a.rank < b.rank;
  if (a.choices !== b.choices) return a.choices < b.choices;
  return a.candidate.plugin.name < b.candidate.plugin.name;
}
