import {
  type JsonContext,
  jsonFault,
  parseJson,
  readMap,
  readObject,
  readText,
} from '../documents/strict-json.ts';
import { SheafError } from '../errors.ts';
import { valueOf } from '../finding.ts';
import type { Tier } from '../formats/manifest.ts';
import { readStatusEvent, type StatusEvent } from '../formats/status-event.ts';
import { formatInstant, type Instant, parseInstant } from '../instant.ts';
import { isPluginName, type PluginName } from '../plugin-name.ts';
import { requireThreshold, type SignersFile } from '../signatures/signers.ts';
import { isVersion, type Version } from '../version.ts';

/**
 * What the registry says about the standing of plugins. The rule behind all of it: an unsigned event may only
 * take power away. Whoever holds the checkpoint key alone can quarantine a plugin and withdraw its tier, and
 * cannot grant a tier or lift a quarantine.
 */
export interface JudgedEvent extends StatusEvent {
  /** Signed by the threshold of the root's `status@sheaf` keys. */
  readonly signed: boolean;
}

/** An event that takes something away; once seen, it stays until a signed event gives it back. */
export interface Restriction {
  readonly plugin: PluginName;
  readonly kind: 'quarantine' | 'revoke-tier';
  /** All versions when absent. */
  readonly version?: Version;
  /** Of a withdrawn tier: this one and those above; all when absent. */
  readonly tier?: Tier;
  readonly date: Instant;
  readonly reason: string;
}

const RANK: Readonly<Record<Tier, number>> = { wasm: 0, native: 1, core: 2 };
const TIERS: readonly Tier[] = ['core', 'native'];

/**
 * Reads the index's copy of all status events, exact texts by path, and judges their signatures by the current
 * root. A signature by a key that the root no longer lists gives nothing: after a rotation the maintainers sign
 * what shall remain granted anew.
 *
 * @throws SheafError `SHEAF_INDEX` or `SHEAF_INVALID_FILE` when it is malformed.
 */
export function readStatus(bytes: Uint8Array, root: SignersFile): readonly JudgedEvent[] {
  const context: JsonContext = { what: 'The list of status events', code: 'SHEAF_INDEX' };
  const files = readMap(parseJson(bytes, context), context, readText);
  return Object.entries(files)
    .filter(([path]) => path.endsWith('.toml'))
    .map(([path, text]) => {
      const message = new TextEncoder().encode(text);
      const event = valueOf(readStatusEvent(message, path));
      if (event.registry !== root.registry) {
        throw new SheafError(
          'SHEAF_INDEX',
          `${path} is an event of registry ${event.registry}, not of ${root.registry}.`,
        );
      }
      return Object.assign(event, { signed: isSigned(path, message, files, root) });
    });
}

/** Everything that was taken away, now or before, and not wholly given back by a signed event. */
export function mergeRestrictions(
  before: readonly Restriction[],
  status: readonly JudgedEvent[],
): readonly Restriction[] {
  const merged = [...before];
  for (const event of status) {
    const restriction = restrictionOf(event);
    if (restriction !== undefined && !merged.some((other) => isSame(other, restriction)))
      merged.push(restriction);
  }
  return merged.filter((one) => !isLifted(one, one.version, status));
}

/** The quarantine that stands over a version; undefined when there is none. */
export function quarantineOf(
  restrictions: readonly Restriction[],
  status: readonly JudgedEvent[],
  plugin: PluginName,
  version: Version,
): Restriction | undefined {
  return mergeRestrictions(restrictions, status).find(
    (one) => one.kind === 'quarantine' && concerns(one, plugin, version) && !isLifted(one, version, status),
  );
}

/** The highest tier that a signed grant gives a version and nothing later took back. `wasm` needs no grant. */
export function grantedTier(
  restrictions: readonly Restriction[],
  status: readonly JudgedEvent[],
  plugin: PluginName,
  version: Version,
): Tier {
  const withdrawn = mergeRestrictions(restrictions, status).filter(
    (one) => one.kind === 'revoke-tier' && concerns(one, plugin, version),
  );
  const grants = status.filter(
    (event) => event.kind === 'grant-tier' && event.signed && concerns(event, plugin, version),
  );
  const stands = (grant: JudgedEvent, tier: Tier): boolean =>
    grant.tier === tier &&
    !withdrawn.some((one) => one.date >= grant.date && RANK[one.tier ?? 'wasm'] <= RANK[tier]);
  return TIERS.find((tier) => grants.some((grant) => stands(grant, tier))) ?? 'wasm';
}

