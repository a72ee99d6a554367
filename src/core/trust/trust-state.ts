import { isSha256, type Sha256, sha256 } from '../digest.ts';
import {
  exactText,
  type JsonContext,
  jsonFault,
  parseJson,
  readArray,
  readCount,
  readMap,
  readObject,
  readText,
} from '../documents/strict-json.ts';
import { SheafError } from '../errors.ts';
import { valueOf } from '../finding.ts';
import { readCheckpoint } from '../index/checkpoint.ts';
import { formatInstant, type Instant, parseInstant } from '../instant.ts';
import { isPluginName, type PluginName } from '../plugin-name.ts';
import { type RevokedKey, readRevoked, writeRevoked } from '../signatures/revoked.ts';
import { readSigners } from '../signatures/signers.ts';
import { type Restriction, readRestriction, writeRestriction } from './restriction.ts';
import type { RegistryTrust, SeenCheckpoint, TrustedRoot } from './trust.ts';

/**
 * What this machine has learned about one registry and must not forget, because forgetting is what an
 * attacker with a stolen checkpoint key needs: `registries/<root id>.json` in the state directory.
 */
export interface TrustState extends RegistryTrust {
  /** The newest key file seen of each owner whose plugins were used here. */
  readonly owners: ReadonlyMap<string, OwnerPin>;
  /** The newest plugin.toml seen of each plugin that was used here. */
  readonly plugins: ReadonlyMap<PluginName, PluginPin>;
  /** Key files that come from the root's recovery keys and not from the owner, with their first sight. */
  readonly recoveries: ReadonlyMap<string, Recovery>;
  /** Keys seen revoked; they stay revoked when the index no longer says so. */
  readonly revoked: readonly RevokedKey[];
  /** Quarantines, withdrawn tiers and malware seen; they end by a signed event only. */
  readonly restrictions: readonly Restriction[];
  /** Capabilities that a person of this machine agreed to, for each plugin. */
  readonly consents: ReadonlyMap<PluginName, readonly string[]>;
  /** Signed contradictions, kept for whoever investigates. */
  readonly evidence: readonly Evidence[];
}

/** A position in the chain of an owner's key files. */
export interface OwnerPin {
  readonly version: number;
  readonly sha256: Sha256;
}

/** What a plugin must not fall behind. */
export interface PluginPin {
  readonly owner: string;
  readonly revision: number;
}

/** A recovery that this client waits out. */
export interface Recovery extends OwnerPin {
  readonly firstSeen: Instant;
}

/** Two signed checkpoints: of a fork, or the last before and the first after a new epoch. */
export interface Evidence {
  readonly kind: 'fork' | 'new-epoch';
  readonly seen: SignedText;
  readonly offered: SignedText;
}

/** A signed file and its signature, both exactly as received. */
export interface SignedText {
  readonly file: string;
  readonly signature: string;
}

const SCHEMA = 'sheaf-trust/1';

/** Pieces of evidence kept; an attacker must not be able to fill the disk with forks. */
const EVIDENCE_KEPT = 16;

/** What is known of a registry at first: its root. */
export function newTrustState(trust: RegistryTrust): TrustState {
  return {
    ...trust,
    owners: new Map(),
    plugins: new Map(),
    recoveries: new Map(),
    revoked: [],
    restrictions: [],
    consents: new Map(),
    evidence: [],
  };
}

/** The state with one more piece of evidence; the oldest go first, the same one is not kept twice. */
export function withEvidence(
  state: TrustState,
  kind: Evidence['kind'],
  seen: Pick<SeenCheckpoint, 'bytes' | 'signature'>,
  offered: Pick<SeenCheckpoint, 'bytes' | 'signature'>,
): TrustState {
  const piece: Evidence = { kind, seen: signedText(seen), offered: signedText(offered) };
  const same = (other: Evidence): boolean =>
    other.seen.file === piece.seen.file && other.offered.file === piece.offered.file;
  return {
    ...state,
    evidence: [...state.evidence.filter((other) => !same(other)), piece].slice(-EVIDENCE_KEPT),
  };
}

/** Writes the state as {@link readTrustState} reads it; keys sorted, so that equal states are equal bytes. */
export function writeTrustState(state: TrustState): Uint8Array {
  const value = {
    schema: SCHEMA,
    rootId: state.rootId,
    registry: state.registry,
    root: { version: state.root.version, file: textOf(state.root.bytes) },
    ...(state.checkpoint === undefined ? {} : { checkpoint: signedText(state.checkpoint) }),
    owners: sortedRecord(state.owners, (pin) => ({ version: pin.version, sha256: pin.sha256 })),
    plugins: sortedRecord(state.plugins, (pin) => ({ owner: pin.owner, revision: pin.revision })),
    recoveries: sortedRecord(state.recoveries, (recovery) => ({
      version: recovery.version,
      sha256: recovery.sha256,
      firstSeen: formatInstant(recovery.firstSeen),
    })),
    revoked: textOf(writeRevoked(state.revoked)),
    restrictions: state.restrictions.map(writeRestriction),
    consents: sortedRecord(state.consents, (ids) => [...ids].toSorted()),
    evidence: state.evidence,
  };
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}

/**
 * Reads the state of a registry.
 *
 * The root and checkpoint in it were verified before they were written and belong to this user, so their
 * signatures are not asked for again here; whoever opens the index verifies the checkpoint anew.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`.
 */
