import { affects } from '../../core/advisories/affects.ts';
import { defined } from '../../core/defined.ts';
import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { type Advisory, readAdvisory } from '../../core/formats/advisory.ts';
import { readAuditFile } from '../../core/formats/audit-file.ts';
import { type ReleaseManifest, readReleaseManifest } from '../../core/formats/manifest.ts';
import { readPluginFile } from '../../core/formats/plugin-file.ts';
import { readReviewFile } from '../../core/formats/review-file.ts';
import { type ReviewerPolicy, readReviewerPolicy } from '../../core/formats/reviewer-policy.ts';
import { readTierPolicy, type TierPolicy } from '../../core/formats/tier-policy.ts';
import { latestRelease } from '../../core/index/describe-plugin.ts';
import { inventoryOf, type SourceEntry } from '../../core/index/source-inventory.ts';
import { SOURCE_DIRECTORIES, type SourceFile, sourcePath } from '../../core/index/source-layout.ts';
import type { Instant } from '../../core/instant.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Incident, PromotionFacts } from '../../core/promotion/facts.ts';
import type { SourceTree } from '../../core/publishing-ports.ts';
import { type JudgedReview, judgeReview, type ReviewTrust } from '../../core/reviewing/judge-review.ts';
import { type AllowedSigner, readAllowedSigners } from '../../core/signatures/allowed-signers.ts';
import { type RevokedKey, readRevoked } from '../../core/signatures/revoked.ts';
import type { SignersFile } from '../../core/signatures/signers.ts';
import { malwareRestrictions, mergeRestrictions, restrictionsOf } from '../../core/trust/restriction.ts';
import { grantedTier, type JudgedEvent, judgeEvents } from '../../core/trust/status.ts';
import { compareVersions, type Version } from '../../core/version.ts';
import { joinTrees } from '../index/registry-tree.ts';
import { readCompleteRoots, readKeyFiles, registryIdOf } from '../trust/checkout.ts';
import { readPolicy } from './review-queue.ts';

/** A registry, opened to judge the standing of its plugins. */
export interface RegistryStanding {
  readonly registry: string;
  readonly root: SignersFile;
  readonly tiers: TierPolicy;
  readonly people: ReviewerPolicy['people'];
  readonly plugins: readonly PluginName[];
  /**
   * What the registry says about a plugin's standing, signatures judged.
   *
   * @throws SheafError `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_INVALID_FILE`.
   */
  facts(name: PluginName): Promise<PromotionFacts>;
  /** Its status events, signatures judged, by path. */
  events(name: PluginName): Promise<ReadonlyMap<string, JudgedEvent>>;
  /** What was taken away from it and not given back. */
  openIncidents(name: PluginName): Promise<readonly Incident[]>;
}

/** The trees that a registry is read from. */
export interface StandingTrees {
  readonly source: SourceTree;
  /** What workflows recorded, when they keep it apart. */
  readonly facts?: SourceTree | undefined;
}

interface Opened {
  readonly read: (path: string) => Promise<Uint8Array | undefined>;
  readonly entriesOf: (name: PluginName) => readonly SourceEntry[];
  readonly source: SourceTree;
  readonly registry: string;
  readonly root: SignersFile;
  readonly people: ReviewerPolicy['people'];
  readonly advisories: readonly Advisory[];
  readonly trust: Pick<ReviewTrust, 'reviewers' | 'revoked'>;
}

/**
 * Opens a registry repository.
 *
 * @throws SheafError `SHEAF_PATH` when it is none, `SHEAF_ROOT`, `SHEAF_INVALID_FILE`.
 */
