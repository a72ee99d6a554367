import { excludedBecause, fits, type Held, inOrderOfPreference } from './candidates.ts';
import { type Ask, type DeadEnd, type Rejection, refusal, unknownPlugin } from './dead-end.ts';
import { SheafError } from './errors.ts';
import { LIMITS } from './limits.ts';
import type { PluginName } from './plugin-name.ts';
import type { VersionRecord } from './records.ts';
import type { Offer, ResolutionProblem } from './resolve.ts';

/** What was decided about one plugin: a version of an offer, or that the installation does without it. */
export type Decision =
  | { readonly name: PluginName; readonly offer: Offer; readonly version: VersionRecord }
  | { readonly name: PluginName; readonly offer: undefined; readonly version: undefined };

/** A set of decisions under which no solution exists, and why. */
interface Conflict {
  readonly names: ReadonlySet<PluginName>;
  readonly deadEnd: DeadEnd;
}

/** A conflict that was seen, with what was decided then, as {@link literalOf} writes it. */
interface Nogood {
  readonly literals: ReadonlyMap<PluginName, string>;
  readonly deadEnd: DeadEnd;
}

/** Why one option is out: the decisions to blame, and what to tell. */
interface Objection {
  readonly blame: Iterable<PluginName>;
  readonly rejection: Rejection;
}

/**
 * Depth-first search over versions with conflict-directed backjumping and a memory of conflicts
 * (P. Prosser, "Hybrid algorithms for the constraint satisfaction problem", 1993; nogoods as in R. Dechter,
 * "Enhancement schemes for constraint processing", 1990). Every failure names the decisions that caused it;
 * the search returns to the latest of those and never enters the same combination again. Skipping is only
 * ever of subtrees without a solution, so the result is that of plain backtracking.
 */
export class Search {
  readonly #problem: ResolutionProblem;
  readonly #offers = new Map<string, Promise<Offer | undefined>>();
  /** In the order in which plugins were first asked for. */
  readonly #asks = new Map<PluginName, Ask[]>();
  readonly #decisions = new Map<PluginName, Decision>();
  /** By the name of one of the decisions they hold. */
  readonly #nogoods = new Map<PluginName, Nogood[]>();
  #steps = 0;

  constructor(problem: ResolutionProblem) {
    this.#problem = problem;
  }

