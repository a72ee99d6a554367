import type { ObjectRef, Sha256 } from './digest.ts';
import type { CapabilityRequest, PluginDependency, Tier } from './manifest.ts';
import type { Platform } from './platform.ts';
import type { PluginName } from './plugin-name.ts';
import type { Version, VersionRange } from './version.ts';

/** What search results and `sheaf info` show of a plugin: one JSON line of the `plugins` tree. */
export interface PluginRecord {
  readonly name: PluginName;
  readonly displayName?: string;
  readonly description: string;
  readonly category: string;
  readonly keywords: readonly string[];
  readonly authors: readonly string[];
  readonly license?: string;
  readonly owner: string;
  /** The newest version that is not yanked and no pre-release; failing that, the newest of all. */
  readonly version: Version;
  readonly versions: number;
  readonly tier: { readonly requested: Tier; readonly granted: Tier };
  readonly capabilities: readonly string[];
  readonly languages: readonly string[];
  readonly engines: Readonly<Record<string, VersionRange>>;
  readonly repository?: string;
  readonly homepage?: string;
  readonly deprecated?: string;
  /** Facts, absent until measured. `published` is an RFC 3339 timestamp. */
  readonly published?: string;
  readonly score?: number;
  readonly rating?: number;
  readonly ratingCount?: number;
  readonly downloads?: number;
}

/** What resolution needs of a plugin: one JSON line of the `releases` tree. */
export interface ReleasesRecord {
  readonly name: PluginName;
  readonly owner: string;
  /** The signed files (core/bundle.ts), in order of the versions they hold; plugin.toml is in the first. */
  readonly bundles: readonly ObjectRef[];
  /** Newest first. */
  readonly versions: readonly VersionRecord[];
}

/** One version as resolution sees it. `install` compares it with the signed manifest and refuses a difference. */
export interface VersionRecord {
  readonly version: Version;
  /** Digest of the manifest's bytes. */
  readonly manifest: Sha256;
  /** Position in `ReleasesRecord.bundles`. */
  readonly bundle: number;
  readonly tier: Tier;
  readonly capabilities: readonly CapabilityRequest[];
  readonly platforms: readonly Platform[];
  readonly engines: Readonly<Record<string, VersionRange>>;
  readonly dependencies: Readonly<Record<PluginName, PluginDependency>>;
  readonly published?: string;
  /** Reasons, from the signed plugin.toml. */
  readonly yanked?: string;
  readonly deprecated?: string;
}

/** The exact files of one owner, by file name: one JSON line of the `owners` tree. */
export interface OwnerRecord {
  readonly owner: string;
  readonly files: Readonly<Record<string, string>>;
}
