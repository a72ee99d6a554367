import { defined } from '../defined.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { nonEmpty, sorted, writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validateRegistry } from '../validators/registry.generated.js';
import type { VersionRange } from '../version.ts';
import { judgeIndexUrl, judgeUrl, judgeUrlPrefix } from '../web-url.ts';
import { judgeRange } from './manifest-rules.ts';

/** What a registry is, and where clients fetch it: `registry/registry.toml`. */
export interface RegistryFile {
  /** Signed into every root, checkpoint, owner file and release; never changes. */
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly homepage?: string;
  /** Where clients may fetch the index, in order. */
  readonly index: readonly string[];
  /** URL prefixes; an artifact lies at `<prefix><aa>/<sha256>`. */
  readonly artifactMirrors: readonly string[];
  readonly reservedNames: readonly PluginName[];
  /** Name to the reason why it was removed. */
  readonly removedNames: Readonly<Record<PluginName, string>>;
  /** Owners whose plugins carry the badge "official". */
  readonly officialOwners: readonly string[];
  /** Engines that hosts of this registry have, with the versions still supported. */
  readonly engines: Readonly<Record<string, { readonly supported: VersionRange }>>;
}

/** The file as `schemas/registry.schema.json` accepts it. */
interface RegistryToml {
  readonly registry: {
    readonly id: string;
    readonly title: string;
    readonly description?: string;
    readonly homepage?: string;
    readonly index?: readonly string[];
    readonly artifact_mirrors?: readonly string[];
    readonly reserved_names?: readonly PluginName[];
    readonly removed_names?: Readonly<Record<PluginName, string>>;
    readonly official_owners?: readonly string[];
  };
  readonly engines?: Readonly<Record<string, { readonly supported: VersionRange }>>;
}

/** Reads a `registry.toml`. */
export function readRegistryFile(bytes: Uint8Array, file: string): Reading<RegistryFile> {
  return readDocument(parseToml(bytes, file), validateRegistry, (document, report) => {
    const { registry, engines = {} } = document.value as unknown as RegistryToml;
    judgeUrl(report, ['registry', 'homepage'], registry.homepage);
    for (const [index, url] of (registry.index ?? []).entries()) {
      judgeIndexUrl(report, ['registry', 'index', index], url);
    }
    for (const [index, prefix] of (registry.artifact_mirrors ?? []).entries()) {
      judgeUrlPrefix(report, ['registry', 'artifact_mirrors', index], prefix);
    }
    for (const [index, name] of (registry.reserved_names ?? []).entries()) {
      if (!Object.hasOwn(registry.removed_names ?? {}, name)) continue;
      report(
        ['registry', 'reserved_names', index],
        'duplicate-name',
        `${quote(name)} is both reserved and removed.`,
        'Keep it under removed_names, which also tells why.',
      );
    }
    for (const [engine, { supported }] of Object.entries(engines)) {
      judgeRange(['engines', engine, 'supported'], supported, report);
    }
    return defined({
      id: registry.id,
      title: registry.title,
      description: registry.description,
      homepage: registry.homepage,
      index: registry.index ?? [],
      artifactMirrors: registry.artifact_mirrors ?? [],
      reservedNames: registry.reserved_names ?? [],
      removedNames: { ...registry.removed_names },
      officialOwners: registry.official_owners ?? [],
      engines: Object.fromEntries(
        Object.entries(engines).map(([engine, { supported }]) => [engine, { supported }]),
      ),
    });
  });
}

/** Writes a registry file as {@link readRegistryFile} reads it. */
export function writeRegistryFile(file: RegistryFile): Uint8Array {
  const removed = sorted(file.removedNames);
  return writeToml({
    registry: {
      id: file.id,
      title: file.title,
      description: file.description,
      homepage: file.homepage,
      index: nonEmpty(file.index),
      artifact_mirrors: nonEmpty(file.artifactMirrors),
      reserved_names: nonEmpty(file.reservedNames),
      removed_names: Object.keys(removed).length === 0 ? undefined : removed,
      official_owners: nonEmpty(file.officialOwners),
    },
    engines: sorted(file.engines),
  });
}
