import { defined } from '../defined.ts';
import { baseName, type Report, readDocument } from '../documents/file-reading.ts';
import { judgeInstant } from '../documents/instant-rule.ts';
import { parseJsonDocument } from '../documents/json-document.ts';
import type { Path } from '../documents/source-text.ts';
import type { Reading } from '../finding.ts';
import { formatInstant, type Instant } from '../instant.ts';
import { LIMITS } from '../limits.ts';
import { isPluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validateAdvisory } from '../validators/advisory.generated.js';
import { compareVersions, isVersion, type Version } from '../version.ts';
import { judgeUrl } from '../web-url.ts';

/**
 * A security advisory in the Open Source Vulnerability format 1.7, restricted to plugins of a sheaf registry and
 * to packages that plugins are built from: `registry/security/advisories/PLUG-<year>-<number>.json`, or
 * `MAL-<year>-<number>.json` for malware. Keys are those of the format; dates are instants.
 */
export interface Advisory {
  readonly schema_version?: string;
  readonly id: string;
  readonly modified: Instant;
  readonly published?: Instant;
  /** Set in place of deleting the advisory. */
  readonly withdrawn?: Instant;
  readonly aliases?: readonly string[];
  readonly related?: readonly string[];
  readonly upstream?: readonly string[];
  readonly summary?: string;
  readonly details?: string;
  readonly severity?: readonly CvssScore[];
  readonly affected: readonly AffectedPackage[];
  readonly references?: readonly { readonly type: string; readonly url: string }[];
  readonly credits?: readonly {
    readonly name: string;
    readonly contact?: readonly string[];
    readonly type?: string;
  }[];
  /** `malware`: it does harm on purpose, so affected versions of a plugin are refused even when locked. */
  readonly database_specific?: { readonly malware?: boolean };
}

/** A vector of the Common Vulnerability Scoring System. */
export interface CvssScore {
  readonly type: 'CVSS_V3' | 'CVSS_V4';
  readonly score: string;
}

/** One plugin, or one package of another ecosystem, and the versions of it that an advisory is about. */
export interface AffectedPackage {
  readonly package: { readonly ecosystem: string; readonly name: string; readonly purl?: string };
  readonly severity?: readonly CvssScore[];
  readonly ranges?: readonly AffectedRange[];
  readonly versions?: readonly Version[];
  readonly ecosystem_specific?: Readonly<Record<string, unknown>>;
  readonly database_specific?: Readonly<Record<string, unknown>>;
}

/** Affected versions, in order of precedence; each event has one of the keys. */
export interface AffectedRange {
  readonly type: 'SEMVER';
  readonly events: readonly RangeEvent[];
  readonly database_specific?: Readonly<Record<string, unknown>>;
}

/** A version at which something changes; `introduced` may be "0", which is before all versions. */
export interface RangeEvent {
  readonly introduced?: Version | '0';
  readonly fixed?: Version;
  readonly last_affected?: Version;
  readonly limit?: Version;
}

type DateKey = 'modified' | 'published' | 'withdrawn';

/** The file as `schemas/advisory.schema.json` accepts it. */
type AdvisoryJson = Omit<Advisory, DateKey> & {
  readonly modified: string;
  readonly published?: string;
  readonly withdrawn?: string;
};

/** What stands before the id of a registry in the ecosystem of its plugins. */
export const PLUGIN_ECOSYSTEM = 'sheaf:';
const MAX_DEPTH = LIMITS.textFileDepth;

/** Reads an advisory. A base name `PLUG-….json` or `MAL-….json` must be its id. */
export function readAdvisory(bytes: Uint8Array, file: string): Reading<Advisory> {
  const parsed = parseJsonDocument(bytes, file, { maxBytes: LIMITS.manifestBytes, maxDepth: MAX_DEPTH });
  return readDocument(parsed, validateAdvisory, (document, report) => {
    const json = document.value as unknown as AdvisoryJson;
    judgeId(json.id, baseName(file), report);
    for (const [index, { url }] of (json.references ?? []).entries()) {
      judgeUrl(report, ['references', index, 'url'], url);
    }
    for (const [index, affected] of json.affected.entries()) {
      judgeAffected(affected, ['affected', index], json.severity !== undefined, report);
    }
    const instantOf = (key: DateKey): Instant | undefined =>
      json[key] === undefined ? undefined : judgeInstant([key], json[key], report);
    return defined({
      ...json,
      modified: judgeInstant(['modified'], json.modified, report),
      published: instantOf('published'),
      withdrawn: instantOf('withdrawn'),
    });
  });
}

