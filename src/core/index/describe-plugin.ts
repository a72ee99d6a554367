import { defined } from '../defined.ts';
import type { Sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import type { AuditFile } from '../formats/audit-file.ts';
import type { ReleaseManifest } from '../formats/manifest.ts';
import type { PluginFile } from '../formats/plugin-file.ts';
import type { ReviewFile } from '../formats/review-file.ts';
import type { StatusEvent } from '../formats/status-event.ts';
import { formatInstant } from '../instant.ts';
import { ratingOf } from '../reviewing/rating.ts';
import { signedFacts } from '../trust/release-record.ts';
import { exceedsTier, grantedTier } from '../trust/status.ts';
import type { Version } from '../version.ts';
import { compareVersions, isPrerelease } from '../version.ts';
import { type BundleFiles, buildBundles } from './bundle.ts';
import type { BuiltObject } from './index-head.ts';
import type { GrantsRecord, PluginRecord, VersionRecord } from './records.ts';
import { writeGrantsRecord, writeReleasesRecord } from './records.ts';

/** All that a registry says about one plugin, read and checked. There is at least one release. */
export interface PluginContent {
  readonly category: string;
  readonly plugin: PluginFile;
  /** Exact texts of plugin.toml and its signature. */
  readonly signed: { readonly file: string; readonly signature: string };
  /** Exact texts of the transfers to other owners and of their signatures, by file name. */
  readonly transfers?: BundleFiles;
  readonly releases: readonly ReleaseContent[];
  /** `signed` says that signatures lie beside the event; the validator and every client check them. */
  readonly events: readonly (StatusEvent & { readonly signed: boolean })[];
  /** Exact texts of the events that grant a tier and of their signatures, by path. */
  readonly grants?: GrantsRecord['files'];
  readonly audits: readonly AuditFile[];
  readonly reviews: readonly ReviewFile[];
}

/** One release with its exact texts. */
export interface ReleaseContent {
  readonly manifest: ReleaseManifest;
  readonly sha256: Sha256;
  readonly text: string;
  readonly signature: string;
}

/** What the index holds of one plugin. */
export interface DescribedPlugin {
  readonly plugin: PluginRecord;
  /** Line of the `releases` tree; written at once, because the versions of a whole registry are many objects. */
  readonly releases: string;
  readonly bundles: readonly BuiltObject[];
  /** Line of the `grants` tree; absent for a plugin without any. */
  readonly grants?: string;
}

/** Describes a plugin for the index; the order of what it is given does not matter. */
export function describePlugin(content: PluginContent): DescribedPlugin {
  const { plugin, signed, transfers = {}, grants = {} } = content;
  const releases = content.releases.toSorted((a, b) =>
    compareVersions(b.manifest.version, a.manifest.version),
  );
  const { objects, position } = buildBundles(
    plugin.name,
    { ...signed, transfers },
    releases.map(({ manifest, text, signature }) => ({
      version: manifest.version,
      manifest: text,
      signature,
    })),
  );
  const audits = new Map(content.audits.map((audit) => [audit.version, audit]));
  return {
    plugin: pluginRecord(content, releases, audits),
    releases: writeReleasesRecord({
      name: plugin.name,
      owner: plugin.owner,
      bundles: objects.map(({ sha256, size }) => ({ sha256, size })),
      versions: releases.map((release) => {
        const { version } = release.manifest;
        return versionRecord(release, position.get(version) ?? 0, content, audits.get(version));
      }),
    }),
    bundles: objects,
    ...(Object.keys(grants).length === 0
      ? {}
      : { grants: writeGrantsRecord({ name: plugin.name, files: grants }) }),
  };
}

/** The newest version that is not yanked and no pre-release; failing that, the newest of all. */
export function latestRelease<T extends { readonly manifest: Pick<ReleaseManifest, 'version'> }>(
  newestFirst: readonly T[],
  yanked: PluginFile['yanked'],
): T | undefined {
  return (
    newestFirst.find(({ manifest }) => !isPrerelease(manifest.version) && !(manifest.version in yanked)) ??
    newestFirst[0]
  );
}

function pluginRecord(
  { category, plugin, events, audits, reviews }: PluginContent,
  releases: readonly ReleaseContent[],
  byVersion: ReadonlyMap<Version, AuditFile>,
): PluginRecord {
  const manifest = latestRelease(releases, plugin.yanked)?.manifest;
  if (manifest === undefined) {
    throw new SheafError('SHEAF_INTERNAL', `The plugin ${plugin.name} was described without a release.`);
  }
  const audit = byVersion.get(manifest.version);
  const downloads = audits.flatMap((one) => one.downloads?.total ?? []);
  const requested = manifest.security.tier;
  const granted = grantedTier([], events, plugin.name, manifest.version);
  const rating = ratingOf(reviews, plugin.owner);
  return defined({
    name: plugin.name,
    displayName: plugin.displayName ?? manifest.displayName,
    description: manifest.description,
    category,
    keywords: [...new Set([...plugin.keywords, ...manifest.keywords])],
    authors: manifest.authors.map((author) => author.name),
    license: manifest.license,
    owner: plugin.owner,
    version: manifest.version,
    versions: releases.length,
    tier: { requested, granted: exceedsTier(granted, requested) ? requested : granted },
    capabilities: manifest.security.capabilities.map((capability) => capability.id),
    languages: manifest.provides.languages,
    engines: manifest.engines,
    repository: manifest.repository,
    homepage: manifest.homepage,
    deprecated: plugin.deprecated,
    yanked: plugin.yanked[manifest.version],
    published: audit === undefined ? undefined : formatInstant(audit.published),
    score: audit?.scan?.score,
    rating: rating?.rating,
    ratingCount: rating?.count,
    downloads: downloads.length === 0 ? undefined : downloads.reduce((sum, count) => sum + count, 0),
  });
}

function versionRecord(
  { manifest, sha256 }: ReleaseContent,
  bundle: number,
  { plugin, reviews }: PluginContent,
  audit: AuditFile | undefined,
): VersionRecord {
  const published = audit === undefined ? undefined : formatInstant(audit.published);
  const facts = signedFacts(manifest, plugin);
  const approvals = approvalsOf(manifest.version, sha256, reviews, plugin.owner);
  return defined({
    version: manifest.version,
    manifest: sha256,
    bundle,
    ...facts,
    published,
    score: audit?.scan?.score,
    measured: audit?.performance?.verdict,
    reproduced: audit?.reproduced,
    approvals: approvals === 0 ? undefined : approvals,
  });
}

/** How many reviewers approve of a version; of one that they saw in other bytes they do not, nor of their own. */
function approvalsOf(
  version: Version,
  manifest: Sha256,
  reviews: readonly ReviewFile[],
  owner: string,
): number {
  const approving = reviews.filter(
    (review) =>
      review.reviewer !== owner &&
      review.version === version &&
      review.verdict === 'approve' &&
      (review.manifest === undefined || review.manifest === manifest),
  );
  return new Set(approving.map(({ reviewer }) => reviewer)).size;
}
