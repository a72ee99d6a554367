import { defined } from '../defined.ts';
import type { JsonContext } from '../documents/strict-json.ts';
import {
  jsonFault,
  pairOf,
  parseJsonText,
  readArray,
  readCount,
  readFlag,
  readMap,
  readNumber,
  readObject,
  readOptional,
  readPair,
  readText,
} from '../documents/strict-json.ts';
import type { Measurement } from '../formats/audit-file.ts';
import type { CapabilityRequest, PluginDependency, Tier } from '../formats/manifest.ts';
import type { ObjectRef, Sha256 } from '../object-ref.ts';
import { isSha256 } from '../object-ref.ts';
import type { Platform } from '../platform.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version, VersionRange } from '../version.ts';
import { isVersionRange } from '../version.ts';
import type { PluginSummary } from './plugin-summary.ts';
import {
  readName,
  readSummaryFields,
  readTier,
  readVersion,
  SUMMARY_FACTS,
  SUMMARY_KEYS,
  summaryOf,
} from './plugin-summary.ts';

/** What a registry says of a plugin apart from its versions: one JSON line of the `plugins` tree. */
export interface PluginRecord extends PluginSummary {
  /** How many there are. */
  readonly versions: number;
  readonly capabilities: readonly string[];
  readonly languages: readonly string[];
  readonly engines: Readonly<Record<string, VersionRange>>;
  readonly repository?: string;
  readonly homepage?: string;
}

/** What resolution needs of a plugin: one JSON line of the `releases` tree. */
export interface ReleasesRecord {
  readonly name: PluginName;
  readonly owner: string;
  /** The signed files (core/index/bundle.ts), in order of the versions they hold; plugin.toml is in the first. */
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
  /** Of 100, by the registry's scan. */
  readonly score?: number;
  /** How it did against its budgets when the registry measured it. */
  readonly measured?: Measurement['verdict'];
  /** Whether a build from the source that it names gave the same bytes. */
  readonly reproduced?: boolean;
  /** How many reviewers approved exactly this manifest, as the registry counts them. */
  readonly approvals?: number;
  /** Reasons, from the signed plugin.toml. */
  readonly yanked?: string;
  readonly deprecated?: string;
}

/** The tiers that a plugin was granted: exact texts of the events and their signatures, by path. */
export interface GrantsRecord {
  readonly name: PluginName;
  readonly files: Readonly<Record<string, string>>;
}

