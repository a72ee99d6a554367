import type { PluginFile as ArtifactFile } from '../authoring/ports.ts';
import type { Sha256 } from '../digest.ts';
import type { SheafError } from '../errors.ts';
import type { Advisory } from '../formats/advisory.ts';
import type { CapabilityPolicy } from '../formats/capability-policy.ts';
import type { LicensePolicy } from '../formats/license-policy.ts';
import type { Artifact, ReleaseManifest } from '../formats/manifest.ts';
import type { OwnerFile } from '../formats/owner-file.ts';
import type { PluginFile } from '../formats/plugin-file.ts';
import type { RegistryFile } from '../formats/registry-file.ts';
import type { SourceFile } from '../index/source-layout.ts';
import type { Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import type { SignedReview } from '../reviewing/judge-review.ts';
import type { AllowedSigner } from '../signatures/allowed-signers.ts';
import type { RevokedKey } from '../signatures/revoked.ts';
import type { SignersFile } from '../signatures/signers.ts';
import type { KeyFile } from '../trust/key-ceremony.ts';
import type { OwnerChain } from '../trust/owner-chain.ts';
import type { SignedTransfer } from '../trust/transfers.ts';
import type { Version } from '../version.ts';
import type { NearName } from './near-names.ts';

/**
 * A change that somebody proposes to a registry, with everything that its rules need in order to judge it. What the
 * change says of itself is data and nothing more: policies, names and keys are those of the registry before it.
 *
 * The words for it: a change is what differs between two commits, whoever sends it; a proposal is a change as its
 * author hands it in (core/submission-ports.ts); a pull request is what a forge makes of that, merge requests included;
 * a submission is one that waits for machines and reviewers (core/reviewing), as a rule with one release in it.
 */
export interface Change {
  readonly registry: RegistryFile;
  /** The trust root that counts. */
  readonly root: SignersFile;
  readonly licenses: LicensePolicy;
  /** Of the registry; some are about packages that plugins are built from. */
  readonly advisories: readonly Advisory[];
  readonly capabilities: CapabilityPolicy;
  /** Names of the categories of the registry. */
  readonly categories: ReadonlySet<string>;
  /** Every file that would differ, by path. */
  readonly files: readonly ChangedFile[];
  /** Whose account proposes it, where a forge vouches for that. */
  readonly submitter?: Submitter;
  /** Categories of every plugin that the registry has, by name. */
  readonly names: ReadonlyMap<PluginName, readonly string[]>;
  /** Owners whose files or plugins the change touches. */
  readonly owners: ReadonlyMap<string, ChangedOwner>;
  /** Plugins of which it touches a file. */
  readonly plugins: readonly ChangedPlugin[];
  /** What owners besides the changed ones state of themselves; read only where the change states something new. */
  readonly otherOwners: ReadonlyMap<string, OwnerFile>;
  /** Keys that are trusted no more. */
  readonly revoked: readonly RevokedKey[];
  /** Who may sign reviews. */
  readonly reviewers: readonly AllowedSigner[];
  readonly now: Instant;
}

/** A file that would differ. */
export interface ChangedFile {
  readonly path: string;
  /** What it is in a registry; undefined for what no registry has. */
  readonly source: SourceFile | undefined;
  readonly change: 'added' | 'modified' | 'removed';
  /** What Git says it is, after the change or, for what is removed, before it. */
  readonly kind: 'file' | 'executable' | 'link' | 'submodule';
  /** Bytes; 0 for what is removed. */
  readonly size: number;
  readonly before?: Uint8Array;
  /** Absent for what is removed, for what is no plain file, and for what is too large to be read. */
  readonly after?: Uint8Array;
}

/** The account of a person on a forge. The number counts: names get recycled. */
export interface Submitter {
  readonly forge: 'github' | 'gitlab' | 'gitea';
  readonly id: number;
  readonly login: string;
}

/** An owner as the change would leave it. */
export interface ChangedOwner {
  readonly name: string;
  /** Whether the registry has this owner already. */
  readonly isNew: boolean;
  /** The account ids and addresses that count: those of the registry, or those that a new owner brings. */
  readonly about?: OwnerFile;
  /** The verified key files after the change; the refusal when they do not verify, absent when there are none. */
  readonly keys?: OwnerChain | SheafError;
  /** All their key files after the change, with whatever signatures they have. */
  readonly keyFiles: readonly KeyFile[];
}

/** A plugin as the change would leave it. */
export interface ChangedPlugin {
  readonly name: PluginName;
  /** The category in which the change puts it. */
  readonly category: string;
  /** `plugin.toml` of the registry; absent for a new plugin. */
  readonly before?: PluginFile;
  /** `plugin.toml` after the change, where it can be read. */
  readonly after?: PluginFile;
  /** Releases that the registry has, by version. */
  readonly published: ReadonlyMap<Version, ReleaseManifest>;
  /** Releases that the change adds and that can be read. */
  readonly releases: readonly SubmittedRelease[];
  /** Digests of the manifests that the registry has, by version. */
  readonly digests: ReadonlyMap<Version, Sha256>;
  /** Transfers after the change, with whatever signatures they have; the error when one cannot be read. */
  readonly transfers: readonly SignedTransfer[] | SheafError;
  /** Reviews that the change adds or renews, by path. */
  readonly reviews: ReadonlyMap<string, SignedReview>;
  /** Plugins of the registry that its name could be mistaken for; only looked for when it is new. */
  readonly near: readonly NearPlugin[];
}

/** A plugin of the registry whose name could be mistaken for that of another. */
export interface NearPlugin extends NearName {
  /** Absent when its plugin.toml cannot be read. */
  readonly owner?: string;
}

/** A release that is to be added. */
export interface SubmittedRelease {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly signature?: Uint8Array;
  readonly manifest: ReleaseManifest;
  readonly artifacts: readonly ExaminedArtifact[];
  /** Releases of the registry by the plugins that this one needs, and those that they need. */
  readonly needed: ReadonlyMap<PluginName, NeededPlugin>;
}

/** A plugin that a release needs, directly or not. */
export interface NeededPlugin {
  readonly file: PluginFile;
  readonly releases: ReadonlyMap<Version, ReleaseManifest>;
}

/** An artifact, fetched from where its author published it. */
export interface ExaminedArtifact {
  readonly artifact: Artifact;
  /** Why it could not be fetched or opened, or is not what the manifest says. */
  readonly problem?: SheafError;
  /**
   * What is in it; a bare module is `plugin.wasm`, with the files that it carries beside it. Absent when there is a
   * problem, and when nothing was fetched.
   */
  readonly files?: readonly ArtifactFile[];
  /** The sigstore bundle that the artifact names, not looked at yet; the refusal when it could not be fetched. */
  readonly attestation?: Uint8Array | SheafError;
}
