import { type JsonContext, parseJson, readMap, readText } from '../documents/strict-json.ts';
import { SheafError } from '../errors.ts';
import { valueOf } from '../finding.ts';
import type { Tier } from '../formats/manifest.ts';
import { readStatusEvent, type StatusEvent } from '../formats/status-event.ts';
import type { PluginName } from '../plugin-name.ts';
import { requireThreshold, type SignersFile } from '../signatures/signers.ts';
import type { Version } from '../version.ts';
import { concerns, mergeRestrictions, type Restriction, restrictionsOf } from './restriction.ts';

/**
 * What the registry says about the standing of plugins. The rule behind all of it: an unsigned event may only
 * take power away. Whoever holds the checkpoint key alone can quarantine a plugin and withdraw its tier, and
 * cannot grant a tier or lift a quarantine.
 */
export interface JudgedEvent extends StatusEvent {
  /** Signed by the threshold of the root's `status@sheaf` keys. */
  readonly signed: boolean;
}

const RANK: Readonly<Record<Tier, number>> = { wasm: 0, native: 1, core: 2 };
const TIERS: readonly Tier[] = ['core', 'native'];

/**
 * Reads the index's copy of the status events that every client has to know, exact texts by path: all but the grants
 * of tiers, which lie with the plugin they are about. A plugin's own come from {@link judgeEvents}.
 *
 * @throws SheafError `SHEAF_INDEX` or `SHEAF_INVALID_FILE` when it is malformed.
 */
export function readStatus(bytes: Uint8Array, root: SignersFile): readonly JudgedEvent[] {
  const context: JsonContext = { what: 'The list of status events', code: 'SHEAF_INDEX' };
  return judgeEvents(readMap(parseJson(bytes, context), context, readText), root);
}

/**
 * Reads status events and judges their signatures by the current root. A signature by a key that the root no longer
 * lists gives nothing: after a rotation the maintainers sign what shall remain granted anew.
 *
 * @param files exact texts of events and of their signatures, by path.
 * @throws SheafError `SHEAF_INDEX` or `SHEAF_INVALID_FILE` when one is malformed.
 */
export function judgeEvents(
  files: Readonly<Record<string, string>>,
  root: SignersFile,
): readonly JudgedEvent[] {
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
      let signed: boolean | undefined;
      return {
        ...event,
        // Judged when somebody asks: most events are read at every synchronisation and concern nobody here.
        get signed() {
          return (signed ??= isSigned(path, message, files, root));
        },
      };
    });
}

/** The highest tier that a signed grant gives a version and nothing later took back. `wasm` needs no grant. */
export function grantedTier(
  restrictions: readonly Restriction[],
  status: readonly JudgedEvent[],
  plugin: PluginName,
  version: Version,
): Tier {
  const withdrawn = mergeRestrictions(restrictions, restrictionsOf(status), status).filter(
    (one) => one.kind === 'revoke-tier' && concerns(one, plugin, version),
  );
  const grants = status.filter(
    (event) =>
      event.kind === 'grant-tier' &&
      event.signed &&
      event.plugin === plugin &&
      (event.version === undefined || event.version === version),
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
