import { type Sha256, sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import { valueOf } from '../finding.ts';
import {
  type Checkpoint,
  type CheckpointId,
  LATEST_PATH,
  readCheckpoint,
  readLatest,
} from '../index/checkpoint.ts';
import { formatInstant, type Instant } from '../instant.ts';
import { LIMITS } from '../limits.ts';
import { refuseDemoKeys } from '../signatures/demo-keys.ts';
import { readSigners, requireSigner, requireThreshold, type SignersFile } from '../signatures/signers.ts';

/**
 * The order in which a client believes things, as a state machine: bytes, signatures and `now` in, the next
 * state or a refusal out. The rules are those of The Update Framework 1.0.33 §5.3 (root) and §5.4
 * (timestamp), on OpenSSH signatures. Nothing here fetches, stores or knows a clock.
 */

/** A root file of the verified chain. */
export interface TrustedRoot {
  readonly version: number;
  readonly sha256: Sha256;
  readonly bytes: Uint8Array;
  readonly file: SignersFile;
}

/** A position in the sequence of checkpoints with the digest of what was seen there. */
export interface Floor extends CheckpointId {
  readonly sha256: Sha256;
}

/** A checkpoint whose signature and rules held when it was accepted. */
export interface SeenCheckpoint extends Floor {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly value: Checkpoint;
}

/** What is believed about one registry. */
export interface RegistryTrust {
  /** Digest of `root/1.signers`: what the registry is known by on this machine. */
  readonly rootId: Sha256;
  readonly registry: string;
  readonly root: TrustedRoot;
  /** The last accepted checkpoint: the floor below which nothing is accepted any more. */
  readonly checkpoint?: SeenCheckpoint;
}

/** Signatures over one signers file, by the principal that their file name states. */
export type Signatures = ReadonlyMap<string, Uint8Array>;

/**
 * Begins with `root/1.signers`, which must be signed by its own threshold. Whether this is the registry the
 * person meant is the caller's question: a pin, or a person who compares fingerprints.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`, `SHEAF_ROOT`, `SHEAF_SIGNATURE`, `SHEAF_THRESHOLD`.
 */
export function acceptFirstRoot(bytes: Uint8Array, signatures: Signatures): RegistryTrust {
  const root = readRoot(bytes, 1);
  requireThreshold(root.file, 'root@sheaf', bytes, signatures, 'root 1');
  refuseDemoKeys(root.file);
  return { rootId: root.sha256, registry: root.file.registry, root };
}

/**
 * Follows the chain by one root: version exactly one higher, same registry, epoch not lower, signed by the
 * threshold of the trusted root **and** again by its own, each over distinct keys.
 *
 * Expiry is not looked at: a client that was away for a year must be able to walk through expired roots to
 * the living one ({@link requireLiveRoot} judges the last).
 *
 * @throws SheafError `SHEAF_INVALID_FILE`, `SHEAF_ROOT`, `SHEAF_SIGNATURE`, `SHEAF_THRESHOLD`.
 */
export function acceptRoot<T extends RegistryTrust>(trust: T, bytes: Uint8Array, signatures: Signatures): T {
  const version = trust.root.version + 1;
  const next = readRoot(bytes, version);
  if (next.file.registry !== trust.registry) {
    throw new SheafError(
      'SHEAF_ROOT',
      `Root ${version} is for registry ${next.file.registry}, not for ${trust.registry}.`,
    );
  }
  if (next.file.epoch < trust.root.file.epoch) {
    throw new SheafError(
      'SHEAF_ROOT',
      `Root ${version} of ${trust.registry} goes back from epoch ${trust.root.file.epoch} to ${next.file.epoch}.`,
    );
  }
  requireThreshold(
    trust.root.file,
    'root@sheaf',
    bytes,
    signatures,
    `root ${version}, as root ${version - 1} demands`,
  );
  requireThreshold(next.file, 'root@sheaf', bytes, signatures, `root ${version}, as it demands itself`);
  refuseDemoKeys(next.file);
  return { ...trust, root: next };
}

/**
 * Refuses to go on with a root that has expired: whoever withholds its successor must not be able to keep a
 * client on old keys for ever.
 *
 * @throws SheafError `SHEAF_ROOT_EXPIRED`.
 */
export function requireLiveRoot(trust: RegistryTrust, now: Instant): void {
  const expires = trust.root.file.expires;
  if (expires !== undefined && expires > now) return;
  const when = expires === undefined ? 'states no expiry' : `expired on ${formatInstant(expires)}`;
  throw new SheafError(
    'SHEAF_ROOT_EXPIRED',
    `Root ${trust.root.version} of registry ${trust.registry} ${when}, and no newer one is offered.`,
    {
      hint: `Ask the registry's maintainers for a new root; this machine's clock says ${formatInstant(now)}.`,
    },
  );
}

/**
 * Reads `latest`: unsigned, so it only says where to look.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`; `SHEAF_ROLLBACK` when it points below the trusted checkpoint.
 */
export function acceptLatest(trust: RegistryTrust, bytes: Uint8Array): CheckpointId {
  const id = bytes.byteLength > LIMITS.latestBytes ? undefined : readLatest(bytes);
  if (id === undefined) {
    throw new SheafError('SHEAF_INVALID_FILE', `The file latest of ${trust.registry} names no checkpoint.`, {
      place: { file: LATEST_PATH, line: 1, column: 1 },
      hint: 'The address may lead elsewhere now; what was believed before stays as it was.',
    });
  }
  requireNotBelow(trust.checkpoint, id, trust.registry);
  return id;
}

/** What a checkpoint is judged against besides the trust itself. */
export interface CheckpointTest {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly now: Instant;
  /** A further floor for this run only: what a project's lock file has seen. */
  readonly floor?: Floor | undefined;
  /** Read on whatever the clock says: what `--allow-stale` asks for, and what is locked needs no clock at all. */
  readonly allowExpired?: boolean;
}

/**
 * Judges a checkpoint: signed by a key that holds `checkpoint@sheaf` in the trusted root, and every rule on
 * registry, epoch, root, floor and time. Says nothing yet about history ({@link succession}).
 *
 * @throws SheafError `SHEAF_SIGNATURE`, `SHEAF_INVALID_FILE`, `SHEAF_CHECKPOINT`, `SHEAF_ROLLBACK`,
 *   `SHEAF_FORK` (same number, other bytes), `SHEAF_CLOCK`, `SHEAF_EXPIRED`.
 */
export function acceptCheckpoint(trust: RegistryTrust, test: CheckpointTest): SeenCheckpoint {
  const { bytes, signature, now } = test;
  const { registry, root } = trust;
  requireSigner(root.file, 'checkpoint@sheaf', bytes, signature, `the checkpoint of ${registry}`);
  const value = readCheckpoint(bytes, `of ${registry}`);
  const { epoch, version } = value;
  const seen: SeenCheckpoint = { epoch, version, sha256: sha256(bytes), bytes, signature, value };
  const called = `Checkpoint ${formatCheckpointId(value)} of ${registry}`;

  if (value.registry !== registry)
    refuse(`A checkpoint of registry ${value.registry} stands in for ${registry}.`);
  // The CI key alone must not be able to jump ahead: only a root, so the maintainers, begins a new epoch.
  if (value.epoch !== root.file.epoch)
    refuse(`${called} is not of epoch ${root.file.epoch}, which the root demands.`);
  if (value.root < 1 || value.root > root.version) {
    refuse(`${called} names root ${value.root}, but the verified chain ends at ${root.version}.`);
  }
  const life = value.expires - value.issued;
  if (life <= 0 || life > LIMITS.checkpointLife) {
    refuse(
      `${called} lives from ${formatInstant(value.issued)} to ${formatInstant(value.expires)}, which is too long or nothing.`,
    );
  }
  for (const floor of [trust.checkpoint, test.floor]) {
    requireNotBelow(floor, value, registry);
    if (floor !== undefined && compareCheckpointIds(floor, value) === 0 && floor.sha256 !== seen.sha256)
      throw fork(registry, floor, seen);
  }
  if (value.issued > now + LIMITS.clockSkew && test.allowExpired !== true) {
    throw new SheafError(
      'SHEAF_CLOCK',
      `${called} was issued on ${formatInstant(value.issued)}, but the clock of this machine says ${formatInstant(now)}.`,
      { hint: 'Set the clock of this machine, then try again.' },
    );
  }
  if (value.expires <= now && test.allowExpired !== true) {
    throw new SheafError('SHEAF_EXPIRED', `${called} expired on ${formatInstant(value.expires)}.`, {
      hint: `Run sheaf sync, or go on with old data with --allow-stale; this machine's clock says ${formatInstant(now)}.`,
      details: { expires: formatInstant(value.expires) },
    });
  }
  return seen;
}

/** How an accepted checkpoint follows the last one. */
export type Succession = 'first' | 'same' | 'next' | 'new-epoch';

/**
 * Whether `seen` continues the history that this client has been shown. Within an epoch the last checkpoint
 * must be among the ancestors of the new one, or the registry tells different clients different stories.
 *
 * @param includes asks the history of `seen` (core/index/history.ts) whether an earlier checkpoint is part of it.
 * @throws SheafError `SHEAF_FORK`, and whatever `includes` throws.
 */
export async function succession(
  trust: RegistryTrust,
  seen: SeenCheckpoint,
  includes: (earlier: Floor) => Promise<boolean>,
): Promise<Succession> {
  const last = trust.checkpoint;
  if (last === undefined) return 'first';
  if (last.sha256 === seen.sha256) return 'same';
  if (last.epoch !== seen.epoch) return 'new-epoch';
  if (await includes(last)) return 'next';
  throw fork(trust.registry, last, seen);
}

/** `<epoch>-<version>`, as file names and people write it. */
export function formatCheckpointId(id: CheckpointId): string {
  return `${id.epoch}-${id.version}`;
}

/** Orders positions: by epoch, then by version; negative when `a` is the earlier one. */
export function compareCheckpointIds(a: CheckpointId, b: CheckpointId): number {
  return a.epoch - b.epoch || a.version - b.version;
}

function readRoot(bytes: Uint8Array, version: number): TrustedRoot {
  const name = `root/${version}.signers`;
  const file = valueOf(readSigners(bytes, name));
  if (file.kind !== 'root') throw new SheafError('SHEAF_ROOT', `${name} is not a root file.`);
  // Skipping a version would skip the keys that must agree to the step.
  if (file.version !== version) {
    throw new SheafError('SHEAF_ROOT', `${name} calls itself version ${file.version}.`);
  }
  return { version, sha256: sha256(bytes), bytes, file };
}

function requireNotBelow(floor: Floor | undefined, id: CheckpointId, registry: string): void {
  if (floor === undefined || compareCheckpointIds(id, floor) >= 0) return;
  throw new SheafError(
    'SHEAF_ROLLBACK',
    `Registry ${registry} offers checkpoint ${formatCheckpointId(id)}, but ${formatCheckpointId(floor)} was seen before.`,
    {
      hint: 'The source is out of date or being tampered with; try again later or from another source.',
      details: { offered: formatCheckpointId(id), trusted: formatCheckpointId(floor) },
    },
  );
}

function fork(registry: string, seen: Floor, offered: Floor): SheafError {
  const [earlier, later] = [formatCheckpointId(seen), formatCheckpointId(offered)];
  const contradiction =
    earlier === later
      ? `there are two different checkpoints ${later}`
      : `checkpoint ${later} does not follow from ${earlier}, which was seen before`;
  return new SheafError('SHEAF_FORK', `Registry ${registry} shows two histories: ${contradiction}.`, {
    hint: "Its checkpoint key may be in other hands. Tell its maintainers, and send them both checkpoints from this machine's trust state.",
    details: {
      seen: { checkpoint: earlier, sha256: seen.sha256 },
      offered: { checkpoint: later, sha256: offered.sha256 },
    },
  });
}

function refuse(sentence: string): never {
  throw new SheafError('SHEAF_CHECKPOINT', sentence);
}
