import { valueOf } from '../../core/finding.ts';
import { type Advisory, readAdvisory } from '../../core/formats/advisory.ts';
import { parseSourcePath, SOURCE_DIRECTORIES } from '../../core/index/source-layout.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';

/**
 * The advisories of a registry, by path.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for one that is broken: passed over, it could not warn anybody.
 */
export async function readRegistryAdvisories(
  tree: Pick<ReadableTree, 'list' | 'read'>,
): Promise<readonly Advisory[]> {
  const paths = await tree.list(SOURCE_DIRECTORIES.advisories);
  return Promise.all(
    paths
      .filter((path) => parseSourcePath(path)?.kind === 'advisory')
      .map(async (path) => valueOf(readAdvisory((await tree.read(path)) ?? new Uint8Array(), path))),
  );
}
