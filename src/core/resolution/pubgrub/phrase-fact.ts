import {
  type Asked,
  type Dependency,
  type Fact,
  isRoutedAway,
  type Need,
  type Present,
  type Wanted,
} from './fact.ts';
import { list } from './phrase-versions.ts';
import type { Plugin } from './plugin.ts';
import { inRange, type Wording } from './wording.ts';

/** A fact as one or two clauses without capital and full stop: "lens 1.0.0 needs users ^1". */
export function phraseFact(fact: Fact, wording: Wording): readonly string[] {
  if (fact.kind === 'wanted') return [phraseWanted(fact), ...phraseLack(fact.asked)];
  if (fact.kind === 'dependency')
    return [phraseDependency(fact, wording), ...phraseLack(fact.asked, fact.plugin)];
  if (fact.kind === 'need') return [phraseNeed(fact, wording)];
  if (fact.kind === 'present') return [phrasePresent(fact)];
  return [`${wording.each(fact.plugin, fact.versions)} ${fact.reason}`];
}

function phraseNeed({ plugin, versions, host: { kind, name }, demand }: Need, wording: Wording): string {
  return `${wording.each(plugin, versions)} ${kind === 'engine' ? `needs ${name}` : 'runs only on'} ${demand}`;
}

function phrasePresent({ host: { kind, name, present } }: Present): string {
  return kind === 'engine' ? `${name} ${present} is present` : `this is ${present}`;
}

/** Several facts as clauses; what is wanted comes last and together: "lens ^1 and map ^2 are wanted". */
export function phraseFacts(facts: readonly Fact[], wording: Wording): readonly string[] {
  const plain = facts.filter((fact) => fact.kind === 'wanted').filter(isPlain);
  const others = facts
    .filter((fact) => !plain.some((one) => one === fact))
    .flatMap((fact) => phraseFact(fact, wording));
  if (plain.length < 2) return [...others, ...plain.flatMap((fact) => phraseFact(fact, wording))];
  return [
    ...others,
    `${list(
      plain.map(({ asked }) => targetOf(asked)),
      'and',
    )} are wanted`,
  ];
}

function isPlain({ asked }: Wanted): boolean {
  return !asked.optional && asked.lacking === undefined;
}

function phraseWanted({ asked }: Wanted): string {
  return asked.optional
    ? `${targetOf(asked)} is wanted or no ${asked.plugin.name} at all`
    : `${targetOf(asked)} is wanted`;
}

function phraseDependency({ plugin, versions, asked }: Dependency, wording: Wording): string {
  return `${wording.each(plugin, versions)} ${asked.optional ? 'works only with' : 'needs'} ${targetOf(asked)}`;
}

/** Why nothing fits; a registry that `by` does not come from may also not be configured. */
function phraseLack(asked: Asked, by?: Plugin): readonly string[] {
  const { plugin, range, registry, lacking } = asked;
  if (lacking === undefined) return [];
  if (isRoutedAway(asked)) return [`the routes do not let ${plugin.name} come from the registry ${registry}`];
  if (lacking === 'version') return [`no version of ${plugin.name} is in ${range}`];
  if (registry === undefined) return [`no configured registry has a plugin named ${plugin.name}`];
  const isKnown = by === undefined || by.registries.includes(registry);
  return [
    `the registry ${registry} ${isKnown ? '' : 'is not configured or '}has no plugin named ${plugin.name}`,
  ];
}

/** What is asked for; with the registry only where there are several to confuse. */
function targetOf({ plugin, range, registry }: Asked): string {
  const origin =
    registry !== undefined && plugin.registries.length > 1 ? ` from the registry ${registry}` : '';
  return `${inRange(plugin.name, range)}${origin}`;
}
