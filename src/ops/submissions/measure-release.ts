import { entryOf } from '../../core/archives/artifact-entry.ts';
import { AUTHOR_MANIFEST } from '../../core/authoring/author-manifest.ts';
import type { MalwareScanner, PluginFile, PluginStarter } from '../../core/authoring/ports.ts';
import { defined } from '../../core/defined.ts';
import { SheafError } from '../../core/errors.ts';
import type { Advisory } from '../../core/formats/advisory.ts';
import type { Artifact, ReleaseManifest } from '../../core/formats/manifest.ts';
import type { MeasuredRelease, SuiteOutcome } from '../../core/formats/measurement-file.ts';
import type { RegistryFile } from '../../core/formats/registry-file.ts';
import { LIMITS } from '../../core/limits.ts';
import { plannedTrials } from '../../core/measuring/engine-trials.ts';
import type { LayOut } from '../../core/measuring/ports.ts';
import { releasePerformance } from '../../core/measuring/release-performance.ts';
import type { Platform } from '../../core/platform.ts';
import type { Clock, Reporter, SourceBuilder } from '../../core/ports.ts';
import { DEFAULT_POLICY, requireIsolation } from '../../core/runtime/host-policy.ts';
import { scanResultOf } from '../../core/scanning/scan-result.ts';
import { type ScanReport, scanPlugin } from '../../core/scanning/score.ts';
import type { ExamineArtifact } from '../../core/submission-ports.ts';
import type { ExaminedArtifact } from '../../core/submissions/change.ts';
import type { AddedRelease } from '../../core/submissions/measured-releases.ts';
import { oneLine, quote } from '../../core/text.ts';
import { type AuthorPlugin, codeOf } from '../authors/author-plugin.ts';
import { benchCases, benchSides } from '../authors/bench-plugin.ts';
import type { OpenPlugin } from '../authors/open-plugin.ts';
import { type TestResult, testBuilt } from '../authors/test-plugin.ts';
import { tryEngines } from '../authors/try-engines.ts';
import { artifactFor } from '../plugins/fetch-artifacts.ts';
import { buildAgain, buildSource } from './build-release.ts';

/** What measuring needs of the machine. Nothing of it holds a secret. */
export interface MeasuringPorts {
  readonly examine: ExamineArtifact;
  readonly starter: PluginStarter;
  readonly builder: SourceBuilder;
  readonly layOut: LayOut;
  /** Absent when no antivirus program is asked. */
  readonly antivirus?: MalwareScanner;
  readonly clock: Clock;
  readonly platform: Platform;
  readonly reporter: Pick<Reporter, 'note'>;
}

/** What a release is measured with. */
export interface ReleaseSurroundings {
  readonly registry: RegistryFile;
  /** Of the registry. */
  readonly advisories: readonly Advisory[];
  /** The newest published release of the plugin that is lower and runs here. */
  readonly before: ReleaseManifest | undefined;
}

/** Problems that are told of one release. */
const PROBLEMS = 64;

/**
 * Scans, tests, measures and builds one release, all of it that executes anything in the sandbox. What goes wrong with
 * the release is part of the result.
 */
export async function measureRelease(
  ports: MeasuringPorts,
  { manifest, sha256 }: AddedRelease,
  surroundings: ReleaseSurroundings,
): Promise<MeasuredRelease> {
  const attempt = new Attempt();
  const examined: ExaminedArtifact[] = [];
  for (const artifact of manifest.artifacts) examined.push(await ports.examine(artifact));
  for (const { problem } of examined) attempt.note(problem?.message);
  const { advisories } = surroundings;
  const scans: ScanReport[] = [];
  for (const { artifact, files } of examined) {
    if (files === undefined) continue;
    // That it failed must not be taken for "nothing found": the whole measurement fails with it.
    const malware = await ports.antivirus?.scan(files);
    const context = defined({ advisories, platform: artifact.platform, malware });
    scans.push(scanPlugin(manifest, files, String, context));
  }
  const own = await attempt.try(() => chooseArtifact(manifest, examined, ports.platform));
  const run = own && (await measureOpened(limited(ports), manifest, own, surroundings, attempt));
  return defined({
    plugin: manifest.name,
    version: manifest.version,
    manifest: sha256,
    artifacts: manifest.artifacts.map((artifact) => artifact.sha256),
    scan: scans.length === examined.length ? scanResultOf(scans) : undefined,
    tests: run?.tests ?? 'none',
    conformance: run?.conformance ?? 'none',
    performance: run?.performance,
    compatibility: run?.compatibility ?? [],
    reproduced: run?.reproduced,
    problems: attempt.problems.slice(0, PROBLEMS),
  });
}

/** Collects why parts of the work could not be done, and goes on with the others. */
class Attempt {
  readonly problems: string[] = [];

  note(problem: string | undefined): void {
    if (problem !== undefined && problem.trim() !== '') this.problems.push(oneLine(problem));
  }

  async try<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SheafError) || error.code === 'SHEAF_INTERRUPTED') throw error;
      this.note(error.message);
      return undefined;
    }
  }
}

/** An artifact whose files are known. */
interface OpenedArtifact {
  readonly artifact: Artifact;
  readonly files: readonly PluginFile[];
}

function chooseArtifact(
  manifest: ReleaseManifest,
  examined: readonly ExaminedArtifact[],
  platform: Platform,
): OpenedArtifact | undefined {
  const artifact = artifactFor(manifest, platform);
  const files = examined[manifest.artifacts.indexOf(artifact)]?.files;
  return files === undefined ? undefined : { artifact, files };
}

