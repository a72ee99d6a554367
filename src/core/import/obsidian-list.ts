import type { Finding, Reading } from '../finding.ts';
import type { Instant } from '../instant.ts';
import { LIMITS } from '../limits.ts';
import { quote } from '../text.ts';
import { compareVersions, isPrerelease, type Version } from '../version.ts';
import { versionOfTag } from './tag-version.ts';

/** The files of Obsidian's list; only the first must be there. */
export const OBSIDIAN_FILES = {
  plugins: 'community-plugins.json',
  stats: 'community-plugin-stats.json',
  removed: 'community-plugins-removed.json',
  deprecation: 'community-plugin-deprecation.json',
} as const;

/** A plugin of the list. */
export interface ObsidianPlugin {
  readonly id: string;
  readonly name: string;
  readonly author: string;
  readonly description: string;
  /** Repository on GitHub: `owner/name`. */
  readonly repo: string;
}

/** One place of the list: a plugin, or why there is none. */
export interface ObsidianEntry {
  /** The id, or the number of an entry that has none. */
  readonly label: string;
  readonly plugin: ObsidianPlugin | undefined;
  readonly findings: readonly Finding[];
}

/** What the list knows of the releases of a plugin. */
export interface ObsidianStats {
  /** Downloads of all releases, also of those that the list no longer names. */
  readonly downloads: number;
  /** When the newest one came out. */
  readonly updated: Instant | undefined;
  /** Downloads of each release, by its tag. */
  readonly tags: ReadonlyMap<string, number>;
}

