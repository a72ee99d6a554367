import { sha256 } from '../../core/digest.ts';
import { valueOf } from '../../core/finding.ts';
import { type Artifact, readReleaseManifest } from '../../core/formats/manifest.ts';
import { parseSourcePath, SOURCE_DIRECTORIES } from '../../core/index/source-layout.ts';
import { DAY } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Clock } from '../../core/ports.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import type { ExamineArtifact } from '../../core/submission-ports.ts';
import type { BrokenLink, LinkReport } from '../../core/submissions/link-report.ts';
import type { Version } from '../../core/version.ts';
import { registryIdOf } from '../trust/checkout.ts';

/** What looking after release addresses needs. */
export interface LinkPorts {
  readonly tree: ReadableTree;
  readonly examine: ExamineArtifact;
  readonly clock: Clock;
}

/**
 * Fetches artifacts of releases from where their authors published them and compares them with what was signed.
 *
 * @param sample how many; each day others, until all had their turn by chance. All when absent.
 * @throws SheafError `SHEAF_PATH` when it is no registry, `SHEAF_INVALID_FILE`.
 */
export async function checkLinks(ports: LinkPorts, sample?: number): Promise<LinkReport> {
  const now = ports.clock.now();
  const registry = await registryIdOf(ports);
  const all = await artifactsOf(ports.tree);
  const day = Math.floor(now / DAY);
  const lot = ({ artifact }: PublishedArtifact): string =>
    sha256(new TextEncoder().encode(`${day} ${artifact.url}`));
  const chosen =
    sample === undefined || sample >= all.length
      ? [...all]
      : all
          .map((one) => ({ one, lot: lot(one) }))
          .toSorted((a, b) => (a.lot < b.lot ? -1 : 1))
          .slice(0, sample)
          .map(({ one }) => one);
  const checked = chosen.length;
  const broken: BrokenLink[] = [];
  const work = async (): Promise<void> => {
    for (let one = chosen.shift(); one !== undefined; one = chosen.shift()) {
      const { problem } = await ports.examine(one.artifact);
      const { plugin, version, artifact } = one;
      if (problem !== undefined)
        broken.push({ plugin, version, url: artifact.url, problem: problem.message });
    }
  };
  await Promise.all(Array.from({ length: LIMITS.parallelDownloads }, work));
  return { registry, generated: now, total: all.length, checked, broken: broken.toSorted(byRelease) };
}

function byRelease(a: BrokenLink, b: BrokenLink): number {
  return `${a.plugin} ${a.version} ${a.url}` < `${b.plugin} ${b.version} ${b.url}` ? -1 : 1;
}

interface PublishedArtifact {
  readonly plugin: PluginName;
  readonly version: Version;
  readonly artifact: Artifact;
}

async function artifactsOf(tree: LinkPorts['tree']): Promise<readonly PublishedArtifact[]> {
  const found: PublishedArtifact[] = [];
  for (const path of await tree.list(SOURCE_DIRECTORIES.plugins)) {
    const source = parseSourcePath(path);
    const bytes = source?.kind === 'release' ? await tree.read(path) : undefined;
    if (source?.kind !== 'release' || bytes === undefined) continue;
    const { plugin, version } = source;
    const { artifacts } = valueOf(readReleaseManifest(bytes, path));
    found.push(...artifacts.map((artifact) => ({ plugin, version, artifact })));
  }
  return found;
}