/** Whether `tier` is more than `granted` allows. */
export function exceedsTier(tier: Tier, granted: Tier): boolean {
  return RANK[tier] > RANK[granted];
}

/** A restriction as a JSON value. */
export function writeRestriction(restriction: Restriction): Readonly<Record<string, string>> {
  const { plugin, kind, version, tier, date, reason } = restriction;
  return {
    plugin,
    kind,
    ...(version === undefined ? {} : { version }),
    ...(tier === undefined ? {} : { tier }),
    date: formatInstant(date),
    reason,
  };
}

/** Reads a restriction as {@link writeRestriction} writes it. */
export function readRestriction(value: unknown, context: JsonContext): Restriction {
  const fields = readObject(value, context, ['plugin', 'kind', 'date', 'reason'], ['version', 'tier']);
  const { plugin, kind, version, tier } = fields;
  const date = parseInstant(readText(fields['date'], context));
  if (!isPluginName(plugin)) throw jsonFault(context, 'has a restriction of no plugin');
  if (kind !== 'quarantine' && kind !== 'revoke-tier') throw jsonFault(context, 'has an unknown restriction');
  if (version !== undefined && !isVersion(version))
    throw jsonFault(context, 'has a restriction of no version');
  if (tier !== undefined && !isTier(tier)) throw jsonFault(context, 'has a restriction of no tier');
  if (date === undefined) throw jsonFault(context, 'has a restriction without a date');
  return {
    plugin,
    kind,
    ...(version === undefined ? {} : { version }),
    ...(tier === undefined ? {} : { tier }),
    date,
    reason: readText(fields['reason'], context),
  };
}

function isSigned(
  path: string,
  message: Uint8Array,
  files: Readonly<Record<string, string>>,
  root: SignersFile,
): boolean {
  const signatures = new Map<string, Uint8Array>();
  for (const { principal } of root.signers) {
    const signature = files[`${path}.${principal}.sig`];
    if (signature !== undefined) signatures.set(principal, new TextEncoder().encode(signature));
  }
  try {
    requireThreshold(root, 'status@sheaf', message, signatures, path);
    return true;
  } catch (error) {
    if (error instanceof SheafError && error.code === 'SHEAF_THRESHOLD') return false;
    throw error;
  }
}

function restrictionOf(event: JudgedEvent): Restriction | undefined {
  const { plugin, kind, version, tier, date, reason } = event;
  if (kind !== 'quarantine' && kind !== 'revoke-tier') return undefined;
  return {
    plugin,
    kind,
    ...(version === undefined ? {} : { version }),
    ...(tier === undefined ? {} : { tier }),
    date,
    reason,
  };
}

/**
 * Whether a signed release gave back what a quarantine took, for one version or, undefined, for all that it
 * covers. The release must be the later one, or an old one could be shown again to lift a new quarantine. A
 * withdrawn tier is never given back this way: a grant after it stands by its own date, and those before stay
 * withdrawn.
 */
function isLifted(one: Restriction, version: Version | undefined, status: readonly JudgedEvent[]): boolean {
  if (one.kind !== 'quarantine') return false;
  return status.some(
    (event) =>
      event.kind === 'release' &&
      event.signed &&
      event.plugin === one.plugin &&
      (event.version === undefined || event.version === version) &&
      event.date > one.date,
  );
}

function concerns(
  event: { readonly plugin: PluginName; readonly version?: Version },
  plugin: PluginName,
  version: Version,
): boolean {
  return event.plugin === plugin && (event.version === undefined || event.version === version);
}

function isSame(a: Restriction, b: Restriction): boolean {
  return JSON.stringify(writeRestriction(a)) === JSON.stringify(writeRestriction(b));
}

function isTier(value: unknown): value is Tier {
  return value === 'wasm' || value === 'native' || value === 'core';
}