/** The exact files of one owner, by file name: one JSON line of the `owners` tree. */
export interface OwnerRecord {
  readonly owner: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Writes a line of the `plugins` tree, without newline. */
export function writePluginRecord(record: PluginRecord): string {
  const { versions, capabilities, languages, engines, repository, homepage } = record;
  return JSON.stringify({
    ...summaryOf(record),
    versions,
    capabilities,
    languages,
    engines,
    repository,
    homepage,
  });
}

/**
 * Reads a line of the `plugins` tree.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readPluginRecord(line: string): PluginRecord {
  const context: JsonContext = { what: 'A line of the plugins', code: 'SHEAF_INDEX' };
  const fields = readObject(
    parseJsonText(line, context),
    context,
    [...SUMMARY_KEYS, ...PLUGIN_KEYS],
    [...SUMMARY_FACTS, 'repository', 'homepage'],
  );
  return defined({
    ...readSummaryFields(fields, context),
    versions: readCount(fields['versions'], context),
    capabilities: readArray(fields['capabilities'], context, readText),
    languages: readArray(fields['languages'], context, readText),
    engines: readMap(fields['engines'], context, readRange),
    repository: readOptional(fields['repository'], context, readText),
    homepage: readOptional(fields['homepage'], context, readText),
  });
}

/** Writes a line of the `releases` tree, without newline. */
export function writeReleasesRecord(record: ReleasesRecord): string {
  return JSON.stringify({
    name: record.name,
    owner: record.owner,
    bundles: record.bundles.map(pairOf),
    versions: record.versions.map(
      ({ version, manifest, bundle, tier, capabilities, platforms, engines, dependencies, ...rest }) => ({
        version,
        manifest,
        bundle,
        tier,
        capabilities,
        platforms,
        engines,
        dependencies,
        published: rest.published,
        score: rest.score,
        measured: rest.measured,
        reproduced: rest.reproduced,
        approvals: rest.approvals,
        yanked: rest.yanked,
        deprecated: rest.deprecated,
      }),
    ),
  });
}

/**
 * Reads a line of the `releases` tree.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readReleasesRecord(line: string): ReleasesRecord {
  const context: JsonContext = { what: 'A line of the releases', code: 'SHEAF_INDEX' };
  const fields = readObject(parseJsonText(line, context), context, RELEASES_KEYS);
  const bundles = readArray(fields['bundles'], context, readPair);
  const versions = readArray(fields['versions'], context, readVersionRecord);
  if (versions.some((version) => version.bundle >= bundles.length)) {
    throw jsonFault(context, 'names a bundle that it does not have');
  }
  const name = readName(fields['name'], context);
  return { name, owner: readText(fields['owner'], context), bundles, versions };
}

/**
 * The name and the bundles of a line of the `releases` tree. Whoever walks an index asks this of every line, and
 * nothing of the versions, which are most of it.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readBundleRefs(line: string): Pick<ReleasesRecord, 'name' | 'bundles'> {
  const context: JsonContext = { what: 'A line of the releases', code: 'SHEAF_INDEX' };
  const fields = readObject(parseJsonText(line, context), context, RELEASES_KEYS);
  return {
    name: readName(fields['name'], context),
    bundles: readArray(fields['bundles'], context, readPair),
  };
}

/** Writes a line of the `owners` tree, without newline; files in order of their names. */
export function writeOwnerRecord({ owner, files }: OwnerRecord): string {
  const names = Object.keys(files).toSorted();
  return JSON.stringify({ owner, files: Object.fromEntries(names.map((name) => [name, files[name]])) });
}

/**
 * Reads a line of the `owners` tree.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readOwnerRecord(line: string): OwnerRecord {
  const context: JsonContext = { what: 'A line of the owners', code: 'SHEAF_INDEX' };
  const fields = readObject(parseJsonText(line, context), context, ['owner', 'files']);
  return { owner: readText(fields['owner'], context), files: readMap(fields['files'], context, readText) };
}

/** Writes the line of a plugin's grants. */
export function writeGrantsRecord(record: GrantsRecord): string {
  return JSON.stringify({ name: record.name, files: record.files });
}

/**
 * Reads a line as {@link writeGrantsRecord} writes it.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readGrantsRecord(line: string): GrantsRecord {
  const context: JsonContext = { what: 'A record of grants', code: 'SHEAF_INDEX' };
  const fields = readObject(parseJsonText(line, context), context, ['name', 'files']);
  return { name: readName(fields['name'], context), files: readMap(fields['files'], context, readText) };
}

const RELEASES_KEYS = ['name', 'owner', 'bundles', 'versions'];
const PLUGIN_KEYS = ['versions', 'capabilities', 'languages', 'engines'];
const VERDICTS = ['passed', 'over-budget', 'regression', 'inconclusive'] as const;
const VERSION_KEYS = [
  'version',
  'manifest',
  'bundle',
  'tier',
  'capabilities',
  'platforms',
  'engines',
  'dependencies',
];

const VERSION_FACTS = ['published', 'score', 'measured', 'reproduced', 'approvals', 'yanked', 'deprecated'];

function readVersionRecord(value: unknown, context: JsonContext): VersionRecord {
  const fields = readObject(value, context, VERSION_KEYS, VERSION_FACTS);
  const manifest = readText(fields['manifest'], context);
  if (!isSha256(manifest)) throw jsonFault(context, 'has a manifest without a SHA-256');
  return defined({
    version: readVersion(fields['version'], context),
    manifest,
    bundle: readCount(fields['bundle'], context),
    tier: readTier(fields['tier'], context),
    capabilities: readArray(fields['capabilities'], context, readCapability),
    platforms: readArray(fields['platforms'], context, readText),
    engines: readMap(fields['engines'], context, readRange),
    dependencies: readDependencies(fields['dependencies'], context),
    published: readOptional(fields['published'], context, readText),
    score: readOptional(fields['score'], context, readNumber),
    measured: readOptional(fields['measured'], context, readVerdict),
    reproduced: readOptional(fields['reproduced'], context, readFlag),
    approvals: readOptional(fields['approvals'], context, readCount),
    yanked: readOptional(fields['yanked'], context, readText),
    deprecated: readOptional(fields['deprecated'], context, readText),
  });
}

function readVerdict(value: unknown, context: JsonContext): Measurement['verdict'] {
  const verdict = VERDICTS.find((one) => one === value);
  if (verdict !== undefined) return verdict;
  throw jsonFault(context, 'has an unknown result of a measurement');
}

function readCapability(value: unknown, context: JsonContext): CapabilityRequest {
  const fields = readObject(value, context, ['id', 'optional'], ['reason']);
  return defined({
    id: readText(fields['id'], context),
    reason: readOptional(fields['reason'], context, readText),
    optional: readFlag(fields['optional'], context),
  });
}

function readDependencies(
  value: unknown,
  context: JsonContext,
): Readonly<Record<PluginName, PluginDependency>> {
  const dependencies = readMap(value, context, (entry): PluginDependency => {
    const fields = readObject(entry, context, ['range', 'optional'], ['registry']);
    return defined({
      range: readRange(fields['range'], context),
      registry: readOptional(fields['registry'], context, readText),
      optional: readFlag(fields['optional'], context),
    });
  });
  for (const name of Object.keys(dependencies)) readName(name, context);
  return dependencies;
}

function readRange(value: unknown, context: JsonContext): VersionRange {
  if (!isVersionRange(value)) {
    throw jsonFault(context, 'has something that is not a version range where one belongs');
  }
  return value;
}
