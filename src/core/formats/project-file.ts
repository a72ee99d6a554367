import { parse } from 'smol-toml';
import { isSha256, type Sha256 } from '../digest.ts';
import { type Report, readDocument } from '../documents/file-reading.ts';
import { parseLocalToml } from '../documents/local-toml.ts';
import { removeTomlValue, setTomlValue, tomlString } from '../documents/toml-edit.ts';
import { type Engines, enginesOf } from '../engines.ts';
import type { Reading } from '../finding.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validateProject } from '../validators/project.generated.js';
import { isVersionRange, type VersionRange } from '../version.ts';
import { type AuditIgnore, type AuditIgnoreTable, auditIgnoresOf } from './audit-ignore.ts';
import { type ClientPolicy, type PolicyTable, policyOf } from './client-policy.ts';
import { type Routes, type RoutesTable, routesOf } from './routes.ts';

/** What a project wants: `sheaf.toml`. It only ever proposes; trust and consent are the user's. */
export interface ProjectFile {
  readonly registries: readonly ProposedRegistry[];
  /** In the order of the file. */
  readonly plugins: readonly WantedPlugin[];
  /** Plugins from folders and files of this machine, in the order of the file. */
  readonly local: readonly LocalPlugin[];
  /** `[plugin.<name>.config]`: handed to the plugin, judged by the plugin's own schema. */
  readonly config: Readonly<Record<PluginName, Readonly<Record<string, unknown>>>>;
  readonly host: {
    /** JSON list of installed plugins that is kept for the host application; relative to the project. */
    readonly pluginsFile?: string;
  };
  readonly policy: ClientPolicy;
  /** They narrow down where the user would look, and never lead anywhere else. */
  readonly routes: Routes;
  /** Versions of the engines that the host brings along. */
  readonly engines: Engines;
  /** Findings of `sheaf audit` that people accept for a while. */
  readonly auditIgnores: readonly AuditIgnore[];
}

/** A registry that a project proposes; `sheaf registry add` decides. */
export interface ProposedRegistry {
  readonly alias: string;
  readonly id: string;
  /** In the order in which they are tried. */
  readonly urls: readonly string[];
  /** Digest of any root file of the chain. */
  readonly root?: Sha256;
}

/** One line of `[plugins]`. */
export interface WantedPlugin {
  readonly name: PluginName;
  readonly range: VersionRange;
  /** Id of the only registry it may come from. */
  readonly registry?: string;
  /** Whether everything else is installed where no version of it fits. */
  readonly optional: boolean;
}

/** One line of `[plugins]` with a path in place of a range. Nobody signed what lies there. */
export interface LocalPlugin {
  readonly name: PluginName;
  /** Relative to the project, or absolute. */
  readonly path: string;
}

/** Reads sheaf.toml. Unknown keys, wrong types, and ranges and versions that are none are findings. */
export function readProjectFile(bytes: Uint8Array, file: string): Reading<ProjectFile> {
  return readDocument(parseLocalToml(bytes, file), validateProject, ({ value }, report) => {
    const table = value as unknown as ProjectTable;
    const listed = Object.entries(table.plugins ?? {});
    for (const [name, wanted] of listed) judgeSource(name, wanted, report);
    const plugins = listed.flatMap(([name, wanted]) => wantedPlugin(name, wanted));
    for (const { name, range } of plugins) {
      if (isVersionRange(range)) continue;
      report(
        ['plugins', name],
        'version-range',
        `${name} is wanted in ${quote(range)}, which is not a range of versions.`,
        'Write a range such as "^1.2.0", ">=0.3.0 <2" or "*".',
      );
    }
    const pluginsFile = table.host?.plugins_file;
    return {
      registries: Object.entries(table.registries ?? {}).map(proposedRegistry),
      plugins,
      local: listed.flatMap(([name, wanted]) => localPlugin(name, wanted)),
      config: Object.fromEntries(
        Object.entries(table.plugin ?? {}).flatMap(([name, { config }]) => (config ? [[name, config]] : [])),
      ),
      host: pluginsFile === undefined ? {} : { pluginsFile },
      policy: policyOf(table.policy ?? {}),
      routes: routesOf(table.routes ?? {}),
      engines: enginesOf(table.engines ?? {}, report),
      auditIgnores: auditIgnoresOf(table.audit?.ignore ?? [], report),
    };
  });
}

/**
 * The text of sheaf.toml with a plugin added, or changed where it is listed already: then only its range and
 * what else is named change. Comments, order and formatting stay. The text must be one that
 * {@link readProjectFile} accepts.
 */
