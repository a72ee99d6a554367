import { defined } from '../defined.ts';
import { readDocument } from '../documents/file-reading.ts';
import { judgeInstant } from '../documents/instant-rule.ts';
import { parseJsonDocument } from '../documents/json-document.ts';
import type { Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { validate as validateOsv } from '../validators/osv.generated.js';
import { compareVersions, isVersion, type Version } from '../version.ts';
import type { Advisory, AffectedPackage, AffectedRange, CvssScore, RangeEvent } from './advisory.ts';

/** The file as `schemas/osv.schema.json` accepts it. */
interface OsvJson {
  readonly id: string;
  readonly modified: string;
  readonly withdrawn?: string;
  readonly aliases?: readonly string[];
  readonly summary?: string;
  readonly severity?: readonly OsvScore[];
  readonly affected?: readonly OsvAffected[];
}

interface OsvScore {
  readonly type: string;
  readonly score: string;
}

interface OsvAffected {
  readonly package?: { readonly ecosystem: string; readonly name: string };
  readonly severity?: readonly OsvScore[];
  readonly ranges?: readonly { readonly type: string; readonly events: readonly OsvEvent[] }[];
  readonly versions?: readonly string[];
}

type EventKey = keyof RangeEvent;
type OsvEvent = Readonly<Partial<Record<EventKey, string>>>;

/** Where packages come from that manifests name, all with versions by Semantic Versioning. */
const ECOSYSTEMS: ReadonlySet<string> = new Set(['crates.io', 'npm', 'Go', 'Hex', 'Pub']);

/** Versions at which something begins come before those at which it ends, where both are the same. */
const EVENT_ORDER: readonly EventKey[] = ['introduced', 'fixed', 'last_affected', 'limit'];

/**
 * Reads an advisory of any database in the Open Source Vulnerability format 1.x (https://ossf.github.io/osv-schema/),
 * for scanning: what is about other things than packages of manifests is left out, and of what cannot be compared a
 * doubt counts against the package. A registry publishes advisories in the narrower form of core/formats/advisory.ts.
 */
export function readOsvAdvisory(bytes: Uint8Array, file: string): Reading<Advisory> {
  const bounds = { maxBytes: LIMITS.osvFileBytes, maxDepth: LIMITS.textFileDepth };
  return readDocument(parseJsonDocument(bytes, file, bounds), validateOsv, (document, report) => {
    const json = document.value as unknown as OsvJson;
    const instantOf = (key: 'modified' | 'withdrawn', text: string) =>
      judgeInstant([key], text.replace(/\.\d+(?=Z$)/, ''), report);
    return defined({
      id: json.id,
      modified: instantOf('modified', json.modified),
      withdrawn: json.withdrawn === undefined ? undefined : instantOf('withdrawn', json.withdrawn),
      aliases: json.aliases,
      summary: json.summary,
      severity: scoresOf(json.severity),
      affected: (json.affected ?? []).flatMap(affectedOf),
    });
  });
}

function affectedOf(affected: OsvAffected): readonly AffectedPackage[] {
  const { package: named, severity, versions = [] } = affected;
  if (named === undefined || !ECOSYSTEMS.has(named.ecosystem)) return [];
  const ranges = (affected.ranges ?? [])
    .filter(({ type }) => type !== 'GIT')
    .map(({ events }): AffectedRange => ({ type: 'SEMVER', events: eventsOf(events) }));
  const readable = versions.flatMap((text) => versionOf(text) ?? []);
  const isUnclear = ranges.length === 0 && readable.length < Math.max(versions.length, 1);
  return [
    defined({
      package: { ecosystem: named.ecosystem, name: named.name },
      severity: scoresOf(severity),
      versions: readable,
      ranges: isUnclear ? [ALL] : ranges,
    }),
  ];
}

const ALL: AffectedRange = { type: 'SEMVER', events: [{ introduced: '0' }] };

/** Sorted, as the format asks of those who evaluate them; all versions when one of them cannot be compared. */
function eventsOf(events: readonly OsvEvent[]): readonly RangeEvent[] {
  const known: { readonly key: EventKey; readonly version: Version | '0' }[] = [];
  for (const event of events) {
    for (const key of EVENT_ORDER) {
      const text = event[key];
      // It bounds what was looked at, which is said of commits and says nothing about what is affected.
      if (text === undefined || key === 'limit') continue;
      const version = text === '0' ? '0' : versionOf(text);
      if (version === undefined) return ALL.events;
      known.push({ key, version });
    }
  }
  const sorted = known.toSorted(
    (a, b) => compare(a.version, b.version) || EVENT_ORDER.indexOf(a.key) - EVENT_ORDER.indexOf(b.key),
  );
  if (!sorted.some(({ key }) => key === 'introduced')) return ALL.events;
  return sorted.map(({ key, version }) => ({ [key]: version }));
}

function compare(a: Version | '0', b: Version | '0'): number {
  if (a === '0' || b === '0') return Number(b === '0') - Number(a === '0');
  return compareVersions(a, b);
}

/** Databases leave out trailing zeros, and keep the metadata of a build. */
function versionOf(text: string): Version | undefined {
  const plain = text.replace(/^v(?=\d)/, '').replace(/\+.*$/, '');
  const padded = /^\d+$/.test(plain) ? `${plain}.0.0` : /^\d+\.\d+$/.test(plain) ? `${plain}.0` : plain;
  return isVersion(padded) ? padded : undefined;
}

function scoresOf(scores: readonly OsvScore[] | undefined): readonly CvssScore[] | undefined {
  return scores?.flatMap(({ type, score }) =>
    type === 'CVSS_V3' || type === 'CVSS_V4' ? [{ type, score }] : [],
  );
}
