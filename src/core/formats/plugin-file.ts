import { defined } from '../defined.ts';
import { type Report, readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { nonEmpty, sorted, writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validatePlugin } from '../validators/plugin.generated.js';
import { isVersion, type Version } from '../version.ts';
import { judgeUrlPrefix } from '../web-url.ts';

/**
 * What holds for all releases of a plugin, signed by its owner and slow to change: `plugin.toml`.
 */
export interface PluginFile {
  readonly registry: string;
  readonly name: PluginName;
  /** Only grows; a client refuses a lower one than it has seen. */
  readonly revision: number;
  readonly owner: string;
  readonly displayName?: string;
  readonly keywords: readonly string[];
  /** Why, and what to use instead. */
  readonly deprecated?: string;
  /** Further URL prefixes that releases may come from. */
  readonly repositories: readonly string[];
  /** Version to reason: not for new resolutions, allowed when locked. */
  readonly yanked: Readonly<Record<Version, string>>;
  /** Version to reason: chosen only when nothing else fits. */
  readonly deprecatedVersions: Readonly<Record<Version, string>>;
}

/** The file as `schemas/plugin.schema.json` accepts it. */
interface PluginToml {
  readonly plugin: {
    readonly registry: string;
    readonly name: string;
    readonly revision: number;
    readonly owner: string;
    readonly display_name?: string;
    readonly keywords?: readonly string[];
    readonly deprecated?: string;
    readonly repositories?: readonly string[];
  };
  readonly yanked?: Readonly<Record<string, string>>;
  readonly deprecated_versions?: Readonly<Record<string, string>>;
}

/** What the place of a plugin file says about it; what is left out is not compared. */
export interface ExpectedPlugin {
  readonly name?: string;
  readonly registry?: string;
}

/** Reads a `plugin.toml`. */
export function readPluginFile(
  bytes: Uint8Array,
  file: string,
  options: { readonly expected?: ExpectedPlugin } = {},
): Reading<PluginFile> {
  const parsed = parseToml(bytes, file, { maxBytes: LIMITS.manifestBytes });
  return readDocument(parsed, validatePlugin, (document, report) => {
    const toml = document.value as unknown as PluginToml;
    const { plugin } = toml;
    judgePlace(plugin, report, options.expected ?? {});
    for (const [index, prefix] of (plugin.repositories ?? []).entries()) {
      judgeUrlPrefix(report, ['plugin', 'repositories', index], prefix);
    }
    for (const table of ['yanked', 'deprecated_versions'] as const) {
      for (const version of Object.keys(toml[table] ?? {})) judgeVersionKey([table, version], report);
    }
    return defined({
      registry: plugin.registry,
      name: plugin.name as PluginName,
      revision: plugin.revision,
      owner: plugin.owner,
      displayName: plugin.display_name,
      keywords: plugin.keywords ?? [],
      deprecated: plugin.deprecated,
      repositories: plugin.repositories ?? [],
      yanked: { ...toml.yanked },
      deprecatedVersions: { ...toml.deprecated_versions },
    });
  });
}

/** Writes a plugin file as {@link readPluginFile} reads it. */
export function writePluginFile(file: PluginFile): Uint8Array {
  return writeToml({
    plugin: {
      registry: file.registry,
      name: file.name,
      revision: file.revision,
      owner: file.owner,
      display_name: file.displayName,
      keywords: nonEmpty(file.keywords),
      deprecated: file.deprecated,
      repositories: nonEmpty(file.repositories),
    },
    yanked: sorted(file.yanked),
    deprecated_versions: sorted(file.deprecatedVersions),
  });
}

function judgePlace(plugin: PluginToml['plugin'], report: Report, expected: ExpectedPlugin): void {
  for (const key of ['name', 'registry'] as const) {
    const wanted = expected[key];
    if (wanted === undefined || wanted === plugin[key]) continue;
    report(
      ['plugin', key],
      `${key}-mismatch`,
      `The ${key} is ${quote(plugin[key])}, but ${quote(wanted)} belongs here.`,
      `Write ${key} = ${quote(wanted)} and sign again.`,
    );
  }
}

function judgeVersionKey(path: readonly [string, string], report: Report): void {
  if (isVersion(path[1])) return;
  report(path, 'version', `${quote(path[1])} is not a version.`, 'Write a version that was released.');
}
