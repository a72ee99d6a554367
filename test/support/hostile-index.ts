import { buildIndex } from '../../src/core/index/build-index.ts';
import { builtObject } from '../../src/core/index/built-object.ts';
import type { DescribedPlugin } from '../../src/core/index/describe-plugin.ts';
import { HEAD_PATH, objectPath, writeIndexHead } from '../../src/core/index/index-head.ts';
import { nextCheckpoint } from '../../src/core/index/next-checkpoint.ts';
import { readContent } from '../../src/ops/read-content.ts';
import { joinTrees } from '../../src/ops/registry-tree.ts';
import { memoryTree, type RegistrySimulator } from '../../src/testkit/index.ts';

/**
 * Publishes, as the first checkpoint, an index that no honest build makes: what a thief of the key of CI can
 * sign. `change` alters how a plugin is described.
 */
export async function publishHostileIndex(
  registry: RegistrySimulator,
  change: (plugin: DescribedPlugin) => DescribedPlugin,
): Promise<void> {
  const tree = joinTrees(memoryTree(registry.source), undefined);
  const content = await readContent({ tree, registry: registry.id, findings: [] });
  const { head, objects } = buildIndex({ ...content, plugins: content.plugins.map(change) });
  const { checkpoint, objects: history } = nextCheckpoint({
    root: { registry: registry.id, version: 1, epoch: 1 },
    previous: undefined,
    index: builtObject(HEAD_PATH, writeIndexHead(head)),
    source: { commit: null, facts: null },
    issued: registry.now,
    expires: registry.now + 24 * 3_600_000,
  });
  registry.published.clear();
  registry.publishRoots();
  for (const { sha256, bytes } of [...objects, ...history]) registry.published.set(objectPath(sha256), bytes);
  registry.publishCheckpoint(checkpoint);
}
