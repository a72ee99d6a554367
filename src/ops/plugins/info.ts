import { affects, isMalware, isPlugin } from '../../core/advisories/affects.ts';
import { type Severity, severityOf } from '../../core/advisories/severity.ts';
import { type Badge, badgesOf } from '../../core/badges.ts';
import { defined } from '../../core/defined.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import type { Advisory } from '../../core/formats/advisory.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { readCollections } from '../../core/index/read-collections.ts';
import type { PluginRecord, VersionRecord } from '../../core/index/records.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { PluginSpec } from '../../core/plugin-spec.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { type Bar, standingOf } from '../../core/trust/standing.ts';
import { grantedTier } from '../../core/trust/status.ts';
import { satisfies, type Version } from '../../core/version.ts';
import { type OpenRegistry, openRegistries } from '../registries/open-registry.ts';
import { nearestName } from './nearest-name.ts';
import { readProject } from './project-view.ts';
import { lookupOrder, rulesOf } from './rules.ts';

/** Everything a registry says of a plugin. */
export interface PluginInfo {
  readonly plugin: PluginRecord;
  /** Alias of the registry. */
  readonly registry: string;
  /** Newest first; only those in the range, when one was given. */
  readonly versions: readonly VersionRecord[];
  /** The version that is installed in this project. */
  readonly installed?: Version;
  /** Advisories that affect any of these versions. */
  readonly advisories: readonly AdvisoryNotice[];
  /** Versions that are refused: malware, or quarantined. */
  readonly barred: readonly { readonly version: Version; readonly bar: Bar }[];
  /** Those of the newest version. */
  readonly badges: readonly Badge[];
}

/** What an advisory says of a plugin. */
export interface AdvisoryNotice {
  readonly id: string;
  /** Whether it says that the plugin does harm on purpose. */
  readonly malware: boolean;
  readonly summary?: string;
  readonly severity?: Severity;
  /** A page about it. */
  readonly url?: string;
  /** Those of the versions in question that it affects. */
  readonly versions: readonly Version[];
}

/**
 * Shows a plugin of the first registry that has it, of those that its route names or all that are configured.
 *
 * @throws SheafError `SHEAF_UNKNOWN_PLUGIN` with the name that was probably meant, `SHEAF_UNKNOWN_VERSION`, and
 *   as `openRegistry`.
 */
export async function info(ports: ClientPorts, spec: PluginSpec): Promise<PluginInfo> {
  const registries = await openRegistries(ports, spec.alias === undefined ? [] : [spec.alias], {
    // Looking is no installing: what was known yesterday may still be shown when the network is away.
    allowStale: ports.offline,
  });
  const view = await readProject(ports);
  const { route } = await rulesOf(ports, view);
  const asked = spec.alias === undefined ? lookupOrder(spec.name, registries, route) : registries;
  const { registry, plugin, versions } = await find(asked, spec.name);
  const { range } = spec;
  const matching = versions.filter(({ version }) => range === undefined || satisfies(version, range));
  if (matching.length === 0) {
    throw new SheafError('SHEAF_UNKNOWN_VERSION', `${spec.name} has no version ${range ?? ''}.`, {
      hint: `There is: ${versions.map(({ version }) => version).join(', ')}.`,
    });
  }
  const here = view.installed?.plugins.find((one) => one.name === spec.name && one.registry === registry.id);
  return {
    plugin,
    registry: registry.alias,
    versions: matching,
    ...(here === undefined ? {} : { installed: here.version }),
    advisories: noticesOf(await registry.advisories(), registry.id, spec.name, matching),
    barred: matching.flatMap(({ version }) =>
      standingOf({ name: spec.name, version }, registry.state).map((bar) => ({ version, bar })),
    ),
    badges: await badgesIn(registry, plugin, versions),
  };
}

async function badgesIn(
  registry: OpenRegistry,
  { name, owner, version }: PluginRecord,
  versions: readonly VersionRecord[],
): Promise<readonly Badge[]> {
  const release = versions.find((one) => one.version === version);
  if (release === undefined) return [];
  const [about, collections, events, signer] = await Promise.all([
    registry.file('registry'),
    registry.file('collections'),
    registry.status(name),
    signerOf(registry, name, version),
  ]);
  return badgesOf({
    name,
    owner,
    release,
    officialOwners: valueOf(readRegistryFile(about, 'registry.toml')).officialOwners,
    granted: grantedTier(registry.state.restrictions, events, name, version),
    ...(signer === undefined ? {} : { signer }),
    collections: readCollections(collections),
  });
}

/** Who signed a release; nobody as far as this machine can tell, when it is refused or cannot be read here. */
async function signerOf(
  registry: OpenRegistry,
  name: PluginName,
  version: Version,
): Promise<{ readonly owner: string; readonly key: string } | undefined> {
  try {
    const { owner } = await registry.release(name, version);
    return { owner: owner.name, key: owner.key };
  } catch (error) {
    if (error instanceof SheafError) return undefined;
    throw error;
  }
}

function noticesOf(
  advisories: readonly Advisory[],
  registry: string,
  name: PluginName,
  versions: readonly VersionRecord[],
): readonly AdvisoryNotice[] {
  return advisories.flatMap((advisory) => {
    const affected = versions
      .map(({ version }) => version)
      .filter((version) => affects(advisory, { registry, name, version }));
    const entry = advisory.affected.find((one) => isPlugin(one, { registry, name }));
    if (affected.length === 0 || entry === undefined) return [];
    const { id, summary, references = [] } = advisory;
    return [
      defined({
        id,
        malware: isMalware(advisory),
        summary,
        severity: severityOf(advisory, entry),
        url: references[0]?.url,
        versions: affected,
      }),
    ];
  });
}

async function find(
  registries: readonly OpenRegistry[],
  name: PluginName,
): Promise<{ registry: OpenRegistry; plugin: PluginRecord; versions: readonly VersionRecord[] }> {
  for (const registry of registries) {
    const [plugin, releases] = await Promise.all([registry.plugin(name), registry.releases(name)]);
    if (plugin !== undefined && releases !== undefined)
      return { registry, plugin, versions: releases.versions };
  }
  const [only] = registries;
  const where =
    registries.length === 1 && only ? `Registry ${only.alias} has` : 'The configured registries have';
  const meant = await nearestName(registries, name);
  throw new SheafError('SHEAF_UNKNOWN_PLUGIN', `${where} no plugin ${name}.`, {
    hint:
      registries.length === 0
        ? 'Add a registry with: sheaf registry add URL.'
        : meant === undefined
          ? 'Check the name, or run `sheaf sync` if it was published just now.'
          : `Did you mean ${meant}?`,
  });
}