export function readTrustState(bytes: Uint8Array, rootId: Sha256): TrustState {
  const context: JsonContext = { what: `The trust state of registry ${rootId}`, code: 'SHEAF_INVALID_FILE' };
  const fields = readObject(
    parseJson(bytes, context),
    context,
    [
      'schema',
      'rootId',
      'registry',
      'root',
      'owners',
      'plugins',
      'recoveries',
      'revoked',
      'restrictions',
      'consents',
      'evidence',
    ],
    ['checkpoint'],
  );
  if (fields['schema'] !== SCHEMA) throw jsonFault(context, `is not of the schema ${SCHEMA}`);
  if (fields['rootId'] !== rootId) throw jsonFault(context, 'belongs to another registry');
  const root = readRoot(fields['root'], context);
  const registry = readText(fields['registry'], context);
  if (root.file.registry !== registry) throw jsonFault(context, 'has the root of another registry');
  const revoked = new TextEncoder().encode(readText(fields['revoked'], context));
  return {
    rootId,
    registry,
    root,
    ...(fields['checkpoint'] === undefined ? {} : { checkpoint: readSeen(fields['checkpoint'], context) }),
    owners: new Map(Object.entries(readMap(fields['owners'], context, readOwnerPin))),
    plugins: pluginMap(readMap(fields['plugins'], context, readPluginPin), context),
    recoveries: new Map(Object.entries(readMap(fields['recoveries'], context, readRecovery))),
    revoked: valueOf(readRevoked(revoked, 'revoked')),
    restrictions: readArray(fields['restrictions'], context, readRestriction),
    consents: pluginMap(
      readMap(fields['consents'], context, (ids) => readArray(ids, context, readText)),
      context,
    ),
    evidence: readArray(fields['evidence'], context, readEvidence),
  };
}

function readRoot(value: unknown, context: JsonContext): TrustedRoot {
  const fields = readObject(value, context, ['version', 'file']);
  const bytes = new TextEncoder().encode(readText(fields['file'], context));
  const version = readCount(fields['version'], context);
  const file = valueOf(readSigners(bytes, `root/${version}.signers`));
  if (file.kind !== 'root' || file.version !== version) throw jsonFault(context, 'has a root that is none');
  return { version, sha256: sha256(bytes), bytes, file };
}

function readSeen(value: unknown, context: JsonContext): SeenCheckpoint {
  const text = readSignedText(value, context);
  const bytes = new TextEncoder().encode(text.file);
  const checkpoint = readCheckpoint(bytes, 'last seen');
  return {
    epoch: checkpoint.epoch,
    version: checkpoint.version,
    sha256: sha256(bytes),
    bytes,
    signature: new TextEncoder().encode(text.signature),
    value: checkpoint,
  };
}

function readOwnerPin(value: unknown, context: JsonContext): OwnerPin {
  const fields = readObject(value, context, ['version', 'sha256']);
  const digest = fields['sha256'];
  if (!isSha256(digest)) throw jsonFault(context, 'has an owner without a SHA-256');
  return { version: readCount(fields['version'], context), sha256: digest };
}

function readRecovery(value: unknown, context: JsonContext): Recovery {
  const { firstSeen, ...pin } = readObject(value, context, ['version', 'sha256', 'firstSeen']);
  const instant = parseInstant(readText(firstSeen, context));
  if (instant === undefined) throw jsonFault(context, 'has a recovery without a time');
  return { ...readOwnerPin(pin, context), firstSeen: instant };
}

function readPluginPin(value: unknown, context: JsonContext): PluginPin {
  const fields = readObject(value, context, ['owner', 'revision']);
  return { owner: readText(fields['owner'], context), revision: readCount(fields['revision'], context) };
}

function readEvidence(value: unknown, context: JsonContext): Evidence {
  const { kind, seen, offered } = readObject(value, context, ['kind', 'seen', 'offered']);
  if (kind !== 'fork' && kind !== 'new-epoch') throw jsonFault(context, 'has evidence of an unknown kind');
  return { kind, seen: readSignedText(seen, context), offered: readSignedText(offered, context) };
}

function readSignedText(value: unknown, context: JsonContext): SignedText {
  const { file, signature } = readObject(value, context, ['file', 'signature']);
  return { file: readText(file, context), signature: readText(signature, context) };
}

function pluginMap<T>(record: Readonly<Record<string, T>>, context: JsonContext): ReadonlyMap<PluginName, T> {
  return new Map(
    Object.entries(record).map(([name, value]) => {
      if (!isPluginName(name)) throw jsonFault(context, `names the plugin ${JSON.stringify(name)}`);
      return [name, value];
    }),
  );
}

function sortedRecord<T>(map: ReadonlyMap<string, T>, write: (value: T) => unknown): Record<string, unknown> {
  const entries = [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, write(value)]));
}

function signedText(signed: Pick<SeenCheckpoint, 'bytes' | 'signature'>): SignedText {
  return { file: textOf(signed.bytes), signature: textOf(signed.signature) };
}

/** Signed bytes as text from which the same bytes come back; every format that is stored here is UTF-8. */
function textOf(bytes: Uint8Array): string {
  const text = exactText(bytes);
  if (text !== undefined) return text;
  throw new SheafError('SHEAF_INVALID_FILE', 'A signed file of the registry is not UTF-8.');
}
