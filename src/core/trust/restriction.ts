import { includesVersion, isMalware } from '../advisories/affects.ts';
import { defined } from '../defined.ts';
import {
  type JsonContext,
  jsonFault,
  readArray,
  readObject,
  readOptional,
  readText,
} from '../documents/strict-json.ts';
import { SheafError } from '../errors.ts';
import {
  type Advisory,
  type AffectedPackage,
  type AffectedRange,
  PLUGIN_ECOSYSTEM,
  type RangeEvent,
} from '../formats/advisory.ts';
import type { Tier } from '../formats/manifest.ts';
import { formatInstant, type Instant, parseInstant } from '../instant.ts';
import { LIMITS } from '../limits.ts';
import { isPluginName, type PluginName } from '../plugin-name.ts';
import { isVersion, type Version } from '../version.ts';
import type { JudgedEvent } from './status.ts';

/**
 * Something that was taken away from a plugin. Nobody has to sign for it, so nobody can give it back unsigned
 * either: once seen, it stays until a signed `release` event lifts it, whatever later checkpoints leave out.
 */
export interface Restriction {
  readonly plugin: PluginName;
  readonly kind: 'quarantine' | 'revoke-tier' | 'malware';
  /** All versions when absent. */
  readonly version?: Version;
  /** Of a withdrawn tier: this one and those above; all when absent. */
  readonly tier?: Tier;
  /** Of malware, always there: the advisory and the versions that it is about. */
  readonly advisory?: MalwareAdvisory;
  /** Versions for which a signed event has lifted it. */
  readonly except?: readonly Version[];
  readonly date: Instant;
  readonly reason: string;
}

/** What has to be remembered of an advisory on malware. */
export interface MalwareAdvisory extends Pick<AffectedPackage, 'versions' | 'ranges'> {
  readonly id: string;
}

/**
 * Everything that was taken away, now or before, and not wholly given back by a signed event.
 *
 * @param before what was known already.
 */
export function mergeRestrictions(
  before: readonly Restriction[],
  now: readonly Restriction[],
  status: readonly JudgedEvent[],
): readonly Restriction[] {
  const merged = new Map(before.map((one) => [identityOf(one), one]));
  for (const one of now) if (!merged.has(identityOf(one))) merged.set(identityOf(one), one);
  return [...merged.values()].flatMap((one) => withoutLifted(one, status));
}

/** What status events take away. */
export function restrictionsOf(status: readonly JudgedEvent[]): readonly Restriction[] {
  return status.flatMap(({ plugin, kind, version, tier, date, reason }) =>
    kind === 'quarantine' || kind === 'revoke-tier'
      ? [defined({ plugin, kind, version, tier, date, reason })]
      : [],
  );
}

/** What the advisories on malware take away from plugins of a registry. A withdrawn one takes nothing. */
export function malwareRestrictions(
  advisories: readonly Advisory[],
  registry: string,
): readonly Restriction[] {
  return advisories
    .filter((advisory) => advisory.withdrawn === undefined && isMalware(advisory))
    .flatMap((advisory) => {
      const { id, modified, summary } = advisory;
      return advisory.affected.flatMap(
        ({ package: { ecosystem, name }, versions, ranges }): Restriction[] => {
          if (ecosystem !== `${PLUGIN_ECOSYSTEM}${registry}` || !isPluginName(name)) return [];
          // Anything else in a range is free text that only fills the memory.
          const events = ranges?.map(({ type, events }) => ({ type, events }));
          return [
            {
              plugin: name,
              kind: 'malware',
              advisory: defined({ id, versions, ranges: events }),
              date: modified,
              reason: summary ?? 'It does harm on purpose',
            },
          ];
        },
      );
    });
}

/** Whether a restriction stands over a version. */
export function concerns(one: Restriction, plugin: PluginName, version: Version): boolean {
  if (one.plugin !== plugin || one.except?.includes(version) === true) return false;
  if (one.advisory !== undefined) return includesVersion(one.advisory, version);
  return one.version === undefined || one.version === version;
}

/**
 * Refuses more than a client can remember: forgetting some would lift them, and taking all would fill the disk.
 * The checkpoint is then not believed, so that what was known before stays in force until it expires.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function requireBounded(restrictions: readonly Restriction[], registry: string): void {
  const size = JSON.stringify(restrictions.map(writeRestriction)).length;
  if (size <= LIMITS.restrictionBytes) return;
  throw new SheafError(
    'SHEAF_INDEX',
    `Registry ${registry} restricts more plugins than this machine is willing to remember.`,
    {
      hint: 'Tell its maintainers; what was known of the registry before stays as it was.',
      details: { restrictions: restrictions.length },
    },
  );
}

/** A restriction as a JSON value. */
export function writeRestriction(restriction: Restriction): Readonly<Record<string, unknown>> {
  const { plugin, kind, version, tier, advisory, except, date, reason } = restriction;
  return defined({
    plugin,
    kind,
    version,
    tier,
    advisory:
      advisory === undefined
        ? undefined
        : defined({
            id: advisory.id,
            versions: advisory.versions,
            ranges: advisory.ranges?.map(({ events }) => events),
          }),
    except: except?.toSorted(),
    date: formatInstant(date),
    reason,
  });
}

