import type { PluginName } from '../../plugin-name.ts';
import type { Offer, ResolutionProblem } from '../resolve.ts';
import type { Budget } from './budget.ts';
import type { Incompatibility } from './incompatibility.ts';
import { type Candidate, Plugin } from './plugin.ts';
import { dependenciesOf, type SharedDependency, shareDependencies } from './shared-dependencies.ts';
import { unavailable } from './unavailable.ts';

/** A plugin as one registry offers it. */
export interface Shelf {
  readonly plugin: Plugin;
  readonly registry: string;
  /** Why some of its versions can never be chosen. */
  readonly exclusions: readonly Incompatibility[];
}

/**
 * The plugins of a problem, looked up when they are first needed and kept: several searches over the same problem
 * share one catalogue, and with it the meaning of every version set.
 */
export class Catalogue {
  readonly problem: ResolutionProblem;
  readonly budget: Budget;
  readonly #plugins = new Map<PluginName, Plugin>();
  readonly #offers = new Map<string, Promise<Offer | undefined>>();
  readonly #shelves = new Map<string, Shelf>();
  readonly #dependencies = new Map<Candidate, readonly SharedDependency[]>();
  readonly #anticipated = new Set<Candidate>();

  constructor(problem: ResolutionProblem, budget: Budget) {
    this.problem = problem;
    this.budget = budget;
  }

  /** The plugin of a name; it need not exist anywhere. */
  plugin(name: PluginName): Plugin {
    const known = this.#plugins.get(name);
    if (known !== undefined) return known;
    const { locked, update, prereleases } = this.problem;
    const keeps = update !== 'all' && !update.has(name);
    const plugin = new Plugin(name, { locked: locked.get(name), keeps, prereleases }, this.budget);
    this.#plugins.set(name, plugin);
    return plugin;
  }

  /** What a registry has of a plugin, or the first one that has it; undefined when there is none. */
  async shelf(name: PluginName, registry: string | undefined): Promise<Shelf | undefined> {
    const offer = await this.#offer(name, registry);
    if (offer === undefined) return undefined;
    const key = `${offer.registry}/${name}`;
    const known = this.#shelves.get(key);
    if (known !== undefined) return known;
    const plugin = this.plugin(name);
    const exclusions = unavailable(plugin.admit(offer), this.problem);
    const shelf = { plugin, registry: offer.registry, exclusions };
    this.#shelves.set(key, shelf);
    return shelf;
  }

  /** What a candidate depends on; each with all the versions of the same registry that depend on it alike. */
  dependencies(candidate: Candidate): readonly SharedDependency[] {
    const known = this.#dependencies.get(candidate);
    if (known !== undefined) return known;
    const { plugin, registry } = candidate;
    const siblings = plugin.candidates.filter((other) => other.registry === registry);
    for (const [sibling, dependencies] of shareDependencies(siblings)) {
      this.#dependencies.set(sibling, dependencies);
    }
    return this.#dependencies.get(candidate) ?? [];
  }

  /** Starts a look-up, so that one round trip serves all that are needed next. */
  anticipate(name: PluginName, registry: string | undefined): void {
    // Whoever awaits the same promise later gets the error; here it must not count as unhandled.
    this.#offer(name, registry).catch(() => undefined);
  }

  /** Starts to look up what a candidate depends on, in case it is chosen. */
  anticipateDependencies(candidate: Candidate): void {
    if (this.#anticipated.has(candidate)) return;
    this.#anticipated.add(candidate);
    for (const [name, { registry }] of dependenciesOf(candidate)) {
      this.anticipate(name, registry ?? candidate.registry);
    }
  }

  #offer(name: PluginName, registry: string | undefined): Promise<Offer | undefined> {
    const key = `${registry ?? ''}/${name}`;
    const known = this.#offers.get(key);
    if (known !== undefined) return known;
    // Where a name may not come from, it is not even asked for: the question alone would give it away.
    const isAway = registry !== undefined && this.problem.routes?.(name)?.includes(registry) === false;
    const offer = isAway ? Promise.resolve(undefined) : this.problem.offer(name, registry);
    this.#offers.set(key, offer);
    return offer;
  }
}