  /** The decisions of a solution. */
  async run(): Promise<readonly Decision[]> {
    const wanted = this.#problem.wanted.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
    for (const { name, registry } of wanted) this.#prefetch(name, registry);
    for (const { name, range, registry, optional = false } of wanted) {
      const offer = await this.#offer(name, registry);
      if (offer === undefined && optional) continue;
      if (offer === undefined) throw unknownPlugin(name, registry);
      this.#ask(name, { by: undefined, range, registry: offer.registry, optional });
    }
    const conflict = await this.#solve();
    if (conflict !== undefined) throw refusal(conflict.deadEnd);
    return [...this.#decisions.values()];
  }

  /** Decides everything that is still open; undefined when that worked. */
  async #solve(): Promise<Conflict | undefined> {
    const name = this.#nextOpen();
    if (name === undefined) return undefined;
    const asks = [...(this.#asks.get(name) ?? [])];
    const registry = asks[0]?.registry;
    const offer = await this.#offer(name, registry);
    const required = asks.find((ask) => !ask.optional);
    const blamed = new Set<PluginName>();
    const rejections: Rejection[] = [];
    const object = ({ blame, rejection }: Objection) => {
      for (const culprit of blame) if (culprit !== name) blamed.add(culprit);
      rejections.push(rejection);
    };

    for (const decision of this.#options(name, offer, required === undefined)) {
      if (++this.#steps > LIMITS.resolutionSteps) throw tooHard();
      const objection = this.#objection(decision, asks);
      if (objection !== undefined) {
        object(objection);
        continue;
      }
      this.#decide(decision);
      const below = await this.#solve();
      if (below === undefined) return undefined;
      this.#undo(decision);
      // The failure below has nothing to do with this plugin: no other version of it would help.
      if (!below.names.has(name)) return below;
      object({
        blame: below.names,
        rejection: { version: decision.version?.version, because: below.deadEnd },
      });
    }

    // The plugin is only in the picture because of who asks for it, and its versions come from the registry
    // that the first of them names.
    for (const ask of [asks[0], required]) if (ask?.by !== undefined) blamed.add(ask.by.name);
    const deadEnd: DeadEnd = { name, registry, asks, record: offer?.record, rejections };
    this.#remember(blamed, deadEnd);
    return { names: blamed, deadEnd };
  }

  /** Plugins that must be there come before those that may be, each in the order of asking. */
  #nextOpen(): PluginName | undefined {
    let optional: PluginName | undefined;
    for (const [name, asks] of this.#asks) {
      if (this.#decisions.has(name)) continue;
      if (asks.some((ask) => !ask.optional)) return name;
      optional ??= name;
    }
    return optional;
  }

  *#options(name: PluginName, offer: Offer | undefined, withoutIt: boolean): Iterable<Decision> {
    if (offer !== undefined) {
      for (const version of inOrderOfPreference(offer.record, this.#held(name)))
        yield { name, offer, version };
    }
    if (withoutIt) yield { name, offer: undefined, version: undefined };
  }

  #objection(decision: Decision, asks: readonly Ask[]): Objection | undefined {
    if (decision.version === undefined) return this.#seenConflict(decision);
    return this.#unwanted(decision, asks) ?? this.#unfitting(decision) ?? this.#seenConflict(decision);
  }

  /** A version that cannot be chosen here at all, or that somebody who asks does not want. */
  #unwanted(
    { name, offer, version }: Decision & { offer: Offer },
    asks: readonly Ask[],
  ): Objection | undefined {
    if (version === undefined) return undefined;
    const held = this.#held(name);
    // What the file of the project says blames nobody, so it is the cheapest reason.
    const inOrder = asks.toSorted((a, b) => Number(a.by !== undefined) - Number(b.by !== undefined));
    const against = inOrder.find(
      (ask) => ask.registry !== offer.registry || !fits(version, ask.range, held, this.#problem),
    );
    if (against !== undefined) {
      return {
        blame: against.by === undefined ? [] : [against.by.name],
        rejection: { version: version.version, because: 'range' },
      };
    }
    const excluded = excludedBecause(version, held, this.#problem);
    if (excluded === undefined) return undefined;
    return { blame: [], rejection: { version: version.version, because: { excluded } } };
  }

  /** A version whose own dependencies contradict what is decided already. */
  #unfitting({ name, offer, version }: Decision & { offer: Offer }): Objection | undefined {
    if (version === undefined) return undefined;
    for (const [dependency, { range, registry, optional }] of dependenciesOf(version)) {
      const decided = dependency === name ? { name, offer, version } : this.#decisions.get(dependency);
      if (decided === undefined || (decided.version === undefined && optional)) continue;
      const isMet =
        decided.version !== undefined &&
        decided.offer.registry === (registry ?? offer.registry) &&
        fits(decided.version, range, this.#held(dependency), this.#problem);
      if (isMet) continue;
      const asks = dependency === name ? [] : (this.#asks.get(dependency) ?? []);
      return {
        blame: [dependency],
        rejection: { version: version.version, because: { needs: dependency, range, asks: [...asks] } },
      };
    }
    return undefined;
  }

  #seenConflict(decision: Decision): Objection | undefined {
    const literal = literalOf(decision);
    for (const { literals, deadEnd } of this.#nogoods.get(decision.name) ?? []) {
      if (literals.get(decision.name) !== literal) continue;
      const holds = [...literals].every(([name, other]) => {
        if (name === decision.name) return true;
        const decided = this.#decisions.get(name);
        return decided !== undefined && literalOf(decided) === other;
      });
      if (holds) {
        return {
          blame: literals.keys(),
          rejection: { version: decision.version?.version, because: deadEnd },
        };
      }
    }
    return undefined;
  }

  #remember(names: ReadonlySet<PluginName>, deadEnd: DeadEnd): void {
    const literals = new Map<PluginName, string>();
    for (const name of names) {
      const decided = this.#decisions.get(name);
      if (decided !== undefined) literals.set(name, literalOf(decided));
    }
    for (const name of names) {
      const known = this.#nogoods.get(name);
      if (known === undefined) this.#nogoods.set(name, [{ literals, deadEnd }]);
      else known.push({ literals, deadEnd });
    }
  }

  #decide(decision: Decision): void {
    const { name, offer, version } = decision;
    this.#decisions.set(name, decision);
    if (version === undefined) return;
    const by = { name, version: version.version };
    for (const [dependency, { range, registry, optional }] of dependenciesOf(version)) {
      if (dependency === name) continue;
      this.#prefetch(dependency, registry ?? offer.registry);
      this.#ask(dependency, { by, range, registry: registry ?? offer.registry, optional });
    }
  }

  #undo({ name, version }: Decision): void {
    this.#decisions.delete(name);
    if (version === undefined) return;
    for (const [dependency] of dependenciesOf(version)) {
      if (dependency === name) continue;
      const asks = this.#asks.get(dependency);
      asks?.pop();
      if (asks?.length === 0) this.#asks.delete(dependency);
    }
  }

  #ask(name: PluginName, ask: Ask): void {
    const asks = this.#asks.get(name);
    if (asks === undefined) this.#asks.set(name, [ask]);
    else asks.push(ask);
  }

  #held(name: PluginName): Held {
    const { locked, update } = this.#problem;
    return { locked: locked.get(name), update: update === 'all' || update.has(name) };
  }

  #offer(name: PluginName, registry: string | undefined): Promise<Offer | undefined> {
    const key = `${registry ?? ''}/${name}`;
    const known = this.#offers.get(key);
    if (known !== undefined) return known;
    const offer = this.#problem.offer(name, registry);
    this.#offers.set(key, offer);
    return offer;
  }

  /** Starts looking a plugin up, so that one round trip serves all that are needed next. */
  #prefetch(name: PluginName, registry: string | undefined): void {
    // Whoever awaits the same promise later gets the error; here it must not count as unhandled.
    this.#offer(name, registry).catch(() => undefined);
  }
}

/**
 * What tells two decisions about one plugin apart. The registry belongs to it: two registries may have the
 * same version of the same name, and what is impossible with the one may be possible with the other.
 */
function literalOf(decision: Decision): string {
  return decision.version === undefined ? '' : `${decision.offer.registry} ${decision.version.version}`;
}

function dependenciesOf(version: VersionRecord): [PluginName, VersionRecord['dependencies'][PluginName]][] {
  return Object.entries(version.dependencies) as [PluginName, VersionRecord['dependencies'][PluginName]][];
}

function tooHard(): SheafError {
  return new SheafError(
    'SHEAF_RESOLUTION',
    `No set of versions was found in ${LIMITS.resolutionSteps} steps; the ranges contradict each other too often.`,
    { hint: 'Narrow the ranges in sheaf.toml, or install fewer plugins at once.' },
  );
}
