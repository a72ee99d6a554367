import { defined } from '../defined.ts';
import type { Sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import type { AuditFile } from '../formats/audit-file.ts';
import type { ReleaseManifest } from '../formats/manifest.ts';
import type { PluginFile } from '../formats/plugin-file.ts';
import type { ReviewFile } from '../formats/review-file.ts';
import type { StatusEvent } from '../formats/status-event.ts';
import { formatInstant } from '../instant.ts';
import { signedFacts } from '../trust/release-record.ts';
import { exceedsTier, grantedTier } from '../trust/status.ts';
import type { Version } from '../version.ts';
import { compareVersions, isPrerelease } from '../version.ts';
import { buildBundles } from './bundle.ts';
import type { BuiltObject } from './index-head.ts';
import type { PluginRecord, VersionRecord } from './records.ts';
import { writeReleasesRecord } from './records.ts';

/** All that a registry says about one plugin, read and checked. There is at least one release. */
export interface PluginContent {
  readonly category: string;
  readonly plugin: PluginFile;
  /** Exact texts of plugin.toml and its signature. */
  readonly signed: { readonly file: string; readonly signature: string };
  readonly releases: readonly ReleaseContent[];
  /** `signed` says that signatures lie beside the event; the validator and every client check them. */
  readonly events: readonly (StatusEvent & { readonly signed: boolean })[];
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
}

/** Describes a plugin for the index; the order of what it is given does not matter. */
export function describePlugin(content: PluginContent): DescribedPlugin {
  const { plugin, signed } = content;
  const releases = content.releases.toSorted((a, b) =>
    compareVersions(b.manifest.version, a.manifest.version),
  );
  const { objects, position } = buildBundles(
    plugin.name,
    signed,
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
        return versionRecord(release, position.get(version) ?? 0, plugin, audits.get(version));
      }),
    }),
    bundles: objects,
  };
}

/** The newest version that is not yanked and no pre-release; failing that, the newest of all. */
export function latestRelease(
  newestFirst: readonly ReleaseContent[],
  yanked: PluginFile['yanked'],
): ReleaseContent | undefined {
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
    rating: meanRating(reviews),
    ratingCount: reviews.length === 0 ? undefined : reviews.length,
    downloads: downloads.length === 0 ? undefined : downloads.reduce((sum, count) => sum + count, 0),
  });
}

function versionRecord(
  { manifest, sha256 }: ReleaseContent,
  bundle: number,
  plugin: PluginFile,
  audit: AuditFile | undefined,
): VersionRecord {
  const published = audit === undefined ? undefined : formatInstant(audit.published);
  const facts = signedFacts(manifest, plugin);
  return defined({ version: manifest.version, manifest: sha256, bundle, ...facts, published });
}

/** The mean of all ratings to a tenth. */
function meanRating(reviews: readonly ReviewFile[]): number | undefined {
  if (reviews.length === 0) return undefined;
  const sum = reviews.reduce((total, review) => total + review.rating, 0);
  return Math.round((sum * 10) / reviews.length) / 10;
}
