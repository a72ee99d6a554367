import type { Tier } from '../core/formats/manifest.ts';
import { foldName, type PluginName, pluginName } from '../core/plugin-name.ts';
import type { Version, VersionRange } from '../core/version.ts';
import { createVocabulary, type Vocabulary } from './generated-words.ts';
import { type SeededRandom, seededRandom } from './random.ts';

/** What a generated plugin is, before anything is written or signed. */
export interface PluginShape {
  readonly name: PluginName;
  readonly category: string;
  readonly owner: string;
  readonly description: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly tier: Tier;
  readonly capabilities: readonly string[];
  readonly languages: readonly string[];
  readonly engines: Readonly<Record<string, string>>;
  /** Plugin name to range; the releases there are satisfy it. */
  readonly dependencies: Readonly<Record<string, VersionRange>>;
  /** Ascending. */
  readonly versions: readonly [Version, ...Version[]];
  readonly yanked: readonly Version[];
  readonly deprecated: boolean;
  /** Whether a release is an archive of several files; a single WebAssembly module otherwise. */
  readonly isArchive: boolean;
  readonly downloads: number;
  /** The registry's score, points of 100. */
  readonly score: number;
}

/** A registry as numbers and words: the same for the same size and seed, each plugin independent of the others. */
export interface RegistryShape {
  readonly names: readonly PluginName[];
  readonly owners: readonly string[];
  /** The plugin at a position of `names`. */
  plugin(position: number): PluginShape;
}

const CATEGORIES = [
  'integrations',
  'visualizers',
  'query-extensions',
  'context-generators',
  'executors',
] as const;
const LICENSES = ['MIT', 'MIT', 'Apache-2.0', 'MIT OR Apache-2.0', 'BSD-3-Clause', 'MPL-2.0'] as const;
const LANGUAGES = [
  'rust',
  'typescript',
  'python',
  'go',
  'java',
  'c',
  'cpp',
  'ruby',
  'kotlin',
  'zig',
] as const;
const CAPABILITIES = ['query', 'read-isg', 'storage', 'read-files', 'network', 'write-files'] as const;

/** The most releases of one plugin. */
const MAX_RELEASES = 120;

/** Shapes a registry of so many plugins. */
export function registryShape(plugins: number, seed: string): RegistryShape {
  const vocabulary = createVocabulary(plugins);
  const names = makeNames(plugins, seed, vocabulary);
  const owners = makeOwners(plugins);
  const versionsOf = (position: number): PluginShape['versions'] =>
    makeVersions(seededRandom(`${seed} versions ${position}`));
  return {
    names,
    owners,
    plugin(position) {
      const name = names[position];
      if (name === undefined) throw new RangeError(`The registry has no plugin ${position}.`);
      const random = seededRandom(`${seed} plugin ${position}`);
      const versions = versionsOf(position);
      return {
        name,
        category: CATEGORIES[random.rank(CATEGORIES.length)] ?? CATEGORIES[0],
        // The square makes some owners large: the first of 10,000 has a hundredth of all plugins.
        owner: owners[Math.floor(owners.length * random.next() ** 2)] ?? '',
        description: makeDescription(random, vocabulary),
        keywords: distinct(random.below(6), () => vocabulary.word(random)),
        license: random.pick(LICENSES),
        tier: random.chance(0.02) ? 'native' : 'wasm',
        capabilities: distinct(
          random.below(4),
          () => CAPABILITIES[random.rank(CAPABILITIES.length)] ?? 'query',
        ),
        languages: random.chance(0.3) ? [random.pick(LANGUAGES)] : [],
        engines: makeEngines(random),
        dependencies: makeDependencies(random, position, names, versionsOf),
        versions,
        yanked: versions.length > 2 && random.chance(0.03) ? versions.slice(0, 1) : [],
        deprecated: random.chance(0.02),
        isArchive: random.chance(0.15),
        downloads: Math.floor(10 ** (random.next() * 3 + (position < plugins / 50 ? 3 : 0))),
        score: 60 + random.below(41),
      };
    },
  };
}

/** The version that follows another one: mostly a fix, sometimes a feature, seldom a break. */
export function nextVersion(version: Version, random: SeededRandom): Version {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  const dice = random.next();
  const next =
    dice < 0.7
      ? `${major}.${minor}.${patch + 1}`
      : dice < 0.95
        ? `${major}.${minor + 1}.0`
        : `${major + 1}.0.0`;
  return next as Version;
}

function makeNames(plugins: number, seed: string, vocabulary: Vocabulary): readonly PluginName[] {
  const random = seededRandom(`${seed} names`);
  const names: PluginName[] = [];
  // Two names that differ in hyphens only are one name to a registry.
  const taken = new Set<string>();
  while (names.length < plugins) {
    const parts = Array.from({ length: random.chance(0.6) ? 2 : 3 }, () => vocabulary.word(random));
    const name = pluginName(parts.join('-'));
    if (taken.has(foldName(name))) continue;
    taken.add(foldName(name));
    names.push(name);
  }
  return names;
}

function makeOwners(plugins: number): readonly string[] {
  return Array.from({ length: Math.ceil(plugins ** 0.85) }, (_, position) => `owner-${position + 1}`);
}

/** About 3.7 releases in the mean, most plugins with one: a Pareto distribution, cut off. */
function makeVersions(random: SeededRandom): PluginShape['versions'] {
  const count = Math.min(MAX_RELEASES, Math.floor((1 - random.next()) ** (-1 / 1.2)));
  let version = (random.chance(0.5) ? '0.1.0' : '1.0.0') as Version;
  const versions: [Version, ...Version[]] = [version];
  while (versions.length < count) {
    version = nextVersion(version, random);
    versions.push(version);
  }
  return versions;
}

function makeDescription(random: SeededRandom, vocabulary: Vocabulary): string {
  const text = Array.from({ length: 5 + random.below(10) }, () => vocabulary.word(random)).join(' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function makeEngines(random: SeededRandom): Readonly<Record<string, string>> {
  if (random.chance(0.3)) return {};
  const range = random.pick(['>=0.3.0', '>=0.3.0 <2', '>=0.4.0', '^0.4.0', '>=0.2.0 <1']);
  return { parseltongue: range };
}

/** Two plugins of five need others, older ones and the first most of all: hubs, no cycles, and many leaves. */
function makeDependencies(
  random: SeededRandom,
  position: number,
  names: readonly PluginName[],
  versionsOf: (position: number) => PluginShape['versions'],
): PluginShape['dependencies'] {
  if (position === 0 || !random.chance(0.4)) return {};
  const targets = distinct(1 + random.below(4), () => random.rank(position));
  return Object.fromEntries(targets.map((target) => [names[target], rangeOver(versionsOf(target), random)]));
}

/** A range that the newest release satisfies, in one of the forms that people write. */
function rangeOver(versions: PluginShape['versions'], random: SeededRandom): VersionRange {
  const newest = versions.at(-1) ?? versions[0];
  const [major = 0, minor = 0] = newest.split('.').map(Number);
  const ranges = [
    `^${newest}`,
    `>=${major}.0.0 <${major + 1}.0.0`,
    `^${major}.${minor}.0`,
    `>=${versions[0]}`,
  ] as const;
  return random.pick(ranges) as VersionRange;
}

/** Up to `count` different values. */
function distinct<T>(count: number, make: () => T): readonly T[] {
  return [...new Set(Array.from({ length: count }, make))];
}