/** The whole list. */
export interface ObsidianList {
  readonly entries: readonly ObsidianEntry[];
  readonly stats: ReadonlyMap<string, ObsidianStats>;
  /** Id to the reason. */
  readonly removed: ReadonlyMap<string, string>;
  /** Id to the tags that nobody should use. */
  readonly deprecated: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads Obsidian's list of community plugins from its JSON files, by name. A file that is no JSON refuses the
 * list; an entry that is wrong is left out, with a finding.
 */
export function readObsidianList(files: ReadonlyMap<string, Uint8Array>): Reading<ObsidianList> {
  const findings: Finding[] = [];
  const list = {
    entries: readEntries(readJson(files, OBSIDIAN_FILES.plugins, Array.isArray, findings) ?? []),
    stats: readStats(readJson(files, OBSIDIAN_FILES.stats, isTable, findings) ?? {}, findings),
    removed: readRemoved(readJson(files, OBSIDIAN_FILES.removed, Array.isArray, findings) ?? [], findings),
    deprecated: readDeprecated(
      readJson(files, OBSIDIAN_FILES.deprecation, isTable, findings) ?? {},
      findings,
    ),
  };
  const isRefused = findings.some(({ severity }) => severity === 'error');
  return isRefused ? { value: undefined, findings } : { value: list, findings };
}

/** The newest release that the list knows: the highest stable version that is not deprecated, else the highest. */
export function newestTag(
  stats: ObsidianStats | undefined,
  deprecated: readonly string[],
): { readonly tag: string; readonly version: Version } | undefined {
  const releases = [...(stats?.tags.keys() ?? [])].flatMap((tag) => {
    const version = versionOfTag(tag)?.version;
    return version === undefined || deprecated.includes(tag) ? [] : [{ tag, version }];
  });
  // Of v1.2.0 and 1.2.0 Obsidian takes the latter: the tag must be the version in manifest.json.
  releases.sort((a, b) => compareVersions(b.version, a.version) || a.tag.length - b.tag.length);
  return releases.find(({ version }) => !isPrerelease(version)) ?? releases[0];
}

/** Parsed JSON; no place is known within it, because one of these files has a hundred thousand lines. */
function readJson<T>(
  files: ReadonlyMap<string, Uint8Array>,
  file: string,
  isForm: (value: unknown) => value is T,
  findings: Finding[],
): T | undefined {
  const bytes = files.get(file);
  if (bytes === undefined) return undefined;
  const refuse = (rule: string, message: string): undefined => {
    findings.push({ rule, severity: 'error', place: { file }, message });
  };
  if (bytes.byteLength > LIMITS.importListBytes) {
    return refuse('file-size', `The file is longer than ${LIMITS.importListBytes} bytes.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    const reason = error instanceof Error ? quote(error.message).slice(1, -1) : '';
    return refuse('json-syntax', `The file is not valid JSON: ${reason}.`);
  }
  return isForm(value) ? value : refuse('type', 'The file does not have the form of this list.');
}

function readEntries(list: readonly unknown[]): readonly ObsidianEntry[] {
  const seen = new Set<string>();
  return list.map((entry, index) => {
    const findings: Finding[] = [];
    const fault = (rule: string, message: string): void => {
      findings.push({ rule, severity: 'error', place: { file: OBSIDIAN_FILES.plugins }, message });
    };
    const table = isTable(entry) ? entry : {};
    const id = textOf(table['id']);
    const label = id ?? `entry ${index + 1}`;
    const text = (key: string): string => {
      const value = textOf(table[key]);
      if (value === undefined) fault('type', `${quote(label)} has no text for the key ${key}.`);
      return value ?? '';
    };
    const plugin = {
      id: text('id'),
      name: text('name'),
      author: text('author'),
      description: text('description'),
      repo: text('repo'),
    };
    if (plugin.repo !== '' && !isRepository(plugin.repo)) {
      fault('repo', `The repository ${quote(plugin.repo)} of ${quote(label)} is none of GitHub.`);
    }
    if (id !== undefined && seen.has(id)) {
      fault('duplicate-id', `The list has the id ${quote(id)} twice; the first one counts.`);
    }
    if (id !== undefined) seen.add(id);
    return { label, plugin: findings.length > 0 ? undefined : plugin, findings };
  });
}

function readStats(
  table: Readonly<Record<string, unknown>>,
  findings: Finding[],
): ReadonlyMap<string, ObsidianStats> {
  const stats = new Map<string, ObsidianStats>();
  for (const [id, entry] of Object.entries(table)) {
    const { downloads, updated, ...tags } = isTable(entry) ? entry : {};
    const counts = Object.entries(tags);
    if (!isCount(downloads) || !counts.every((count): count is [string, number] => isCount(count[1]))) {
      warn(
        findings,
        OBSIDIAN_FILES.stats,
        'type',
        `The statistics of ${quote(id)} are not counts; they were left out.`,
      );
      continue;
    }
    stats.set(id, { downloads, updated: isCount(updated) ? updated : undefined, tags: new Map(counts) });
  }
  return stats;
}

function readRemoved(list: readonly unknown[], findings: Finding[]): ReadonlyMap<string, string> {
  const removed = new Map<string, string>();
  for (const [index, entry] of list.entries()) {
    const table = isTable(entry) ? entry : {};
    const [id, reason] = [textOf(table['id']), textOf(table['reason'])];
    if (id === undefined || reason === undefined) {
      const message = `Entry ${index + 1} has no id or no reason; it was left out.`;
      warn(findings, OBSIDIAN_FILES.removed, 'type', message);
    } else removed.set(id, reason);
  }
  return removed;
}

function readDeprecated(
  table: Readonly<Record<string, unknown>>,
  findings: Finding[],
): ReadonlyMap<string, readonly string[]> {
  const deprecated = new Map<string, readonly string[]>();
  for (const [id, tags] of Object.entries(table)) {
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) deprecated.set(id, tags);
    else
      warn(
        findings,
        OBSIDIAN_FILES.deprecation,
        'type',
        `The versions of ${quote(id)} are no list; they were left out.`,
      );
  }
  return deprecated;
}

function warn(findings: Finding[], file: string, rule: string, message: string): void {
  findings.push({ rule, severity: 'warning', place: { file }, message });
}

/** `owner/name` as GitHub allows it, and nothing that would lead a URL elsewhere. */
function isRepository(repo: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9-]{0,38}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(repo);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
