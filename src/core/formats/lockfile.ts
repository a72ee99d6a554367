import type { Sha256 } from '../digest.ts';
import { type Report, readDocument } from '../documents/file-reading.ts';
import { parseLocalToml } from '../documents/local-toml.ts';
import type { Path, SourceDocument } from '../documents/source-text.ts';
import { keySource, tomlString } from '../documents/toml-edit.ts';
import { invalidFile, SheafError } from '../errors.ts';
import type { Finding, Reading } from '../finding.ts';
import type { Platform } from '../platform.ts';
import type { PluginName } from '../plugin-name.ts';
import { validate as validateLock } from '../validators/lock.generated.js';
import { isVersion, isVersionRange, type Version, type VersionRange } from '../version.ts';
import type { Tier } from './manifest.ts';

/** What was resolved: `sheaf.lock`, TOML in a stable order that merges line by line. */
export interface Lockfile {
  readonly registries: readonly LockedRegistry[];
  /** Sorted by name. */
  readonly plugins: readonly LockedPlugin[];
  /**
   * Plugins that no registry vouches for, sorted by name; absent when there are none. A list of its own, so that
   * nothing that deals with verified plugins ever meets one by accident.
   */
  readonly local?: readonly LockedLocal[];
}

/** The registry state of the last resolution: a floor for this project, never for the machine. */
export interface LockedRegistry {
  readonly id: string;
  readonly url: string;
  readonly root: { readonly version: number; readonly sha256: Sha256 };
  readonly checkpoint: { readonly epoch: number; readonly version: number; readonly sha256: Sha256 };
}

/** One plugin exactly as it will be installed on every platform. */
export interface LockedPlugin {
  readonly name: PluginName;
  readonly version: Version;
  readonly registry: string;
  /** Ids of registries that come before this one and had no plugin of the name; left out where there are none. */
  readonly absentIn?: readonly string[];
  /** Digest of the manifest's bytes. */
  readonly manifest: Sha256;
  /** Version of the owner file and fingerprint (`SHA256:…`) of the key that signed the release. */
  readonly owner: { readonly name: string; readonly version: number; readonly key: string };
  readonly tier: Tier;
  /** Capabilities this project agreed to; a lock caps what may be granted, it never grants. */
  readonly capabilities: readonly string[];
  readonly dependencies: Readonly<Record<PluginName, VersionRange>>;
  readonly platforms: Readonly<
    Record<Platform, { readonly url: string; readonly sha256: Sha256; readonly size?: number }>
  >;
}

/** One plugin that was installed from a folder or a file with `--allow-local`: nobody signed it. */
export interface LockedLocal {
  readonly name: PluginName;
  readonly version: Version;
  /** Where it was, relative to the project with `/`, or absolute: `./graph-lens`, `../out/lens.tar.gz`. */
  readonly path: string;
  readonly kind: 'archive' | 'wasm';
  /** Digest and bytes of what was unpacked: the file, or the folder as an archive. */
  readonly sha256: Sha256;
  readonly size: number;
  /** The file that a host loads. */
  readonly entry?: string;
  readonly tier: Tier;
  readonly capabilities: readonly string[];
  readonly dependencies: Readonly<Record<PluginName, VersionRange>>;
}

const FORMAT = 1;
const RESTORE =
  'Restore sheaf.lock from version control, or delete it, and run `sheaf install` to resolve again.';

/**
 * Reads sheaf.lock. Refused with one clear finding: conflict markers of a merge, a format from the future,
 * and the same plugin twice, which a merge without conflict can leave behind.
 */
export function readLockfile(bytes: Uint8Array, file: string): Reading<Lockfile> {
  const parsed = parseLocalToml(bytes, file);
  const special = conflictMarker(bytes, file) ?? futureFormat(parsed.value);
  if (special !== undefined) return { value: undefined, findings: [special] };
  return readDocument(parsed, validateLock, ({ value }, report) => {
    const table = value as unknown as LockTable;
    const lock: Lockfile = {
      registries: (table.registry ?? []).toSorted((a, b) => order(a.id, b.id)),
      plugins: (table.plugin ?? []).map(lockedPlugin).toSorted((a, b) => order(a.name, b.name)),
      ...(table.local === undefined
        ? {}
        : { local: table.local.map(withDependencies).toSorted((a, b) => order(a.name, b.name)) }),
    };
    judge(table, report);
    return lock;
  });
}

