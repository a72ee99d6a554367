import { defined } from '../defined.ts';
import type { Artifact, Author, CapabilityRequest, PluginDependency, Tier } from '../formats/manifest.ts';
import type { PluginRecord, VersionRecord } from '../index/records.ts';
import type { Platform } from '../platform.ts';
import type { PluginName } from '../plugin-name.ts';
import type { TrustedRelease } from '../trust/release-trust.ts';
import type { Version } from '../version.ts';
import { downloadPath } from './route.ts';

/**
 * The answers of the JSON API; `schemas/api.schema.json` describes them. Names with an underscore are those that
 * other registries use for the same.
 */

/** A plugin, as a list and its own page show it. */
export interface ApiPlugin {
  readonly name: PluginName;
  readonly version: Version;
  readonly displayName?: string;
  readonly description: string;
  readonly author: string;
  readonly owner: string;
  readonly category: string;
  readonly keywords: readonly string[];
  readonly license?: string;
  readonly homepage?: string;
  readonly repository?: string;
  readonly languages: readonly string[];
  /** As it was granted. */
  readonly tier: Tier;
  readonly verified: boolean;
  readonly capabilities: readonly string[];
  readonly downloads?: number;
  readonly rating?: number;
  readonly ratingCount?: number;
  readonly score?: number;
  readonly published?: string;
  readonly deprecated?: string;
  readonly yanked?: string;
  readonly download_url: string;
}

/** A page of plugins. */
export interface ApiPluginPage {
  readonly plugins: readonly ApiPlugin[];
  readonly total: number;
  readonly pages: number;
  readonly current: number;
  readonly hasMore: boolean;
}

/** A version in a list of versions. */
export interface ApiVersionSummary {
  readonly version: Version;
  readonly tier: Tier;
  readonly capabilities: readonly string[];
  readonly platforms: readonly Platform[];
  readonly published?: string;
  readonly yanked?: string;
  readonly deprecated?: string;
  readonly download_url: string;
}

/** A release whose signatures hold. */
export interface ApiVersion extends ApiVersionSummary {
  readonly name: PluginName;
  readonly description: string;
  readonly author: string;
  readonly license?: string;
  readonly homepage?: string;
  readonly repository?: string;
  readonly languages: readonly string[];
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<PluginName, string>>;
  /** Digest of what `download_url` gives to a client that names no platform; absent when that is nothing. */
  readonly file_hash?: string;
  readonly artifacts: readonly {
    readonly platform: Platform;
    readonly kind: Artifact['kind'];
    readonly url: string;
    readonly download_url: string;
    readonly file_hash: string;
    readonly size?: number;
  }[];
  /** Digest of the signed manifest, and the signature over it: an OpenSSH signature in armor. */
  readonly manifest: string;
  readonly signature: string;
  readonly signed_by: { readonly owner: string; readonly version: number; readonly key: string };
}

/** How addresses of this API begin; with a slash at the end. */
export type ApiBase = string;

/** Describes a plugin. */
export function apiPlugin(record: PluginRecord, base: ApiBase): ApiPlugin {
  return defined({
    name: record.name,
    version: record.version,
    displayName: record.displayName,
    description: record.description,
    author: record.authors.join(', '),
    owner: record.owner,
    category: record.category,
    keywords: record.keywords,
    license: record.license,
    homepage: record.homepage,
    repository: record.repository,
    languages: record.languages,
    tier: record.tier.granted,
    verified: record.tier.granted !== 'wasm',
    capabilities: record.capabilities,
    downloads: record.downloads,
    rating: record.rating,
    ratingCount: record.ratingCount,
    score: record.score,
    published: record.published,
    deprecated: record.deprecated,
    yanked: record.yanked,
    download_url: `${base}${downloadPath(record.name, record.version)}`,
  });
}

/** Describes a version from what resolution knows of it. */
export function apiVersionSummary(name: PluginName, record: VersionRecord, base: ApiBase): ApiVersionSummary {
  return defined({
    version: record.version,
    tier: record.tier,
    capabilities: record.capabilities.map(idOf),
    platforms: record.platforms,
    published: record.published,
    yanked: record.yanked,
    deprecated: record.deprecated,
    download_url: `${base}${downloadPath(name, record.version)}`,
  });
}

/**
 * Describes a release.
 *
 * @param signature the armored signature over its manifest.
 */
export function apiVersion(
  { manifest, granted, owner }: TrustedRelease,
  record: VersionRecord,
  signature: string,
  base: ApiBase,
): ApiVersion {
  const { name } = manifest;
  const summary = apiVersionSummary(name, record, base);
  const any = manifest.artifacts.find(({ platform }) => platform === 'any');
  return defined({
    ...summary,
    name,
    tier: granted,
    description: manifest.description,
    author: manifest.authors.map((author: Author) => author.name).join(', '),
    license: manifest.license,
    homepage: manifest.homepage,
    repository: manifest.repository,
    languages: manifest.provides.languages,
    engines: manifest.engines,
    dependencies: rangesOf(manifest.dependencies),
    file_hash: any === undefined ? undefined : `sha256:${any.sha256}`,
    artifacts: manifest.artifacts.map(({ platform, kind, url, sha256, size }) =>
      defined({
        platform,
        kind,
        url,
        download_url: `${summary.download_url}?platform=${platform}`,
        file_hash: `sha256:${sha256}`,
        size,
      }),
    ),
    manifest: `sha256:${record.manifest}`,
    signature,
    signed_by: { owner: owner.name, version: owner.version, key: owner.key },
  });
}

function idOf({ id }: CapabilityRequest): string {
  return id;
}

function rangesOf(
  dependencies: Readonly<Record<PluginName, PluginDependency>>,
): Readonly<Record<PluginName, string>> {
  return Object.fromEntries(Object.entries(dependencies).map(([name, { range }]) => [name, range]));
}
