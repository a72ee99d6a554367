import { compareVersions } from '../../version.ts';
import type { Candidate, Plugin } from './plugin.ts';
import { ABSENT, positionsOf, type VersionSet } from './version-set.ts';

/** Versions and runs of versions that are named one by one; of more than these only the number is told. */
const MAX_PARTS = 3;

/** Versions as the subject of a sentence in the singular: "every lens from 1.0.0 to 1.4.0". */
export function eachOf(plugin: Plugin, versions: VersionSet): string {
  const { parts, count, isAll, origin } = shapeOf(plugin, versions);
  const [only = ''] = parts;
  if (isAll) return `every version of ${plugin.name}${origin}`;
  if (parts.length > MAX_PARTS) return `each of ${count} versions of ${plugin.name}${origin}`;
  if (parts.length > 1) return `each of ${plugin.name} ${list(parts, 'and')}${origin}`;
  return only.includes(' ')
    ? `every ${plugin.name} from ${only}${origin}`
    : `${plugin.name} ${only}${origin}`;
}

/** That none of these versions can be installed: "no lens from 1.0.0 to 1.4.0 can be installed". */
export function noneOf(plugin: Plugin, versions: VersionSet): string {
  const subject = eachOf(plugin, versions);
  const none = subject.replace(/^every /, 'no ').replace(/^each /, 'none ');
  return none === subject ? `${subject} cannot be installed` : `${none} can be installed`;
}

/** Versions of which one is meant: "lens 1.0.0 to 1.4.0", "any version of lens". */
export function oneOf(plugin: Plugin, versions: VersionSet): string {
  const { parts, count, isAll, origin } = shapeOf(plugin, versions);
  if (isAll) return `any version of ${plugin.name}${origin}`;
  if (parts.length > MAX_PARTS) return `any of ${count} versions of ${plugin.name}${origin}`;
  return `${plugin.name} ${list(parts, 'or')}${origin}`;
}

/** "a", "a and b", "a, b and c"; "a, which is long, and b" where a part has a comma itself. */
export function list(parts: readonly string[], conjunction: 'and' | 'or'): string {
  const head = parts.slice(0, -1);
  if (head.length === 0) return parts[0] ?? '';
  const comma = head.some((part) => part.includes(', ')) ? ',' : '';
  return `${head.join(', ')}${comma} ${conjunction} ${parts.at(-1)}`;
}

interface Shape {
  /** Ascending, three or more neighbours drawn together: "1.0.0 to 1.4.0", "2.1.0". */
  readonly parts: readonly string[];
  readonly count: number;
  /** Whether these are all versions of the plugin, or all that the registry of the origin has. */
  readonly isAll: boolean;
  /** Told only where several registries have the plugin. */
  readonly origin: string;
}

function shapeOf(plugin: Plugin, versions: VersionSet): Shape {
  const members = new Set(
    positionsOf(versions & ~ABSENT).flatMap((position) => plugin.candidates[position - 1] ?? []),
  );
  const [registry, ...others] = new Set([...members].map((candidate) => candidate.registry));
  const isFromOne = others.length === 0 && plugin.registries.length > 1;
  const offered = plugin.candidates
    .filter((candidate) => !isFromOne || candidate.registry === registry)
    .toSorted((a, b) => compareVersions(a.version.version, b.version.version));
  return {
    parts: runsOf(offered, members).flatMap(partsOfRun),
    count: members.size,
    isAll: members.size > 1 && members.size === offered.length,
    origin: isFromOne ? ` from the registry ${registry}` : '',
  };
}

function runsOf(
  offered: readonly Candidate[],
  members: ReadonlySet<Candidate>,
): readonly (readonly Candidate[])[] {
  const runs: Candidate[][] = [[]];
  for (const candidate of offered) {
    if (members.has(candidate)) runs.at(-1)?.push(candidate);
    else if (runs.at(-1)?.length !== 0) runs.push([]);
  }
  return runs;
}

function partsOfRun(run: readonly Candidate[]): readonly string[] {
  const versions = run.map(({ version }) => version.version);
  return versions.length < 3 ? versions : [`${versions[0]} to ${versions.at(-1)}`];
}