/**
 * The lock of a reading.
 *
 * @throws SheafError `SHEAF_LOCK_INVALID` with all findings, and a hint in every case.
 */
export function lockfileOf(reading: Reading<Lockfile>): Lockfile {
  if (reading.value !== undefined) return reading.value;
  const { message, place, details, hint } = invalidFile(reading.findings, 'SHEAF_LOCK_INVALID');
  const isOwnHint = reading.findings[0]?.rule.startsWith('lock-') === true;
  throw new SheafError('SHEAF_LOCK_INVALID', `sheaf.lock cannot be used: ${message}`, {
    hint: (isOwnHint ? hint : undefined) ?? RESTORE,
    ...(place === undefined ? {} : { place }),
    details,
  });
}

/**
 * Writes sheaf.lock: sorted, one fact a line, a blank line between blocks, so that Git merges changes to
 * different plugins by itself. Equal locks give equal bytes.
 */
export function writeLockfile(lock: Lockfile): Uint8Array {
  const blocks = [
    `# Written by sheaf. Commit this file, and change it only with sheaf.\nversion = ${FORMAT}`,
    ...lock.registries.toSorted((a, b) => order(a.id, b.id)).map(registryBlock),
    ...lock.plugins.toSorted((a, b) => order(a.name, b.name)).map(pluginBlock),
    ...(lock.local ?? []).toSorted((a, b) => order(a.name, b.name)).map(localBlock),
  ];
  return new TextEncoder().encode(`${blocks.join('\n\n')}\n`);
}

/** The checked tables of the file. */
interface LockTable {
  readonly registry?: readonly LockedRegistry[];
  readonly plugin?: readonly PluginTable[];
  readonly local?: readonly WithoutDependencies<LockedLocal>[];
}

type PluginTable = WithoutDependencies<Omit<LockedPlugin, 'absentIn'>> & {
  readonly absent_in?: readonly string[];
};

/** The table is left out where it would be empty. */
type WithoutDependencies<T extends Pick<LockedPlugin, 'dependencies'>> = Omit<T, 'dependencies'> &
  Partial<Pick<LockedPlugin, 'dependencies'>>;

function lockedPlugin({ absent_in: absentIn, ...plugin }: PluginTable): LockedPlugin {
  return { ...withDependencies(plugin), ...(absentIn === undefined ? {} : { absentIn }) };
}

function withDependencies<T extends Partial<Pick<LockedPlugin, 'dependencies'>>>(
  plugin: T,
): T & Pick<LockedPlugin, 'dependencies'> {
  return Object.assign(plugin, { dependencies: plugin.dependencies ?? {} });
}

function conflictMarker(bytes: Uint8Array, file: string): Finding | undefined {
  const lines = new TextDecoder().decode(bytes).split('\n');
  const index = lines.findIndex((line) => /^(<{7}|={7}|>{7}|\|{7})( |\r?$)/.test(line));
  if (index === -1) return undefined;
  return {
    rule: 'lock-conflict',
    severity: 'error',
    place: { file, line: index + 1, column: 1 },
    message: 'A merge left conflict markers in it.',
    fix: 'Keep one side (`git checkout --ours sheaf.lock`) and run `sheaf install` to resolve again.',
  };
}

/** A newer format may have any other content, so nothing but its number is read. */
function futureFormat(document: SourceDocument | undefined): Finding | undefined {
  const version = document?.value.version;
  if (document === undefined || typeof version !== 'number' || version <= FORMAT) return undefined;
  return {
    rule: 'lock-version',
    severity: 'error',
    place: document.place(['version']),
    message: `It was written by a newer sheaf, in version ${version} of the format; this one reads version ${FORMAT}.`,
    fix: 'Upgrade sheaf.',
  };
}

function judge(table: LockTable, report: Report): void {
  const ids = (table.registry ?? []).map(({ id }) => id);
  for (const [index, id] of ids.entries()) {
    if (ids.indexOf(id) === index) continue;
    report(['registry', index, 'id'], 'lock-duplicate', `The registry ${id} is listed twice.`, RESTORE);
  }
  for (const [index, { name, registry }] of (table.plugin ?? []).entries()) {
    if (ids.includes(registry)) continue;
    const message = `${name} comes from the registry ${registry}, which is not listed.`;
    report(['plugin', index, 'registry'], 'lock-registry', message, RESTORE);
  }
  const names = new Set<PluginName>();
  for (const kind of ['plugin', 'local'] as const) {
    for (const [index, plugin] of (table[kind] ?? []).entries()) {
      judgePlugin(plugin, [kind, index], names, report);
      names.add(plugin.name);
    }
  }
}