export async function openStanding({ source, facts }: StandingTrees): Promise<RegistryStanding> {
  const registry = await registryIdOf({ tree: source });
  const tree = joinTrees(source, facts);
  const { plugins: releases, reviews, status, audits, advisories } = SOURCE_DIRECTORIES;
  const lists = await Promise.all([releases, reviews, status, audits].map((one) => tree.list(one)));
  const inventory = inventoryOf(lists.flat());
  const [root] = (await readCompleteRoots({ tree: source })).toReversed();
  if (root === undefined) throw new SheafError('SHEAF_INTERNAL', 'A registry was opened without a root.');
  const opened: Opened = {
    read: (path) => tree.read(path),
    entriesOf: (name) => inventory.plugins.get(name) ?? [],
    source,
    registry,
    root: root.file,
    people: (await readPolicy(source, 'reviewers', readReviewerPolicy)).people,
    advisories: await Promise.all(
      (await tree.list(advisories))
        .filter((path) => path.endsWith('.json'))
        .map(async (path) => valueOf(readAdvisory(await required((one) => tree.read(one), path), path))),
    ),
    trust: await readReviewTrust(source),
  };
  return {
    registry: opened.registry,
    root: opened.root,
    tiers: await readPolicy(source, 'tiers', readTierPolicy),
    people: opened.people,
    plugins: [...inventory.plugins]
      .filter(([, entries]) => entries.some(({ file }) => file.kind === 'plugin'))
      .map(([name]) => name)
      .toSorted(),
    facts: (name) => readFacts(opened, name),
    events: (name) => readEvents(opened, name),
    openIncidents: async (name) =>
      openIncidentsOf(opened, name, [...(await readEvents(opened, name)).values()]),
  };
}

/** Whose reviews a registry counts: nobody's, when it lists no keys. */
export async function readReviewTrust({ read }: Pick<SourceTree, 'read'>): Promise<{
  readonly reviewers: readonly AllowedSigner[];
  readonly revoked: readonly RevokedKey[];
}> {
  const [reviewersPath, revokedPath] = [sourcePath({ kind: 'reviewers' }), sourcePath({ kind: 'revoked' })];
  const [reviewers, revoked] = await Promise.all([read(reviewersPath), read(revokedPath)]);
  return {
    reviewers: reviewers === undefined ? [] : readAllowedSigners(reviewers, reviewersPath),
    revoked: revoked === undefined ? [] : valueOf(readRevoked(revoked, revokedPath)),
  };
}

async function readFacts(opened: Opened, name: PluginName): Promise<PromotionFacts> {
  const own = opened.entriesOf(name).find(({ file }) => file.kind === 'plugin');
  if (own === undefined) {
    throw new SheafError('SHEAF_UNKNOWN_PLUGIN', `The registry ${opened.registry} has no plugin ${name}.`, {
      hint: 'Check the name, and that this is the newest checkout.',
    });
  }
  const plugin = valueOf(
    readPluginFile(await required(opened.read, own.path), own.path, { expected: { name } }),
  );
  const releases = await filesOf(opened, name, 'release', (bytes, path) => ({
    manifest: valueOf(readReleaseManifest(bytes, path, { expected: { name } })),
    sha256: sha256(bytes),
  }));
  const sorted = releases.toSorted((a, b) => compareVersions(b.manifest.version, a.manifest.version));
  const latest = latestRelease(sorted, plugin.yanked);
  if (latest === undefined) throw new SheafError('SHEAF_UNKNOWN_VERSION', `${name} has no release yet.`);
  const { version } = latest.manifest;
  const audits = await filesOf(opened, name, 'audit', (bytes, path) => valueOf(readAuditFile(bytes, path)));
  const counts = audits.flatMap(({ downloads }) => downloads?.total ?? []);
  const events = [...(await readEvents(opened, name)).values()];
  const versions = sorted.map(({ manifest }) => manifest.version);
  return defined({
    plugin: name,
    owner: plugin.owner,
    version,
    manifest: latest.sha256,
    granted: grantedTier([], events, name, version),
    audit: audits.find((one) => one.version === version),
    firstPublished: audits.map(({ published }) => published).toSorted((a, b) => a - b)[0],
    downloads: counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0),
    incidents: incidentsOf(opened, name, events, versions),
    reviews: await readReviews(opened, name, plugin.owner),
    people: opened.people,
  });
}

