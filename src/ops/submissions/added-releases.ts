import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { readReleaseManifest } from '../../core/formats/manifest.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { parseSourcePath, releaseDirectory, sourcePath } from '../../core/index/source-layout.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ProposedTrees } from '../../core/submission-ports.ts';
import type { AddedRelease, KnownChange } from '../../core/submissions/measured-releases.ts';
import type { Version } from '../../core/version.ts';
import { readRegistryAdvisories } from './read-advisories.ts';

/**
 * The releases that a change adds, by path, and what the registry before it says of itself.
 *
 * @throws SheafError `SHEAF_PATH` when its base is no registry, `SHEAF_INVALID_FILE` for a manifest with faults,
 *   `SHEAF_SIZE` for a change that is too large.
 */
export async function readAddedReleases(trees: ProposedTrees): Promise<KnownChange> {
  const { base, head } = trees;
  const path = sourcePath({ kind: 'registry' });
  const text = await base.read(path);
  const [from, to] = [await base.commit(), await head.commit()];
  if (text === undefined || from === null || to === null) {
    throw new SheafError('SHEAF_PATH', `There is no ${path} in the commit that the change is based on.`, {
      hint: 'Name the repository of a registry, and a commit of it.',
    });
  }
  const registry = valueOf(readRegistryFile(text, path));
  const releases: AddedRelease[] = [];
  for (const file of await trees.changedFiles()) {
    const source = parseSourcePath(file.path);
    if (source?.kind !== 'release' || file.change !== 'added' || file.after === undefined) continue;
    const { category, plugin, version } = source;
    const expected = { name: plugin, version, registry: registry.id };
    releases.push({
      path: file.path,
      category,
      bytes: file.after,
      manifest: valueOf(readReleaseManifest(file.after, file.path, { expected })),
      sha256: sha256(file.after),
      published: await publishedVersions(trees, category, plugin),
    });
  }
  return { registry, advisories: await readRegistryAdvisories(base), base: from, head: to, releases };
}

async function publishedVersions(
  { base }: ProposedTrees,
  category: string,
  plugin: PluginName,
): Promise<readonly Version[]> {
  const paths = await base.list(releaseDirectory(category, plugin));
  return paths.flatMap((path) => {
    const source = parseSourcePath(path);
    return source?.kind === 'release' ? [source.version] : [];
  });
}
