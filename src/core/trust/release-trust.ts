import { sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import { valueOf } from '../finding.ts';
import { type ReleaseManifest, readReleaseManifest, type Tier } from '../formats/manifest.ts';
import { type PluginFile, readPluginFile } from '../formats/plugin-file.ts';
import type { BundleFiles } from '../index/bundle.ts';
import type { CheckpointId } from '../index/checkpoint.ts';
import type { ReleasesRecord, VersionRecord } from '../index/records.ts';
import type { Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Signer } from '../signatures/signers.ts';
import { fingerprint, type SshPublicKey } from '../signatures/ssh-key.ts';
import { type OwnerChain, signedByAnyOwner, signedByOwner } from './owner-chain.ts';
import { isRecoveryDue, requireBelieved, trustedLinks } from './recovery.ts';
import { differenceFrom } from './release-record.ts';
import { revocationOf } from './revocation.ts';
import { requireStanding } from './standing.ts';
import { exceedsTier, grantedTier, type JudgedEvent } from './status.ts';
import {
  chainsVouchedFor,
  type ProvenTransfer,
  provenTransfers,
  transfersAmong,
  wayBetween,
} from './transfers.ts';
import type { PluginPin, TrustState } from './trust-state.ts';

/** One release as the index offers it, with everything that can prove or disprove it. */
export interface OfferedRelease {
  readonly record: ReleasesRecord;
  readonly version: VersionRecord;
  readonly owner: OwnerChain;
  /** The keys of the owners that its transfers name besides, by their names. */
  readonly formerOwners: ReadonlyMap<string, OwnerChain>;
  /** The bundle with plugin.toml and the one with the release; often the same. */
  readonly pluginFiles: BundleFiles;
  readonly releaseFiles: BundleFiles;
  readonly status: readonly JudgedEvent[];
}

/** The circumstances in which it is judged. */
export interface ReleaseTest {
  readonly now: Instant;
  /** The checkpoint at which the project's lock file recorded this manifest, if it did. */
  readonly lockedAt?: CheckpointId | undefined;
  /** The owner whose key signed the release of this plugin that the project's lock file records. */
  readonly lockedOwner?: string | undefined;
  /** A person agreed to the {@link ownerQuestion}. */
  readonly agreed?: boolean;
}

/** A release that may be installed as far as signatures go; policy and artifact come after. */
export interface TrustedRelease {
  readonly manifest: ReleaseManifest;
  /** The exact signed bytes. */
  readonly bytes: Uint8Array;
  readonly plugin: PluginFile;
  /** Whose key signed the manifest, a former owner's perhaps: the version of their key file and the key. */
  readonly owner: { readonly name: string; readonly version: number; readonly key: string };
  /** What the registry grants; never less than the manifest asks for, or it had been refused. */
  readonly granted: Tier;
  /** Set when the owner's keys have changed since this machine last saw them. */
  readonly keyChange?: { readonly from: number; readonly to: number; readonly by: 'owner' | 'recovery' };
  /** Set when a person agreed just now to another owner of the plugin. */
  readonly transfer?: { readonly from: string; readonly to: string };
  /** The state that remembers what was seen; to be kept once the release is used. */
  readonly state: TrustState;
}

/**
 * Judges one release: plugin.toml and manifest signed by keys of the owner's chain (or of a former owner, where
 * a transfer vouches for it), revision not lower than seen, owner not changed behind this machine's back, key not
 * revoked for it, neither quarantined nor malware, tier granted, and the index's copy of what resolution used equal to what was signed.
 *
 * @throws SheafError `SHEAF_SIGNATURE`, `SHEAF_OWNER`, `SHEAF_ROLLBACK`, `SHEAF_REVOKED`, `SHEAF_DIGEST`,
 *   `SHEAF_INDEX`, `SHEAF_POLICY`, `SHEAF_INVALID_FILE`.
 */
export function acceptRelease(state: TrustState, offered: OfferedRelease, test: ReleaseTest): TrustedRelease {
  const { record, version } = offered;
  const title = `${record.name} ${version.version}`;
  const facts = { name: record.name, version: version.version };
  requireStanding(facts, state, offered.status);
  const keys = trustedKeys(state, offered, test);
  const plugin = acceptPluginFile(state, offered, keys, test);
  const handover = handoverOf(pinOf(state, record.name, test), plugin, keys);

  const bytes = fileOf(offered.releaseFiles, `${version.version}.toml`, title);
  const digest = sha256(bytes);
  if (digest !== version.manifest) {
    throw new SheafError('SHEAF_DIGEST', `The manifest of ${title} is not the one that the index names.`, {
      details: { expected: version.manifest, actual: digest },
    });
  }
  const signature = fileOf(offered.releaseFiles, `${version.version}.toml.sig`, title);
  const former = chainsVouchedFor(keys.transfers, version.version, digest);
  const found = signedByAnyOwner([offered.owner, ...former], bytes, signature, `the manifest of ${title}`);
  const { link, signer } = found;
  requireBelieved(state, offered.owner, keys.owner, found, test.now);
  requireStanding({ ...facts, key: fingerprint(signer.key), lockedAt: test.lockedAt }, state, offered.status);
  const signedFor = link.file.owner ?? plugin.owner;
  // What the owner before has released needs no new trust: only to follow the new one has to be agreed to.
  if (handover !== undefined && signedFor !== handover.pin.owner && test.agreed !== true) {
    throw notAgreed(plugin, handover.pin.owner);
  }
  const manifest = valueOf(
    readReleaseManifest(bytes, `${version.version}.toml`, {
      expected: { name: record.name, version: version.version, registry: state.registry },
    }),
  );
  const difference = differenceFrom(version, manifest, plugin);
  if (difference !== undefined) {
    throw new SheafError(
      'SHEAF_INDEX',
      `The index says something else about ${title} than its owner signed: ${difference} differs.`,
      { hint: 'Do not use this index; tell the maintainers of the registry.' },
    );
  }
  const granted = grantedTier(state.restrictions, offered.status, record.name, version.version);
  if (exceedsTier(manifest.security.tier, granted)) {
    throw new SheafError(
      'SHEAF_POLICY',
      `${title} wants the tier ${manifest.security.tier}, and registry ${state.registry} has granted ${granted}.`,
      { hint: 'Use a version of a lower tier, or ask the maintainers of the registry.' },
    );
  }
  const keyChange = changeOf(state, keys.owner);
  const isFollowed = handover !== undefined && test.agreed === true;
  return {
    manifest,
    bytes,
    plugin,
    owner: { name: signedFor, version: link.version, key: fingerprint(signer.key) },
    granted,
    ...(keyChange === undefined ? {} : { keyChange }),
    ...(isFollowed ? { transfer: { from: handover.pin.owner, to: plugin.owner } } : {}),
    state: remember(state, plugin, keys.owner, isFollowed ? undefined : handover?.pin),
  };
}

/** A change of who is trusted, on which a person decides. */
export type OwnerChange =
  | { readonly kind: 'recovery'; readonly owner: string }
  | {
      readonly kind: 'transfer';
      readonly plugin: PluginName;
      readonly from: string;
      readonly to: string;
    };

/**
 * What a person has to agree to before a release can be trusted; undefined when agreeing would change nothing,
 * because it is trusted already or refused for another reason.
 */
export function ownerQuestion(
  state: TrustState,
  offered: OfferedRelease,
  test: ReleaseTest,
): OwnerChange | undefined {
  const { record, owner } = offered;
  const pin = pinOf(state, record.name, test);
  const isOther = pin !== undefined && pin.owner !== record.owner;
  if (!isOther && !isRecoveryDue(state, owner, test.now)) return undefined;
  const isAccepted = (agreed: boolean): boolean => {
    try {
      acceptRelease(state, offered, { ...test, agreed });
      return true;
    } catch (error) {
      if (error instanceof SheafError) return false;
      throw error;
    }
  };
  if (isAccepted(false) || !isAccepted(true)) return undefined;
  return isOther
    ? { kind: 'transfer', plugin: record.name, from: pin.owner, to: record.owner }
    : { kind: 'recovery', owner: record.owner };
}

/** The keys that count for a release. */
interface TrustedKeys {
  /** Those of the owner that the index names. */
  readonly owner: OwnerChain;
  readonly transfers: readonly ProvenTransfer[];
}

function trustedKeys(state: TrustState, offered: OfferedRelease, test: ReleaseTest): TrustedKeys {
  const { record, owner, formerOwners, pluginFiles } = offered;
  const transfers = transfersAmong(pluginFiles, state.registry, record.name);
  const chains = new Map(
    [...formerOwners, [record.owner, owner] as const].map(([name, chain]) => [
      name,
      trustedLinks(state, chain, test),
    ]),
  );
  const isRevoked = (key: SshPublicKey): boolean => revocationOf(state.revoked, key, undefined) !== undefined;
  return {
    owner: chains.get(record.owner) ?? owner,
    transfers: provenTransfers(transfers, chains, isRevoked),
  };
}

/** What must not change without a signature: what this machine has seen, failing that what the lock file says. */
function pinOf(state: TrustState, name: PluginName, { lockedOwner }: ReleaseTest): PluginPin | undefined {
  const pin = state.plugins.get(name);
  if (pin !== undefined || lockedOwner === undefined) return pin;
  return { owner: lockedOwner, revision: 0 };
}

function acceptPluginFile(
  state: TrustState,
  offered: OfferedRelease,
  keys: TrustedKeys,
  test: ReleaseTest,
): PluginFile {
  const { name, owner } = offered.record;
  const title = `the plugin.toml of ${name}`;
  const bytes = fileOf(offered.pluginFiles, 'plugin.toml', name);
  const signature = fileOf(offered.pluginFiles, 'plugin.toml.sig', name);
  const found = signedByOwner(offered.owner, bytes, signature, title);
  requireBelieved(state, offered.owner, keys.owner, found, test.now);
  requireNotRevoked(state, found.signer, title, test);
  const file = valueOf(readPluginFile(bytes, 'plugin.toml'));
  if (file.name !== name || file.registry !== state.registry) {
    throw new SheafError(
      'SHEAF_INDEX',
      `Signed as ${title} is that of ${file.name} in registry ${file.registry}.`,
    );
  }
  if (file.owner !== owner || file.owner !== keys.owner[0].file.owner) {
    throw new SheafError(
      'SHEAF_OWNER',
      `The index gives ${name} to owner ${owner}, its plugin.toml to ${file.owner}.`,
    );
  }
  const pin = state.plugins.get(name);
  if (pin !== undefined && file.revision < pin.revision) {
    throw new SheafError(
      'SHEAF_ROLLBACK',
      `The registry offers revision ${file.revision} of ${title}, but ${pin.revision} was seen before.`,
    );
  }
  return file;
}

/** What a machine that knows another owner of the plugin makes of it. */
interface Handover {
  /** What stays pinned until somebody agrees. */
  readonly pin: PluginPin;
}

/**
 * How the plugin came from the owner that is pinned to the one of today; undefined when they are the same.
 *
 * @throws SheafError `SHEAF_OWNER` when the two did not both sign it.
 */
function handoverOf(pin: PluginPin | undefined, file: PluginFile, keys: TrustedKeys): Handover | undefined {
  if (pin === undefined || pin.owner === file.owner) return undefined;
  const range = { after: pin.revision, upTo: file.revision };
  const way = wayBetween(keys.transfers, { from: pin.owner, to: file.owner }, range);
  const [first] = way ?? [];
  if (first === undefined) {
    throw new SheafError(
      'SHEAF_OWNER',
      `${file.name} belonged to ${pin.owner} and is now offered by ${file.owner}, and they did not both sign that.`,
      {
        hint: 'Keep what is installed, and ask the maintainers of the registry; nothing here proves that it was handed over.',
        details: { plugin: file.name, from: pin.owner, to: file.owner },
      },
    );
  }
  return { pin: { owner: pin.owner, revision: Math.max(pin.revision, first.file.revision - 1) } };
}

function requireNotRevoked(state: TrustState, signer: Signer, title: string, test: ReleaseTest): void {
  const revoked = revocationOf(state.revoked, signer.key, test.lockedAt);
  if (revoked === undefined) return;
  const reason = revoked.reason === undefined ? '' : ` (${revoked.reason})`;
  throw new SheafError(
    'SHEAF_REVOKED',
    `The key of ${signer.principal} that signed ${title} is revoked${reason}.`,
    {
      hint: 'Use another plugin until its owner has signed a release with a new key.',
      details: { fingerprint: fingerprint(signer.key) },
    },
  );
}

function notAgreed(plugin: PluginFile, from: string): SheafError {
  return new SheafError(
    'SHEAF_OWNER',
    `${from} handed ${plugin.name} over to ${plugin.owner}; both signed that, and nobody here has agreed to it.`,
    {
      hint: `If you trust ${plugin.owner} with it, add --accept-owner-change.`,
      details: { plugin: plugin.name, from, to: plugin.owner },
    },
  );
}

function changeOf(state: TrustState, trusted: OwnerChain): TrustedRelease['keyChange'] {
  const pin = state.owners.get(trusted[0].file.owner ?? '');
  const newest = trusted.at(-1) ?? trusted[0];
  if (pin === undefined || newest.version <= pin.version) return undefined;
  const isRecovered = trusted.some((link) => link.version > pin.version && link.by === 'recovery');
  return { from: pin.version, to: newest.version, by: isRecovered ? 'recovery' : 'owner' };
}

/** @param kept what stays pinned of the plugin, when that is not its owner of today. */
function remember(
  state: TrustState,
  plugin: PluginFile,
  trusted: OwnerChain,
  kept: PluginPin | undefined,
): TrustState {
  const { version, sha256 } = trusted.at(-1) ?? trusted[0];
  const { owner, revision } = plugin;
  return {
    ...state,
    owners: new Map(state.owners).set(owner, { version, sha256 }),
    plugins: new Map(state.plugins).set(plugin.name, kept ?? { owner, revision }),
  };
}

function fileOf(files: BundleFiles, name: string, title: string): Uint8Array {
  const text = files[name];
  if (text !== undefined) return new TextEncoder().encode(text);
  throw new SheafError('SHEAF_INDEX', `The index has no ${name} of ${title}.`);
}