async function measureOpened(
  ports: MeasuringPorts,
  manifest: ReleaseManifest,
  opened: OpenedArtifact,
  { registry, before }: ReleaseSurroundings,
  attempt: Attempt,
): Promise<Partial<MeasuredRelease>> {
  const reproduced = await attempt.try(() => buildAgain(ports, manifest, opened));
  const outcome = await attempt.try(() =>
    withSide(ports, manifest, opened, async (side): Promise<Partial<MeasuredRelease>> => {
      const { plugin, code } = side;
      ports.reporter.note(`Testing ${manifest.name} ${manifest.version}.`);
      const tested = await attempt.try(() => testBuilt(ports.starter, plugin, code));
      for (const { name, fault } of tested?.results ?? []) {
        if (fault !== undefined) attempt.note(`${name}: ${fault}`);
      }
      const trials = await attempt.try(() =>
        tryEngines(ports.starter, plugin, code, plannedTrials(manifest, registry)),
      );
      for (const { engine, version, fault } of trials ?? []) {
        if (fault !== undefined) attempt.note(`With ${engine} ${version}: ${fault}`);
      }
      return {
        tests: outcomeOf(tested?.results, 'case'),
        conformance: outcomeOf(tested?.results, 'conformance'),
        compatibility: (trials ?? []).map(({ engine, version, loads, tests }) => ({
          engine,
          version,
          loads,
          tests,
        })),
        ...(await attempt.try(() => performanceOf(ports, side, before, attempt))),
      };
    }),
  );
  return { ...outcome, ...(reproduced === undefined ? {} : { reproduced }) };
}

/** A suite that could not be run at all has failed: nobody is to pass by one that cannot be read. */
function outcomeOf(results: readonly TestResult[] | undefined, kind: TestResult['kind']): SuiteOutcome {
  if (results === undefined) return 'failed';
  const own = results.filter((result) => result.kind === kind);
  if (own.length === 0) return 'none';
  return own.every(({ passed }) => passed) ? 'passed' : 'failed';
}

async function performanceOf(
  ports: MeasuringPorts,
  side: OpenPlugin,
  before: ReleaseManifest | undefined,
  attempt: Attempt,
): Promise<Pick<MeasuredRelease, 'performance'>> {
  if (benchCases(side.plugin).length === 0) return {};
  const compared = before && (await attempt.try(() => compareWith(ports, side, before)));
  const { results } = compared ?? (await benchSides(ports, side, undefined));
  const performance = releasePerformance(results, before?.version);
  return performance === undefined ? {} : { performance };
}

async function compareWith(
  ports: MeasuringPorts,
  side: OpenPlugin,
  before: ReleaseManifest,
): ReturnType<typeof benchSides> {
  const artifact = artifactFor(before, ports.platform);
  const { files, problem } = await ports.examine(artifact);
  if (files === undefined) {
    throw new SheafError(
      'SHEAF_NETWORK',
      `There is nothing to compare with: ${before.name} ${before.version} could not be had. ${problem?.message ?? ''}`,
    );
  }
  return withSide(ports, before, { artifact, files }, (other) => benchSides(ports, side, other));
}

/**
 * Makes a release ready to be started, for as long as `work` takes.
 *
 * @throws SheafError `SHEAF_ISOLATION` on a machine that cannot keep it apart as well as hosts demand.
 */
async function withSide<T>(
  ports: MeasuringPorts,
  manifest: ReleaseManifest,
  { artifact, files }: OpenedArtifact,
  work: (side: OpenPlugin) => Promise<T>,
): Promise<T> {
  const { tier } = manifest.security;
  if (tier === 'core') {
    throw new SheafError(
      'SHEAF_POLICY',
      `${manifest.name} asks for the tier core, which is never loaded from files.`,
    );
  }
  requireIsolation(manifest, tier, DEFAULT_POLICY, await ports.builder.isolation());
  const built = artifact.kind === 'source' ? [await buildSource(ports, manifest, files)] : [];
  const all = [...files, ...built];
  const path = entryOf(artifact, manifest.name, manifest.build) ?? '';
  const bytes = all.findLast((file) => file.path === path)?.bytes;
  if (bytes === undefined) {
    throw new SheafError('SHEAF_ARCHIVE', `${manifest.name} has no file ${quote(path)} to be loaded.`);
  }
  const plugin: AuthorPlugin = {
    path: manifest.name,
    manifest,
    manifestBytes: all.find((file) => file.path === AUTHOR_MANIFEST)?.bytes ?? new Uint8Array(),
    files: all,
  };
  const laidOut = await ports.layOut(all);
  try {
    return await work({ plugin, code: codeOf(plugin, { path, bytes }, laidOut.directory) });
  } finally {
    await laidOut.remove();
  }
}

/** The same ports, whose sandbox starts and calls nothing any more when the time for one release is over. */
function limited(ports: MeasuringPorts): MeasuringPorts {
  const end = ports.clock.now() + LIMITS.measuringTime;
  const requireTime = (): void => {
    if (ports.clock.now() <= end) return;
    throw new SheafError('SHEAF_TIMEOUT', `It takes more than ${LIMITS.measuringTime / 60_000} minutes.`);
  };
  return {
    ...ports,
    starter: {
      ...ports.starter,
      async start(plugin) {
        requireTime();
        const started = await ports.starter.start(plugin);
        return {
          commands: started.commands,
          dispose: () => started.dispose(),
          async execute(...call) {
            requireTime();
            return started.execute(...call);
          },
        };
      },
    },
  };
}