/** Quarantines and advisories, those that are over included. */
function incidentsOf(
  opened: Opened,
  name: PluginName,
  events: readonly JudgedEvent[],
  versions: readonly ReleaseManifest['version'][],
): readonly Incident[] {
  const { registry, advisories } = opened;
  const warned = advisories
    .filter((one) => versions.some((version) => affects(one, { registry, name, version })))
    .map(({ id, published, modified }) => ({
      what: `advisory ${id}`,
      date: published ?? modified,
      open: false,
    }));
  const quarantined = events
    .filter(({ kind }) => kind === 'quarantine')
    .map(({ version, date }) => ({ what: quarantineOf(version), date, open: false }));
  return [...warned, ...quarantined, ...openIncidentsOf(opened, name, events)];
}

function openIncidentsOf(
  { advisories, registry }: Pick<Opened, 'advisories' | 'registry'>,
  name: PluginName,
  events: readonly JudgedEvent[],
): readonly Incident[] {
  const taken = [...restrictionsOf(events), ...malwareRestrictions(advisories, registry)];
  return mergeRestrictions([], taken, events)
    .filter(({ plugin, kind }) => plugin === name && kind !== 'revoke-tier')
    .map(({ kind, version, advisory, date }): Incident & { readonly date: Instant } => ({
      what: kind === 'malware' ? `the malware advisory ${advisory?.id ?? ''}` : quarantineOf(version),
      date,
      open: true,
    }));
}

function quarantineOf(version: Version | undefined): string {
  return version === undefined ? 'the quarantine' : `the quarantine of ${version}`;
}

async function readEvents(opened: Opened, name: PluginName): Promise<ReadonlyMap<string, JudgedEvent>> {
  const paths = opened
    .entriesOf(name)
    .filter(({ file }) => file.kind === 'status' || file.kind === 'status-signature')
    .map(({ path }) => path);
  const texts = await Promise.all(
    paths.map(
      async (path) => [path, Buffer.from(await required(opened.read, path)).toString('utf8')] as const,
    ),
  );
  const events = judgeEvents(Object.fromEntries(texts), opened.root);
  const files = paths.filter((path) => path.endsWith('.toml'));
  return new Map(events.map((event, index) => [files[index] ?? '', event]));
}

async function readReviews(
  { source, read, entriesOf, trust }: Opened,
  name: PluginName,
  owner: string,
): Promise<readonly JudgedReview[]> {
  const chain = await readKeyFiles({ tree: source }, owner);
  const ownerKeys = chain.flatMap(({ file }) => file.signers.map(({ key }) => key));
  const reviews = entriesOf(name).filter(({ file }) => file.kind === 'review');
  return Promise.all(
    reviews.map(async ({ path }) => {
      const bytes = await required(read, path);
      const review = valueOf(readReviewFile(bytes, path));
      const signed = { review, bytes, signature: await read(`${path}.sig`) };
      return judgeReview(signed, { ...trust, owner, ownerKeys });
    }),
  );
}

async function filesOf<T>(
  { entriesOf, read }: Opened,
  name: PluginName,
  kind: SourceFile['kind'],
  reader: (bytes: Uint8Array, path: string) => T,
): Promise<readonly T[]> {
  const entries = entriesOf(name).filter(({ file }) => file.kind === kind);
  return Promise.all(entries.map(async ({ path }) => reader(await required(read, path), path)));
}

async function required(
  read: (path: string) => Promise<Uint8Array | undefined>,
  path: string,
): Promise<Uint8Array> {
  const bytes = await read(path);
  if (bytes !== undefined) return bytes;
  throw new SheafError('SHEAF_PATH', `${path} vanished while it was read.`, { hint: 'Run it again.' });
}