function judgePlugin(
  plugin: PluginTable | WithoutDependencies<LockedLocal>,
  at: Path,
  before: ReadonlySet<PluginName>,
  report: Report,
): void {
  if (before.has(plugin.name)) {
    report([...at, 'name'], 'lock-duplicate', `The plugin ${plugin.name} is listed twice.`, RESTORE);
  }
  if (!isVersion(plugin.version)) {
    report([...at, 'version'], 'lock-plugin-version', `${plugin.name} has no proper version.`, RESTORE);
  }
  for (const [name, range] of Object.entries(plugin.dependencies ?? {})) {
    if (isVersionRange(range)) continue;
    const message = `${plugin.name} needs ${name} in something that is not a range of versions.`;
    report([...at, 'dependencies', name], 'lock-range', message, RESTORE);
  }
}

function registryBlock({ id, url, root, checkpoint }: LockedRegistry): string {
  return [
    '[[registry]]',
    `id = ${tomlString(id)}`,
    `url = ${tomlString(url)}`,
    `root = ${inline(root, ['version', 'sha256'])}`,
    `checkpoint = ${inline(checkpoint, ['epoch', 'version', 'sha256'])}`,
  ].join('\n');
}

function pluginBlock(plugin: LockedPlugin): string {
  const platforms = Object.entries(plugin.platforms).toSorted(([a], [b]) => order(a, b));
  return [
    '[[plugin]]',
    `name = ${tomlString(plugin.name)}`,
    `version = ${tomlString(plugin.version)}`,
    `registry = ${tomlString(plugin.registry)}`,
    ...(plugin.absentIn === undefined ? [] : [`absent_in = [${plugin.absentIn.map(tomlString).join(', ')}]`]),
    `manifest = ${tomlString(plugin.manifest)}`,
    `owner = ${inline(plugin.owner, ['name', 'version', 'key'])}`,
    `tier = ${tomlString(plugin.tier)}`,
    `capabilities = [${plugin.capabilities.toSorted(order).map(tomlString).join(', ')}]`,
    ...dependencyLines('plugin', plugin),
    '[plugin.platforms]',
    ...platforms.map(
      ([platform, artifact]) => `${keySource([platform])} = ${inline(artifact, ['url', 'sha256', 'size'])}`,
    ),
  ].join('\n');
}

function localBlock(local: LockedLocal): string {
  return [
    '[[local]]',
    `name = ${tomlString(local.name)}`,
    `version = ${tomlString(local.version)}`,
    `path = ${tomlString(local.path)}`,
    `kind = ${tomlString(local.kind)}`,
    `sha256 = ${tomlString(local.sha256)}`,
    `size = ${local.size}`,
    ...(local.entry === undefined ? [] : [`entry = ${tomlString(local.entry)}`]),
    `tier = ${tomlString(local.tier)}`,
    `capabilities = [${local.capabilities.toSorted(order).map(tomlString).join(', ')}]`,
    ...dependencyLines('local', local),
  ].join('\n');
}

function dependencyLines(
  table: 'plugin' | 'local',
  { dependencies }: Pick<LockedPlugin, 'dependencies'>,
): readonly string[] {
  const entries = Object.entries(dependencies).toSorted(([a], [b]) => order(a, b));
  if (entries.length === 0) return [];
  return [
    `[${table}.dependencies]`,
    ...entries.map(([name, range]) => `${keySource([name])} = ${tomlString(range)}`),
  ];
}

/** An inline table with the keys in this order; absent ones are left out. */
function inline<T extends object>(table: T, keys: readonly (keyof T & string)[]): string {
  const pairs = keys.flatMap((key) => {
    const value = table[key];
    if (value === undefined) return [];
    return [`${key} = ${typeof value === 'string' ? tomlString(value) : String(value)}`];
  });
  return `{ ${pairs.join(', ')} }`;
}

/** Code unit order: the same in every locale. */
function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
