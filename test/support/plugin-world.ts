import { sha256 } from '../../src/core/digest.ts';
import { SheafError } from '../../src/core/errors.ts';
import type { PluginDependency } from '../../src/core/formats/manifest.ts';
import type { ReleasesRecord, VersionRecord } from '../../src/core/index/records.ts';
import { type PluginName, pluginName } from '../../src/core/plugin-name.ts';
import {
  type LockedRelease,
  type Offer,
  type Requirement,
  type ResolutionProblem,
  resolve,
} from '../../src/core/resolution/resolve.ts';
import { compareVersions, type Version, type VersionRange } from '../../src/core/version.ts';

/** A range; without a registry, or with an empty one, of the registry of the plugin that depends. */
export type Dependency = string | { range: string; registry?: string; optional?: boolean };

/** What is special about a version. */
export type Release = Partial<Omit<VersionRecord, 'dependencies' | 'version'>> & {
  needs?: Record<string, Dependency>;
};

/** Registry id → plugin name → version → what is special about it. */
export type World = Record<string, Record<string, Record<string, Release>>>;

/** Plugin name → range, or a requirement without its name. */
export type Wanted = Record<string, string | Omit<Requirement, 'name'>>;

export type More = Partial<ResolutionProblem> & {
  /** Plugin name → "1.0.0 from main"; without a registry the first of the world. */
  lock?: Record<string, string>;
};

/** What resolution is asked in a world of plugins. */
export function problemIn(
  world: World,
  wanted: Wanted,
  { lock = {}, ...more }: More = {},
): ResolutionProblem {
  const offers = new Map<string, Offer>();
  for (const [registry, plugins] of Object.entries(world)) {
    for (const [name, releases] of Object.entries(plugins)) {
      offers.set(`${registry}/${name}`, { registry, record: recordOf(registry, name, releases) });
    }
  }
  const offer = (name: PluginName, registry: string | undefined): Promise<Offer | undefined> => {
    const ids = registry === undefined ? Object.keys(world) : [registry];
    const id = ids.find((one) => offers.has(`${one}/${name}`));
    return Promise.resolve(offers.get(`${id}/${name}`));
  };
  return {
    wanted: Object.entries(wanted).map(([name, want]) =>
      Object.assign(
        { name: pluginName(name) },
        typeof want === 'string' ? { range: want as VersionRange } : want,
      ),
    ),
    locked: new Map(
      Object.entries(lock).map(([name, text]) => [pluginName(name), lockedRelease(world, name, text)]),
    ),
    update: new Set(),
    engines: {},
    platform: 'linux-x64',
    prereleases: false,
    offer,
    ...more,
  };
}

/** The chosen versions by name; with " from REGISTRY" where the world has several. */
export async function versionsIn(...input: Parameters<typeof problemIn>): Promise<Record<string, string>> {
  const { choices } = await resolve(problemIn(...input));
  const isOne = Object.keys(input[0]).length === 1;
  return Object.fromEntries(
    choices.map(({ name, registry, version }) => [
      name,
      isOne ? version.version : `${version.version} from ${registry}`,
    ]),
  );
}

/** How resolution refuses; throws when it does not. */
export async function refusalIn(...input: Parameters<typeof problemIn>): Promise<SheafError> {
  const found = await resolve(problemIn(...input)).catch((error: unknown) => error);
  if (found instanceof SheafError) return found;
  throw found instanceof Error ? found : new Error('It resolved.');
}

function lockedRelease(world: World, name: string, text: string): LockedRelease {
  const [version = '', registry = Object.keys(world)[0] ?? ''] = text.split(' from ');
  return { version: version as Version, registry, manifest: manifestOf(registry, name, version) };
}

function manifestOf(registry: string, name: string, version: string): VersionRecord['manifest'] {
  return sha256(Buffer.from(`${registry} ${name} ${version}`));
}

function recordOf(registry: string, name: string, releases: Record<string, Release>): ReleasesRecord {
  const versions = Object.entries(releases).map(([text, { needs = {}, ...special }]): VersionRecord => {
    const version = text as Version;
    const dependencies: Record<string, PluginDependency> = {};
    for (const [dependency, wanted] of Object.entries(needs)) {
      const wish = typeof wanted === 'string' ? { range: wanted } : wanted;
      dependencies[dependency] = {
        range: wish.range as VersionRange,
        optional: wish.optional ?? false,
        ...(wish.registry ? { registry: wish.registry } : {}),
      };
    }
    return {
      version,
      manifest: manifestOf(registry, name, version),
      bundle: 0,
      tier: 'wasm',
      capabilities: [],
      platforms: ['any'],
      engines: {},
      ...special,
      dependencies,
    };
  });
  versions.sort((a, b) => compareVersions(b.version, a.version));
  return { name: pluginName(name), owner: 'someone', bundles: [], versions };
}