/** Writes an advisory as {@link readAdvisory} reads it: JSON with two blanks of indentation. */
export function writeAdvisory(advisory: Advisory): Uint8Array {
  const json: AdvisoryJson = defined({
    schema_version: advisory.schema_version,
    id: advisory.id,
    modified: formatInstant(advisory.modified),
    published: dateText(advisory.published),
    withdrawn: dateText(advisory.withdrawn),
    aliases: advisory.aliases,
    related: advisory.related,
    upstream: advisory.upstream,
    summary: advisory.summary,
    details: advisory.details,
    severity: advisory.severity,
    affected: advisory.affected,
    references: advisory.references,
    credits: advisory.credits,
    database_specific: advisory.database_specific,
  });
  return new TextEncoder().encode(`${JSON.stringify(json, undefined, 2)}\n`);
}

function dateText(instant: Instant | undefined): string | undefined {
  return instant === undefined ? undefined : formatInstant(instant);
}

function judgeId(id: string, name: string, report: Report): void {
  if (!/^(PLUG|MAL)-/.test(name) || name === `${id}.json`) return;
  report(
    ['id'],
    'id-file-name',
    `The id is ${quote(id)}, but the file is named ${quote(name)}.`,
    `Name the file ${quote(`${id}.json`)}.`,
  );
}

function judgeAffected(affected: AffectedPackage, path: Path, hasSeverity: boolean, report: Report): void {
  if (hasSeverity && affected.severity !== undefined) {
    report(
      [...path, 'severity'],
      'duplicate-severity',
      'The severity is given for the advisory and for this plugin.',
      'Keep it in one of the places.',
    );
  }
  const { ecosystem, name } = affected.package;
  if (ecosystem.startsWith(PLUGIN_ECOSYSTEM) && !isPluginName(name)) {
    report(
      [...path, 'package', 'name'],
      'plugin-name',
      `${quote(name)} is no name that a plugin can have.`,
      'Write the name of the plugin as its manifest has it.',
    );
  }
  if (affected.ranges === undefined && affected.versions === undefined) {
    report(
      path,
      'missing-key',
      'The entry names no versions.',
      'Add ranges or versions; the event {"introduced": "0"} stands for all versions.',
    );
  }
  for (const [index, { events }] of (affected.ranges ?? []).entries()) {
    judgeEvents(events, [...path, 'ranges', index, 'events'], report);
  }
}

function judgeEvents(events: readonly RangeEvent[], path: Path, report: Report): void {
  if (!events.some((event) => event.introduced !== undefined)) {
    report(
      path,
      'missing-key',
      'The range begins nowhere.',
      'Add an event {"introduced": "0"} or a version.',
    );
  }
  const ends = new Set(events.flatMap((event) => Object.keys(event)));
  if (ends.has('fixed') && ends.has('last_affected')) {
    report(path, 'range-ends', 'The range has both "fixed" and "last_affected".', 'Keep one of them.');
  }
  let previous: string | undefined;
  for (const [index, event] of events.entries()) {
    const [key = '', version = ''] = Object.entries(event)[0] ?? [];
    if (version !== '0' && !isVersion(version)) {
      report(
        [...path, index, key],
        'version',
        `${quote(version)} is not a version.`,
        'Write one such as 1.2.0.',
      );
    } else if (previous !== undefined && !follows(previous, version)) {
      // Evaluation goes through the events in order; out of order, it would miss affected versions.
      report(
        [...path, index, key],
        'event-order',
        `${quote(version)} comes after ${quote(previous)}, but is no later version.`,
        'Sort the events by version.',
      );
    }
    previous = version;
  }
}

function follows(previous: string, version: string): boolean {
  if (previous === '0') return true;
  return isVersion(version) && isVersion(previous) && compareVersions(version, previous) >= 0;
}
