import type { PluginName } from '../../plugin-name.ts';
import type { VersionRange } from '../../version.ts';
import type { Requirement } from '../resolve.ts';
import type { Catalogue } from './catalogue.ts';
import { type Asked, type Fact, isRoutedAway, type Wanted } from './fact.ts';
import { list } from './phrase-versions.ts';
import type { Candidate } from './plugin.ts';
import { solve } from './solver.ts';
import { Wording } from './wording.ts';

/** Wanted plugins of which a change is tried; each trial is a resolution of its own. */
const MAX_TRIALS = 6;

const ANY_VERSION = '*' as VersionRange;

/**
 * What a person can do about a failure, as sentences. A change of what is wanted is only proposed when the problem
 * was solved with it.
 *
 * @param facts what the proof of the failure rests on.
 */
export async function waysOut(facts: readonly Fact[], catalogue: Catalogue): Promise<string> {
  const { wanted } = catalogue.problem;
  const culprits = facts
    .filter((fact) => fact.kind === 'wanted')
    // Not to want what no registry has is no way to get it: its name is wrong, or a registry is missing.
    .filter(({ asked }) => !asked.optional && asked.lacking !== 'plugin')
    .toSorted((a, b) => (a.asked.plugin.name < b.asked.plugin.name ? -1 : 1))
    .slice(0, MAX_TRIALS);
  const wording = new Wording(facts);
  const removals: PluginName[] = [];
  const versions: string[] = [];
  for (const { requirement } of culprits) {
    const others = wanted.filter((other) => other !== requirement);
    const trial = (changed: readonly Requirement[]) => solutionOf(changed, catalogue);
    if (others.length > 0 && (await trial(others)) !== undefined) removals.push(requirement.name);
    const solution = await trial([...others, { ...requirement, range: ANY_VERSION }]);
    const chosen = solution?.find(({ plugin }) => plugin.name === requirement.name);
    if (chosen !== undefined) versions.push(`${requirement.name}@${chosen.version.version}`);
  }
  const sentences = [
    ...changes(removals, versions),
    ...facts.flatMap((fact) => adviceOn(fact, wording)),
    ...adviceOnRegistries(facts),
  ];
  const distinct = [...new Set(sentences)];
  return distinct.length === 0 ? FALLBACK : distinct.join(' ');
}

const FALLBACK = 'Change one of these ranges in sheaf.toml, or remove one of the plugins that state them.';

/** The solution of a changed problem; undefined also when there is no telling any more. */
async function solutionOf(
  wanted: readonly Requirement[],
  catalogue: Catalogue,
): Promise<readonly Candidate[] | undefined> {
  // Advice is a courtesy: a look-up that fails, or a spent budget, must not hide why resolution failed.
  const outcome = await solve(catalogue, wanted).catch(() => undefined);
  return outcome?.kind === 'solved' ? outcome.decisions : undefined;
}

function changes(removals: readonly string[], versions: readonly string[]): readonly string[] {
  const use = versions.length === 0 ? [] : [`use ${list(versions, 'or')}`];
  const remove = removals.length === 0 ? [] : [`remove ${list(removals, 'or')}`];
  const [first = '', ...rest] = [...use, ...remove];
  if (first === '') return [];
  return [`${first.charAt(0).toUpperCase()}${first.slice(1)}${rest.map((one) => `, or ${one}`).join('')}.`];
}

/** What one fact suggests. */
function adviceOn(fact: Fact, wording: Wording): readonly string[] {
  if (fact.kind === 'need' && fact.host.kind === 'engine') {
    const { plugin, versions, host, demand } = fact;
    return [`A ${host.name} in ${demand} would admit ${wording.each(plugin, versions)}.`];
  }
  if (fact.kind !== 'wanted' && fact.kind !== 'dependency') return [];
  if (isRoutedAway(fact.asked)) return [adviceOnRoute(fact.asked)];
  if (fact.asked.lacking === 'plugin') return [MISSING];
  return fact.kind === 'wanted' ? adviceOnPrerelease(fact) : [];
}

function adviceOnRoute({ plugin, routed = [] }: Asked): string {
  return `The routes have ${plugin.name} come from ${list(routed, 'or') || 'nowhere'}; change that only if you trust both.`;
}

const MISSING =
  'Check the name with "sheaf search", or add the registry that has it with "sheaf registry add URL".';

function adviceOnPrerelease({ asked: { plugin, registry, range, lacking } }: Wanted): readonly string[] {
  if (lacking !== 'version' || registry === undefined) return [];
  const missed = plugin.missedPrerelease(registry, range);
  if (missed === undefined) return [];
  return [`Only a pre-release would fit: ${plugin.name}@${missed.version.version}.`];
}

/** One name that is asked for from two registries. */
function adviceOnRegistries(facts: readonly Fact[]): readonly string[] {
  const asked = facts.flatMap((fact): Asked[] =>
    fact.kind === 'wanted' || fact.kind === 'dependency' ? [fact.asked] : [],
  );
  const torn = asked.find(({ plugin, registry }) =>
    asked.some((other) => other.plugin === plugin && other.registry !== registry),
  );
  if (torn === undefined) return [];
  return [`Only one plugin named ${torn.plugin.name} can be installed: decide for one registry.`];
}
