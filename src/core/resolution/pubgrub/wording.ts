import type { Fact } from './fact.ts';
import { eachOf, noneOf, oneOf } from './phrase-versions.ts';
import type { Plugin } from './plugin.ts';
import { ABSENT, NOTHING, type VersionSet } from './version-set.ts';

/**
 * How the versions in one explanation are called. Statements are made of all versions that they hold for, and read
 * best when they speak only of those that somebody in the explanation asks for; and where people wrote a range,
 * "users ^1" says more than the versions in it.
 */
export class Wording {
  readonly #asked = new Map<Plugin, VersionSet>();
  readonly #ranges = new Map<Plugin, Map<VersionSet, string>>();

  /** @param facts that the explanation rests on; of two ranges with the same versions the first gives the name. */
  constructor(facts: readonly Fact[]) {
    for (const fact of facts) {
      if (fact.kind !== 'wanted' && fact.kind !== 'dependency') continue;
      const { plugin, fitting, range, registry } = fact.asked;
      this.#asked.set(plugin, (this.#asked.get(plugin) ?? NOTHING) | fitting);
      const ranges = this.#ranges.get(plugin) ?? new Map<VersionSet, string>();
      this.#ranges.set(plugin, ranges);
      const origin = plugin.registries.length > 1 ? ` from the registry ${registry}` : '';
      if (!ranges.has(fitting)) ranges.set(fitting, `${inRange(plugin.name, range)}${origin}`);
    }
  }

  /** The subject of a sentence about every one of them. */
  each(plugin: Plugin, versions: VersionSet): string {
    return eachOf(plugin, this.#relevant(plugin, versions));
  }

  /** That none of them can be installed. */
  none(plugin: Plugin, versions: VersionSet): string {
    return noneOf(plugin, this.#relevant(plugin, versions));
  }

  /** Any one of them. */
  one(plugin: Plugin, versions: VersionSet): string {
    const relevant = this.#relevant(plugin, versions);
    return this.#ranges.get(plugin)?.get(relevant) ?? oneOf(plugin, relevant);
  }

  #relevant(plugin: Plugin, versions: VersionSet): VersionSet {
    const relevant = versions & ~ABSENT & (this.#asked.get(plugin) ?? NOTHING);
    return relevant === NOTHING ? versions & ~ABSENT : relevant;
  }
}

/** "graph-lens ^1"; without a range where any version will do, because nobody wrote a star. */
export function inRange(name: string, range: string): string {
  return range === '*' ? name : `${name} ${range}`;
}