export function addPlugin(
  text: string,
  plugin: Pick<WantedPlugin, 'name' | 'range' | 'registry'> & { readonly optional?: boolean },
): string {
  const { name, range, registry, optional } = plugin;
  const there = listed(text, name);
  if (isLocal(there)) return addPlugin(removePlugin(text, name), plugin);
  if (there !== undefined) {
    let edited = setRange(text, name, range);
    if (registry === undefined && optional === undefined) return edited;
    if (typeof listed(text, name) === 'string')
      edited = setTomlValue(edited, ['plugins', name], `{ version = ${tomlString(range)} }`);
    if (registry !== undefined)
      edited = setTomlValue(edited, ['plugins', name, 'registry'], tomlString(registry));
    if (optional !== undefined)
      edited = setTomlValue(edited, ['plugins', name, 'optional'], String(optional));
    return edited;
  }
  const keys = [
    `version = ${tomlString(range)}`,
    ...(registry === undefined ? [] : [`registry = ${tomlString(registry)}`]),
    ...(optional === true ? ['optional = true'] : []),
  ];
  const source = keys.length === 1 ? tomlString(range) : `{ ${keys.join(', ')} }`;
  return setTomlValue(text, ['plugins', name], source);
}

/** The text with a plugin that comes from a folder or file, in the place of a range where it had one. */
export function addLocalPlugin(text: string, { name, path }: LocalPlugin): string {
  const there = listed(text, name);
  if (isLocal(there) && there.path === path) return text;
  // A table may be spread over lines and keys that make no sense beside a path.
  const base = typeof there === 'object' ? removePlugin(text, name) : text;
  return setTomlValue(base, ['plugins', name], `{ path = ${tomlString(path)} }`);
}

/** The text without the plugin. Its `[plugin.<name>.config]` stays: what a person wrote is theirs to remove. */
export function removePlugin(text: string, name: PluginName): string {
  return removeTomlValue(text, ['plugins', name]);
}

/** The text with another range for a plugin that is listed; unchanged when it is not. */
export function setRange(text: string, name: PluginName, range: VersionRange): string {
  const there = listed(text, name);
  if (there === undefined || isLocal(there)) return text;
  const path = typeof there === 'string' ? ['plugins', name] : ['plugins', name, 'version'];
  return setTomlValue(text, path, tomlString(range));
}

/** The checked tables of the file. */
interface ProjectTable {
  readonly registries?: Readonly<Record<string, RegistryTable>>;
  readonly plugins?: Readonly<Record<PluginName, string | PluginTable>>;
  readonly plugin?: Readonly<Record<PluginName, { readonly config?: Readonly<Record<string, unknown>> }>>;
  readonly host?: { readonly plugins_file?: string };
  readonly policy?: PolicyTable;
  readonly routes?: RoutesTable;
  readonly engines?: Readonly<Record<string, string>>;
  readonly audit?: { readonly ignore?: readonly AuditIgnoreTable[] };
}

interface RegistryTable {
  readonly id: string;
  readonly url: string | readonly string[];
  readonly root?: string;
}

interface PluginTable {
  readonly version?: string;
  readonly registry?: string;
  readonly optional?: boolean;
  readonly path?: string;
}

function isLocal(wanted: string | PluginTable | undefined): wanted is { readonly path: string } {
  return typeof wanted === 'object' && wanted.path !== undefined;
}

/** A plugin comes from a registry or from a path, and only the first kind has a choice of versions. */
function judgeSource(name: string, wanted: string | PluginTable, report: Report): void {
  if (typeof wanted === 'string') return;
  const { path, ...rest } = wanted;
  if (path === undefined) {
    if (wanted.version !== undefined) return;
    const fix = 'Write version = "^1.2.0", or path = "./folder" for one of this machine.';
    report(['plugins', name], 'missing-key', `${name} has neither a version nor a path.`, fix);
    return;
  }
  for (const key of Object.keys(rest)) {
    const message = `${name} comes from a path, so ${key} has no meaning for it.`;
    report(['plugins', name, key], 'plugin-source', message, `Remove ${key}, or remove path.`);
  }
}

function wantedPlugin(name: string, wanted: string | PluginTable): readonly WantedPlugin[] {
  const table = typeof wanted === 'string' ? { version: wanted } : wanted;
  if (table.version === undefined) return [];
  return [
    {
      name: name as PluginName,
      range: table.version as VersionRange,
      ...(table.registry === undefined ? {} : { registry: table.registry }),
      optional: table.optional ?? false,
    },
  ];
}

function localPlugin(name: string, wanted: string | PluginTable): readonly LocalPlugin[] {
  return isLocal(wanted) ? [{ name: name as PluginName, path: wanted.path }] : [];
}

function proposedRegistry([alias, table]: [string, RegistryTable]): ProposedRegistry {
  const root = table.root?.slice('sha256:'.length);
  return {
    alias,
    id: table.id,
    urls: typeof table.url === 'string' ? [table.url] : table.url,
    ...(isSha256(root) ? { root } : {}),
  };
}

/** What the text has under `[plugins]` for a name. */
function listed(text: string, name: PluginName): string | PluginTable | undefined {
  const plugins = (parse(text) as ProjectTable).plugins ?? {};
  return Object.hasOwn(plugins, name) ? plugins[name] : undefined;
}
