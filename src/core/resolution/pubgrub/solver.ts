import type { Requirement } from '../resolve.ts';
import type { Catalogue } from './catalogue.ts';
import { learnFrom } from './conflict.ts';
import { DecisionOrder } from './decision-order.ts';
import { type Demand, demandOf, demandsOf } from './demand.ts';
import type { Incompatibility, Package } from './incompatibility.ts';
import { PartialSolution } from './partial-solution.ts';
import type { Candidate } from './plugin.ts';
import { isSubset } from './version-set.ts';

/** A solution, or the incompatibility without terms whose derivation proves that there is none. */
export type Outcome =
  | { readonly kind: 'solved'; readonly decisions: readonly Candidate[] }
  | { readonly kind: 'failed'; readonly failure: Incompatibility };

/**
 * Looks for one version of every plugin that is needed ("PubGrub: Next-Generation Version Solving", N. Weizenbaum,
 * 2018). Complete: it solves what can be solved. Of several solutions it gives the one in which no plugin could be
 * at a version it prefers without changing one that chose before it, in the order of {@link DecisionOrder}.
 *
 * @throws SheafError `SHEAF_RESOLUTION` when the budget is spent; whatever a look-up throws.
 */
export function solve(catalogue: Catalogue, wanted: readonly Requirement[]): Promise<Outcome> {
  return new Solver(catalogue, wanted).run();
}

class Solver {
  readonly #catalogue: Catalogue;
  readonly #wanted: readonly Requirement[];
  readonly #solution: PartialSolution;
  readonly #order: DecisionOrder;
  readonly #known = new Map<Package, Incompatibility[]>();
  readonly #stated = new Set<object>();
  #failure: Incompatibility | undefined;

  constructor(catalogue: Catalogue, wanted: readonly Requirement[]) {
    this.#catalogue = catalogue;
    this.#wanted = wanted.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
    this.#solution = new PartialSolution(catalogue.budget);
    const required = wanted.filter(({ optional = false }) => !optional);
    this.#order = new DecisionOrder(new Set(required.map(({ name }) => name)));
  }

  async run(): Promise<Outcome> {
    let changed: readonly Package[] = await this.#wantAll();
    for (;;) {
      this.#propagate(changed);
      if (this.#failure !== undefined) return { kind: 'failed', failure: this.#failure };
      const next = this.#order.next(this.#solution, (candidate) =>
        this.#catalogue.anticipateDependencies(candidate),
      );
      if (next === undefined) return { kind: 'solved', decisions: this.#solution.decisions };
      await this.#consider(next);
      changed = [next.plugin];
    }
  }

  /** States what is wanted, and gives the packages that this concerns. */
  async #wantAll(): Promise<readonly Package[]> {
    for (const { name, registry } of this.#wanted) this.#catalogue.anticipate(name, registry);
    for (const requirement of this.#wanted) this.#meet(await demandOf(requirement, this.#catalogue));
    return [...this.#known.keys()];
  }

  /**
   * States what a candidate depends on, and decides on it unless that alone breaks something: then propagation
   * rules it out, together with every other version that has the same fault.
   */
  async #consider(candidate: Candidate): Promise<void> {
    const shared = this.#catalogue.dependencies(candidate).filter((one) => !this.#stated.has(one));
    for (const one of shared) this.#stated.add(one);
    const demands = await demandsOf(candidate, shared, this.#catalogue);
    for (const demand of demands) this.#meet(demand);
    if (demands.every(({ fact }) => fact === undefined || !this.#wouldViolate(candidate, fact))) {
      this.#solution.decide(candidate);
    }
  }

  #wouldViolate({ plugin }: Candidate, { terms }: Incompatibility): boolean {
    return terms.every(
      ({ package: of, set }) => of === plugin || isSubset(this.#solution.remaining(of), set),
    );
  }

  #meet({ fact, shelves }: Demand): void {
    for (const shelf of shelves) {
      if (this.#stated.has(shelf)) continue;
      this.#stated.add(shelf);
      for (const exclusion of shelf.exclusions) this.#add(exclusion);
    }
    if (fact !== undefined) this.#add(fact);
  }

  #add(incompatibility: Incompatibility): void {
    if (incompatibility.terms.length === 0) this.#failure ??= incompatibility;
    for (const { package: of } of incompatibility.terms) {
      const known = this.#known.get(of);
      if (known === undefined) this.#known.set(of, [incompatibility]);
      else known.push(incompatibility);
    }
  }

  /** Draws every conclusion from what changed, and goes back wherever two of them contradict each other. */
  #propagate(changed: readonly Package[]): void {
    let open = new Set(changed);
    while (this.#failure === undefined) {
      const [of] = open;
      if (of === undefined) return;
      open.delete(of);
      const violated = this.#concludeFrom(of, open);
      if (violated !== undefined) open = new Set(this.#learn(violated));
    }
  }

  /** Refutes what the changed package leaves no room for; gives the first incompatibility that is violated. */
  #concludeFrom(changed: Package, open: Set<Package>): Incompatibility | undefined {
    // The newest first: what was learned last says most about where the search is.
    const known = this.#known.get(changed) ?? [];
    for (let index = known.length - 1; index >= 0; index--) {
      const incompatibility = known[index];
      if (incompatibility === undefined) continue;
      const verdict = this.#solution.judge(incompatibility);
      if (verdict === undefined) continue;
      if (verdict === 'violated') return incompatibility;
      this.#solution.derive({ package: verdict.package, set: ~verdict.set }, incompatibility);
      open.add(verdict.package);
    }
    return undefined;
  }

  /** Goes back to where a violated incompatibility teaches something, and gives what changes there. */
  #learn(violated: Incompatibility): readonly Package[] {
    const { learned, level } = learnFrom(violated, this.#solution);
    if (learned !== violated) this.#add(learned);
    if (level === undefined) return [];
    this.#solution.backtrack(level);
    return learned.terms.slice(0, 1).map((term) => term.package);
  }
}