/** Reads a restriction as {@link writeRestriction} writes it. */
export function readRestriction(value: unknown, context: JsonContext): Restriction {
  const optional = ['version', 'tier', 'advisory', 'except'];
  const fields = readObject(value, context, ['plugin', 'kind', 'date', 'reason'], optional);
  const { plugin, kind, tier } = fields;
  const date = parseInstant(readText(fields['date'], context));
  if (!isPluginName(plugin)) throw jsonFault(context, 'has a restriction of no plugin');
  if (!isKind(kind)) throw jsonFault(context, 'has an unknown restriction');
  if (tier !== undefined && !isTier(tier)) throw jsonFault(context, 'has a restriction of no tier');
  if (date === undefined) throw jsonFault(context, 'has a restriction without a date');
  const advisory = readOptional(fields['advisory'], context, readMalwareAdvisory);
  if ((kind === 'malware') !== (advisory !== undefined))
    throw jsonFault(context, 'has a restriction whose kind does not fit');
  return defined({
    plugin,
    kind,
    version: readOptional(fields['version'], context, readVersion),
    tier,
    advisory,
    except: readOptional(fields['except'], context, readVersions),
    date,
    reason: readText(fields['reason'], context),
  });
}

function readMalwareAdvisory(value: unknown, context: JsonContext): MalwareAdvisory {
  const fields = readObject(value, context, ['id'], ['versions', 'ranges']);
  return defined({
    id: readText(fields['id'], context),
    versions: readOptional(fields['versions'], context, readVersions),
    ranges: readOptional(fields['ranges'], context, (ranges) =>
      readArray(
        ranges,
        context,
        (events): AffectedRange => ({
          type: 'SEMVER',
          events: readArray(events, context, readEvent),
        }),
      ),
    ),
  });
}

function readEvent(value: unknown, context: JsonContext): RangeEvent {
  const fields = readObject(value, context, [], ['introduced', 'fixed', 'last_affected', 'limit']);
  const { introduced, ...others } = fields;
  return defined({
    introduced: readOptional(introduced, context, readBound),
    fixed: readOptional(others['fixed'], context, readVersion),
    last_affected: readOptional(others['last_affected'], context, readVersion),
    limit: readOptional(others['limit'], context, readVersion),
  });
}

function readBound(value: unknown, context: JsonContext): Version | '0' {
  return value === '0' ? value : readVersion(value, context);
}

function readVersions(value: unknown, context: JsonContext): readonly Version[] {
  return readArray(value, context, readVersion);
}

function readVersion(value: unknown, context: JsonContext): Version {
  if (!isVersion(value)) throw jsonFault(context, 'has a restriction of no version');
  return value;
}

/**
 * What makes it the same as one that was seen before. Of malware neither the date nor the words count: an
 * advisory that is edited day by day must not be remembered day by day.
 */
function identityOf(one: Restriction): string {
  const { except: _lifted, date, reason, ...rest } = one;
  const { plugin, kind, version, tier, advisory } = rest;
  const what = [plugin, kind, version ?? '', tier ?? '', advisory ?? null];
  return JSON.stringify(kind === 'malware' ? what : [...what, date, reason]);
}

/**
 * What is left of a restriction after signed releases: nothing when one lifts it for all that it covers. The
 * release must be the later one, or an old one could be shown again to lift a new quarantine; and one that names
 * an advisory lifts that advisory alone. A withdrawn tier is never given back this way: a grant after it stands
 * by its own date, and those before stay withdrawn.
 */
function withoutLifted(one: Restriction, status: readonly JudgedEvent[]): readonly Restriction[] {
  if (one.kind === 'revoke-tier') return [one];
  const releases = status.filter(
    (event) =>
      event.kind === 'release' &&
      event.signed &&
      event.plugin === one.plugin &&
      event.advisory === one.advisory?.id &&
      event.date > one.date,
  );
  if (releases.some(({ version }) => version === undefined || version === one.version)) return [];
  const lifted = releases.flatMap(({ version }) => version ?? []);
  if (lifted.length === 0) return [one];
  return [{ ...one, except: [...new Set([...(one.except ?? []), ...lifted])].toSorted() }];
}

function isKind(value: unknown): value is Restriction['kind'] {
  return value === 'quarantine' || value === 'revoke-tier' || value === 'malware';
}

function isTier(value: unknown): value is Tier {
  return value === 'wasm' || value === 'native' || value === 'core';
}
