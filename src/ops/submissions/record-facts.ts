import { defined } from '../../core/defined.ts';
import type { Sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import {
  type AuditFile,
  readAuditFile,
  type ScanResult,
  type Waiver,
  writeAuditFile,
} from '../../core/formats/audit-file.ts';
import { type MeasuredRelease, readMeasurementFile } from '../../core/formats/measurement-file.ts';
import { sourcePath } from '../../core/index/source-layout.ts';
import type { Instant } from '../../core/instant.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Clock, Reporter } from '../../core/ports.ts';
import { readMergeWaivers } from '../../core/reviewing/merge-message.ts';
import { scanResultOf } from '../../core/scanning/scan-result.ts';
import { scanPlugin } from '../../core/scanning/score.ts';
import type {
  BranchCommits,
  ExamineArtifact,
  MergedCommit,
  ProposedTrees,
} from '../../core/submission-ports.ts';
import {
  type AddedRelease,
  type KnownChange,
  measuredReleases,
  requireSameScan,
  withMalware,
} from '../../core/submissions/measured-releases.ts';
import type { Version } from '../../core/version.ts';
import { readAddedReleases } from './added-releases.ts';

/** What recording needs. */
export interface RecordPorts {
  readonly trees: ProposedTrees;
  readonly merged: MergedCommit;
  readonly examine: ExamineArtifact;
  readonly facts: BranchCommits;
  readonly clock: Clock;
  readonly reporter: Pick<Reporter, 'note'>;
}

/** What is to be recorded. */
export interface RecordOptions {
  /** What another job measured; nothing of it is believed yet. Without it, only time and scan are recorded. */
  readonly measurement?: { readonly bytes: Uint8Array; readonly file: string };
  /** What maintainers let pass, besides what the merge says of that. */
  readonly waivers: readonly Waiver[];
  /** Branch of the facts. */
  readonly branch: string;
  /** Whether to write nothing. */
  readonly dryRun: boolean;
}

/** What was recorded. */
export interface RecordedFacts {
  readonly releases: readonly {
    readonly plugin: PluginName;
    readonly version: Version;
    readonly published: Instant;
    readonly scan: Pick<ScanResult, 'score' | 'passed'>;
    readonly measured: boolean;
    readonly path: string;
  }[];
  /** Head of the branch afterwards; undefined when it is not there, and for a dry run. */
  readonly commit: string | undefined;
  readonly changed: boolean;
}

/** What is known of one release before the facts that are there are looked at. */
interface FreshFacts {
  readonly release: AddedRelease;
  readonly scan: ScanResult;
  readonly measured: MeasuredRelease | undefined;
}

/**
 * Adds facts about the releases that a merged change brought: when it was merged, the scan of this job's own, and what
 * the measuring job alone could know, after it was held against Git. Done twice it changes nothing; the time at which a
 * release was published, its downloads and the facts of other releases stay what they are.
 *
 * @throws SheafError `SHEAF_PATH` when nothing was merged, `SHEAF_INVALID_FILE` for a measurement that cannot be of
 *   this change, `SHEAF_DIGEST`, what keeps an artifact from being fetched, and as `BranchCommits.add`.
 */
export async function recordFacts(ports: RecordPorts, options: RecordOptions): Promise<RecordedFacts> {
  const change = await readAddedReleases(ports.trees);
  await ports.merged.requireAfter(change.head, change.base);
  const measured = measurementOf(options, change);
  const published = await ports.merged.time(change.head);
  const said = readMergeWaivers((await ports.merged.message(change.head)) ?? '');
  const waivers = [...options.waivers, ...said];
  const found: FreshFacts[] = [];
  for (const [index, release] of change.releases.entries()) {
    found.push(await scanAgain(ports, { ...change, release }, measured?.[index], waivers));
  }
  const recorded: AuditFile[] = [];
  const commit = {
    branch: options.branch,
    message: messageOf(change),
    date: ports.clock.now(),
    async files(read: (path: string) => Promise<Uint8Array | undefined>) {
      recorded.length = 0;
      const files = new Map<string, Uint8Array>();
      for (const one of found) {
        const path = pathOf(one.release);
        const present = await read(path);
        const known = present === undefined ? undefined : valueOf(readAuditFile(present, path));
        const audit = auditOf(change, one, { known, published, waivers });
        const bytes = writeAuditFile(audit);
        // What clients would refuse must not get onto the branch.
        recorded.push(valueOf(readAuditFile(bytes, path)));
        files.set(path, bytes);
      }
      return files;
    },
  };
  const { branch } = options;
  const outcome = options.dryRun
    ? await commit.files((path) => ports.facts.read(branch, path)).then(() => undefined)
    : await ports.facts.add(commit);
  return {
    releases: recorded.map((audit, index) => summaryOf(audit, found[index]?.measured !== undefined)),
    commit: outcome?.commit,
    changed: outcome?.changed ?? false,
  };
}

function measurementOf(
  { measurement }: RecordOptions,
  change: KnownChange,
): readonly MeasuredRelease[] | undefined {
  if (measurement === undefined) return undefined;
  return measuredReleases(valueOf(readMeasurementFile(measurement.bytes, measurement.file)), change);
}

/** Reading needs no sandbox, so this job takes nobody's word for what is in the artifacts. */
async function scanAgain(
  { examine, reporter }: RecordPorts,
  { release, advisories }: Pick<KnownChange, 'advisories'> & { readonly release: AddedRelease },
  measured: MeasuredRelease | undefined,
  waivers: readonly Waiver[],
): Promise<FreshFacts> {
  const { manifest } = release;
  reporter.note(`Scanning ${manifest.name} ${manifest.version}.`);
  const reports = [];
  for (const artifact of manifest.artifacts) {
    const { files, problem } = await examine(artifact);
    if (problem !== undefined) throw problem;
    const { platform } = artifact;
    reports.push(scanPlugin(manifest, files ?? [], String, { advisories, platform }));
  }
  if (measured !== undefined) requireSameScan(measured, scanResultOf(reports));
  return { release, measured, scan: withMalware(scanResultOf(reports, waivers), measured) };
}

function auditOf(
  { registry }: KnownChange,
  { release: { manifest, sha256 }, scan, measured }: FreshFacts,
  context: {
    readonly known: AuditFile | undefined;
    readonly published: Instant;
    readonly waivers: readonly Waiver[];
  },
): AuditFile {
  const { known, published, waivers } = context;
  requireSameManifest(known, manifest, sha256);
  return defined({
    registry: registry.id,
    plugin: manifest.name,
    version: manifest.version,
    manifest: sha256,
    published: known?.published ?? published,
    reproduced: measured?.reproduced ?? known?.reproduced,
    scan,
    performance: measurementFor(measured) ?? known?.performance,
    compatibility: measured?.compatibility ?? known?.compatibility ?? [],
    downloads: known?.downloads,
    waivers: allWaivers([...(known?.waivers ?? []), ...waivers]),
  });
}

function requireSameManifest(
  known: AuditFile | undefined,
  { name, version }: AddedRelease['manifest'],
  sha256: Sha256,
): void {
  if (known?.manifest === undefined || known.manifest === sha256) return;
  throw new SheafError(
    'SHEAF_DIGEST',
    `There are facts about another manifest of ${name} ${version}; what is published never changes.`,
    { hint: 'Find out which of the two was published; the history of the branch tells when.' },
  );
}

/** What facts keep of a performance: the version that it was compared with is the one before it. */
function measurementFor({ performance }: Partial<MeasuredRelease> = {}): AuditFile['performance'] {
  if (performance === undefined) return undefined;
  const { against: _, ...figures } = performance;
  return figures;
}

function allWaivers(waivers: readonly Waiver[]): readonly Waiver[] {
  return [...new Map(waivers.map((one) => [JSON.stringify([one.rule, one.by, one.reason]), one])).values()];
}

function pathOf({ manifest: { name, version } }: AddedRelease): string {
  return sourcePath({ kind: 'audit', plugin: name, version });
}

function messageOf({ head, releases }: KnownChange): string {
  const names = releases.map(({ manifest }) => `${manifest.name} ${manifest.version}`).join(', ');
  return `Record facts about ${names}\n\nMerged as ${head}.`;
}

function summaryOf(
  { plugin, version, published, scan }: AuditFile,
  measured: boolean,
): RecordedFacts['releases'][number] {
  const path = sourcePath({ kind: 'audit', plugin, version });
  const { score, passed } = scan ?? { score: 0, passed: false };
  return { plugin, version, published, scan: { score, passed }, measured, path };
}
