import { sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import { valueOf } from '../finding.ts';
import { type ReleaseManifest, readReleaseManifest, type Tier } from '../formats/manifest.ts';
import { type PluginFile, readPluginFile } from '../formats/plugin-file.ts';
import type { BundleFiles } from '../index/bundle.ts';
import type { CheckpointId } from '../index/checkpoint.ts';
import type { ReleasesRecord, VersionRecord } from '../index/records.ts';
import { DAY, formatInstant, type Instant } from '../instant.ts';
import type { Signer } from '../signatures/signers.ts';
import { fingerprint } from '../signatures/ssh-key.ts';
import { type OwnerChain, type OwnerLink, signedByOwner } from './owner-chain.ts';
import { differenceFrom } from './release-record.ts';
import { revocationOf } from './revocation.ts';
import { exceedsTier, grantedTier, type JudgedEvent, quarantineOf } from './status.ts';
import type { TrustState } from './trust-state.ts';

/** How long a client waits before it believes that an owner's lost keys were replaced by the root. */
export const RECOVERY_WAIT: number = 14 * DAY;

/** One release as the index offers it, with everything that can prove or disprove it. */
export interface OfferedRelease {
  readonly record: ReleasesRecord;
  readonly version: VersionRecord;
  readonly owner: OwnerChain;
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
  /** A person agreed to keys that the root's recovery keys put in the place of an owner's lost ones. */
  readonly acceptRecovery?: boolean;
}

/** A release that may be installed as far as signatures go; policy and artifact come after. */
export interface TrustedRelease {
  readonly manifest: ReleaseManifest;
  /** The exact signed bytes. */
  readonly bytes: Uint8Array;
  readonly plugin: PluginFile;
  /** Who signed the manifest: the version of the owner's key file and the key. */
  readonly owner: { readonly name: string; readonly version: number; readonly key: string };
  /** What the registry grants; never less than the manifest asks for, or it had been refused. */
  readonly granted: Tier;
  /** Set when the owner's keys have changed since this machine last saw them. */
  readonly keyChange?: { readonly from: number; readonly to: number; readonly by: 'owner' | 'recovery' };
  /** The state that remembers what was seen; to be kept once the release is used. */
  readonly state: TrustState;
}

/**
 * Judges one release: plugin.toml and manifest signed by keys of the owner's chain, revision not lower than
 * seen, owner not changed behind this machine's back, key not revoked for it, not quarantined, tier granted, and
 * the index's copy of what resolution used equal to what was signed.
 *
 * @throws SheafError `SHEAF_SIGNATURE`, `SHEAF_OWNER`, `SHEAF_ROLLBACK`, `SHEAF_REVOKED`, `SHEAF_DIGEST`,
 *   `SHEAF_INDEX`, `SHEAF_POLICY`, `SHEAF_INVALID_FILE`.
 */
export function acceptRelease(state: TrustState, offered: OfferedRelease, test: ReleaseTest): TrustedRelease {
  const { record, version } = offered;
  const title = `${record.name} ${version.version}`;
  const quarantine = quarantineOf(state.restrictions, offered.status, record.name, version.version);
  if (quarantine !== undefined) {
    throw new SheafError(
      'SHEAF_REVOKED',
      `${title} is quarantined since ${formatInstant(quarantine.date)}: ${JSON.stringify(quarantine.reason)}.`,
      { hint: 'Use another version or another plugin; the registry has to release it with signatures.' },
    );
  }
  const trusted = trustedLinks(state, offered.owner, test);
  const plugin = acceptPluginFile(state, offered, trusted, test);

  const bytes = fileOf(offered.releaseFiles, `${version.version}.toml`, title);
  const digest = sha256(bytes);
  if (digest !== version.manifest) {
    throw new SheafError('SHEAF_DIGEST', `The manifest of ${title} is not the one that the index names.`, {
      details: { expected: version.manifest, actual: digest },
    });
  }
  const signature = fileOf(offered.releaseFiles, `${version.version}.toml.sig`, title);
  const { link, signer } = signedByOwner(trusted, bytes, signature, `the manifest of ${title}`);
  requireNotRevoked(state, signer, title, test);
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
  const keyChange = changeOf(state, offered.owner, trusted);
  return {
    manifest,
    bytes,
    plugin,
    owner: { name: plugin.owner, version: link.version, key: fingerprint(signer.key) },
    granted,
    ...(keyChange === undefined ? {} : { keyChange }),
    state: remember(state, plugin, trusted),
  };
}

/** The state with the first sight of a recovery noted, from which this machine counts {@link RECOVERY_WAIT}. */
export function noticeRecovery(state: TrustState, chain: OwnerChain, now: Instant): TrustState {
  const recovered = unseenRecovery(state, chain);
  if (recovered === undefined) return state;
  const owner = recovered.file.owner ?? '';
  const known = state.recoveries.get(owner);
  if (known?.version === recovered.version && known.sha256 === recovered.sha256) return state;
  const { version, sha256 } = recovered;
  return { ...state, recoveries: new Map(state.recoveries).set(owner, { version, sha256, firstSeen: now }) };
}

/** A recovery link newer than what this machine has pinned; one that it began with is no change to it. */
function unseenRecovery(state: TrustState, chain: OwnerChain): OwnerLink | undefined {
  const pin = state.owners.get(chain[0].file.owner ?? '');
  return pin === undefined
    ? undefined
    : chain.find((link) => link.by === 'recovery' && link.version > pin.version);
}

/** The links whose keys count: all, or those before a recovery that is too new or that nobody agreed to. */
function trustedLinks(state: TrustState, chain: OwnerChain, test: ReleaseTest): OwnerChain {
  const recovered = unseenRecovery(state, chain);
  if (recovered === undefined) return chain;
  const seen = state.recoveries.get(recovered.file.owner ?? '');
  const isOver =
    seen?.sha256 === recovered.sha256 &&
    seen.firstSeen + RECOVERY_WAIT <= test.now &&
    test.acceptRecovery === true;
  if (isOver) return chain;
  const [first, ...rest] = chain;
  return [first, ...rest.filter((link) => link.version < recovered.version)];
}

function acceptPluginFile(
  state: TrustState,
  offered: OfferedRelease,
  trusted: OwnerChain,
  test: ReleaseTest,
): PluginFile {
  const { name, owner } = offered.record;
  const title = `the plugin.toml of ${name}`;
  const bytes = fileOf(offered.pluginFiles, 'plugin.toml', name);
  const signature = fileOf(offered.pluginFiles, 'plugin.toml.sig', name);
  const { signer } = signedByOwner(trusted, bytes, signature, title);
  requireNotRevoked(state, signer, title, test);
  const file = valueOf(readPluginFile(bytes, 'plugin.toml'));
  if (file.name !== name || file.registry !== state.registry) {
    throw new SheafError(
      'SHEAF_INDEX',
      `Signed as ${title} is that of ${file.name} in registry ${file.registry}.`,
    );
  }
  if (file.owner !== owner || file.owner !== trusted[0].file.owner) {
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
  if (pin !== undefined && pin.owner !== file.owner) {
    throw new SheafError(
      'SHEAF_OWNER',
      `${name} belonged to ${pin.owner} and is now offered by ${file.owner}.`,
      {
        hint: `If ${pin.owner} handed it over, remove the plugin and install it anew; nothing here proves it.`,
      },
    );
  }
  return file;
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

function changeOf(state: TrustState, chain: OwnerChain, trusted: OwnerChain): TrustedRelease['keyChange'] {
  const pin = state.owners.get(chain[0].file.owner ?? '');
  const newest = trusted.at(-1) ?? trusted[0];
  if (pin === undefined || newest.version <= pin.version) return undefined;
  const isRecovered = trusted.some((link) => link.version > pin.version && link.by === 'recovery');
  return { from: pin.version, to: newest.version, by: isRecovered ? 'recovery' : 'owner' };
}

function remember(state: TrustState, plugin: PluginFile, trusted: OwnerChain): TrustState {
  const { version, sha256 } = trusted.at(-1) ?? trusted[0];
  return {
    ...state,
    owners: new Map(state.owners).set(plugin.owner, { version, sha256 }),
    plugins: new Map(state.plugins).set(plugin.name, { owner: plugin.owner, revision: plugin.revision }),
  };
}

function fileOf(files: BundleFiles, name: string, title: string): Uint8Array {
  const text = files[name];
  if (text !== undefined) return new TextEncoder().encode(text);
  throw new SheafError('SHEAF_INDEX', `The index has no ${name} of ${title}.`);
}
