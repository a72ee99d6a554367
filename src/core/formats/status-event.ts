import { defined } from '../defined.ts';
import { baseName, type Report, readDocument } from '../documents/file-reading.ts';
import { judgeInstant } from '../documents/instant-rule.ts';
import { parseToml } from '../documents/toml-document.ts';
import { writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { formatInstant, type Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validateStatus } from '../validators/status.generated.js';
import type { Version } from '../version.ts';
import type { Tier } from './manifest.ts';

/**
 * One change of a plugin's standing: `registry/security/status/<pp>/<name>/<date>-<kind>.toml`. Giving power
 * (`grant-tier`, `release`) counts only with signatures of the root's `status@sheaf` keys; taking it away
 * (`revoke-tier`, `quarantine`) needs none.
 */
export interface StatusEvent {
  readonly registry: string;
  readonly plugin: PluginName;
  readonly kind: StatusKind;
  /** The tier that is granted or revoked. */
  readonly tier?: Tier;
  /** Of a release: the advisory on malware that it lifts; a quarantine when absent. */
  readonly advisory?: string;
  /** All versions when absent. */
  readonly version?: Version;
  readonly date: Instant;
  readonly reason: string;
}

/** `release` lifts a quarantine, or what an advisory on malware has brought about. */
export type StatusKind = 'grant-tier' | 'revoke-tier' | 'quarantine' | 'release';

/** Whether the event grants a tier: of interest only to who wants that plugin, unlike all others. */
export function isGrant(event: Pick<StatusEvent, 'kind'>): boolean {
  return event.kind === 'grant-tier';
}

/** Whether the event gives power, so that it counts only when it is signed. */
export function givesPower(event: Pick<StatusEvent, 'kind'>): boolean {
  return event.kind === 'grant-tier' || event.kind === 'release';
}

/** The file as `schemas/status.schema.json` accepts it. */
interface StatusToml {
  readonly event: {
    readonly registry: string;
    readonly plugin: string;
    readonly kind: StatusKind;
    readonly tier?: Tier;
    readonly advisory?: string;
    readonly version?: string;
    readonly date: string;
    readonly reason: string;
  };
}

/** Reads a status event. A base name that begins with a date must be that of the event. */
export function readStatusEvent(bytes: Uint8Array, file: string): Reading<StatusEvent> {
  return readDocument(parseToml(bytes, file), validateStatus, (document, report) => {
    const { event } = document.value as unknown as StatusToml;
    judgeTier(event, report);
    if (event.advisory !== undefined && event.kind !== 'release') {
      const message = `A ${event.kind} event is about no advisory.`;
      report(['event', 'advisory'], 'unknown-key', message, 'Remove advisory.');
    }
    judgeFileName(event, baseName(file), report);
    return defined({
      registry: event.registry,
      plugin: event.plugin as PluginName,
      kind: event.kind,
      tier: event.tier,
      advisory: event.advisory,
      version: event.version as Version | undefined,
      date: judgeInstant(['event', 'date'], event.date, report),
      reason: event.reason,
    });
  });
}

/** Writes a status event as {@link readStatusEvent} reads it. */
export function writeStatusEvent(event: StatusEvent): Uint8Array {
  return writeToml({
    event: {
      registry: event.registry,
      plugin: event.plugin,
      kind: event.kind,
      tier: event.tier,
      advisory: event.advisory,
      version: event.version,
      date: formatInstant(event.date),
      reason: event.reason,
    },
  });
}

function judgeTier(event: StatusToml['event'], report: Report): void {
  const isAboutTier = event.kind === 'grant-tier' || event.kind === 'revoke-tier';
  if (isAboutTier && event.tier === undefined) {
    report(['event'], 'missing-key', `A ${event.kind} event must name the tier.`, 'Add tier = "native".');
  }
  if (!isAboutTier && event.tier !== undefined) {
    report(['event', 'tier'], 'unknown-key', `A ${event.kind} event is about no tier.`, 'Remove tier.');
  }
}

/** `2026-11-20-quarantine.toml`, with `-2` and so on for further ones of the day. */
function judgeFileName(event: StatusToml['event'], name: string, report: Report): void {
  const stem = `${event.date.slice(0, 10)}-${event.kind}`;
  if (!/^\d{4}-\d\d-\d\d/.test(name)) return;
  if (name.startsWith(stem) && /^(-[1-9][0-9]{0,3})?\.toml$/.test(name.slice(stem.length))) return;
  report(
    ['event', 'kind'],
    'event-file-name',
    `The file is named ${quote(name)}, but the event is a ${event.kind} of ${quote(event.date.slice(0, 10))}.`,
    `Name the file ${quote(`${stem}.toml`)}.`,
  );
}
