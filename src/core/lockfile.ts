import type { Sha256 } from './digest.ts';
import { invalidFile, SheafError } from './errors.ts';
import { type Report, readDocument } from './file-reading.ts';
import type { Finding, Reading } from './finding.ts';
import { parseLocalToml } from './local-toml.ts';
import type { Tier } from './manifest.ts';
import type { Platform } from './platform.ts';
import type { PluginName } from './plugin-name.ts';
import type { SourceDocument } from './source-text.ts';
import { keySource, tomlString } from './toml-edit.ts';
import { validate as validateLock } from './validators/lock.generated.js';
import { isVersion, isVersionRange, type Version, type VersionRange } from './version.ts';

/** What was resolved: `sheaf.lock`, TOML in a stable order that merges line by line. */
export interface Lockfile {
  readonly registries: readonly LockedRegistry[];
  /** Sorted by name. */
  readonly plugins: readonly LockedPlugin[];
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
      plugins: (table.plugin ?? [])
        .map((plugin) => Object.assign(plugin, { dependencies: plugin.dependencies ?? {} }))
        .toSorted((a, b) => order(a.name, b.name)),
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
  ];
  return new TextEncoder().encode(`${blocks.join('\n\n')}\n`);
}

/** The checked tables of the file. */
interface LockTable {
  readonly registry?: readonly LockedRegistry[];
  readonly plugin?: readonly (Omit<LockedPlugin, 'dependencies'> &
    Partial<Pick<LockedPlugin, 'dependencies'>>)[];
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
  const names = (table.plugin ?? []).map(({ name }) => name);
  for (const [index, id] of ids.entries()) {
    if (ids.indexOf(id) === index) continue;
    report(['registry', index, 'id'], 'lock-duplicate', `The registry ${id} is listed twice.`, RESTORE);
  }
  for (const [index, plugin] of (table.plugin ?? []).entries()) {
    const at = ['plugin', index];
    if (names.indexOf(plugin.name) !== index) {
      report([...at, 'name'], 'lock-duplicate', `The plugin ${plugin.name} is listed twice.`, RESTORE);
    }
    if (!ids.includes(plugin.registry)) {
      const message = `${plugin.name} comes from the registry ${plugin.registry}, which is not listed.`;
      report([...at, 'registry'], 'lock-registry', message, RESTORE);
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
  const dependencies = Object.entries(plugin.dependencies).toSorted(([a], [b]) => order(a, b));
  const platforms = Object.entries(plugin.platforms).toSorted(([a], [b]) => order(a, b));
  return [
    '[[plugin]]',
    `name = ${tomlString(plugin.name)}`,
    `version = ${tomlString(plugin.version)}`,
    `registry = ${tomlString(plugin.registry)}`,
    `manifest = ${tomlString(plugin.manifest)}`,
    `owner = ${inline(plugin.owner, ['name', 'version', 'key'])}`,
    `tier = ${tomlString(plugin.tier)}`,
    `capabilities = [${plugin.capabilities.toSorted(order).map(tomlString).join(', ')}]`,
    ...(dependencies.length > 0 ? ['[plugin.dependencies]'] : []),
    ...dependencies.map(([name, range]) => `${keySource([name])} = ${tomlString(range)}`),
    '[plugin.platforms]',
    ...platforms.map(
      ([platform, artifact]) => `${keySource([platform])} = ${inline(artifact, ['url', 'sha256', 'size'])}`,
    ),
  ].join('\n');
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
