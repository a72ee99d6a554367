import { sha256 } from '../../src/core/digest.ts';
import { buildIndex } from '../../src/core/index/build-index.ts';
import { builtObject } from '../../src/core/index/built-object.ts';
import { type BundleFiles, bundlePath, readBundle } from '../../src/core/index/bundle.ts';
import { LATEST_PATH } from '../../src/core/index/checkpoint.ts';
import type { DescribedPlugin } from '../../src/core/index/describe-plugin.ts';
import { type FileKind, HEAD_PATH, objectPath, writeIndexHead } from '../../src/core/index/index-head.ts';
import { nextCheckpoint } from '../../src/core/index/next-checkpoint.ts';
import {
  type OwnerRecord,
  type ReleasesRecord,
  readReleasesRecord,
  writeReleasesRecord,
} from '../../src/core/index/records.ts';
import { readPreviousIndex } from '../../src/ops/index/previous-index.ts';
import { readContent } from '../../src/ops/index/read-content.ts';
import { joinTrees } from '../../src/ops/index/registry-tree.ts';
import { memorySource, memoryTree, type RegistrySimulator } from '../../src/testkit/index.ts';

interface HostileOptions {
  readonly continued?: boolean;
  readonly owner?: (owner: OwnerRecord) => OwnerRecord;
  readonly files?: Partial<Record<FileKind, Uint8Array>>;
}

/**
 * Publishes an index that no honest build makes: what a thief of the key of CI can sign. `change` alters how a
 * plugin is described.
 *
 * @param options.continued as the checkpoint after the newest one, so that no client takes alarm; else as the first.
 * @param options.owner alters the key files of an owner.
 * @param options.files small files in the place of those that were read.
 */
export async function publishHostileIndex(
  registry: RegistrySimulator,
  change: (plugin: DescribedPlugin) => DescribedPlugin,
  options: HostileOptions = {},
): Promise<void> {
  const tree = joinTrees(memoryTree(registry.source), undefined);
  const content = await readContent({
    tree,
    registry: registry.id,
    roots: [registry.rootFile()],
    findings: [],
  });
  const { head, objects } = buildIndex({
    ...content,
    plugins: content.plugins.map(change),
    owners: content.owners.map(options.owner ?? ((owner) => owner)),
    files: { ...content.files, ...options.files },
  });
  if (options.continued !== true) registry.published.clear();
  const previous = registry.published.has(LATEST_PATH)
    ? await readPreviousIndex(memorySource(registry.published))
    : undefined;
  const { checkpoint, objects: history } = nextCheckpoint({
    root: { registry: registry.id, version: 1, epoch: 1 },
    previous,
    index: builtObject(HEAD_PATH, writeIndexHead(head)),
    source: { commit: null, facts: null },
    issued: registry.now,
    expires: registry.now + 24 * 3_600_000,
  });
  registry.publishRoots();
  for (const { sha256, bytes } of [...objects, ...history]) registry.published.set(objectPath(sha256), bytes);
  registry.publishCheckpoint(checkpoint);
}

/** A plugin whose line of the releases says something else. */
export function withRecord(
  plugin: DescribedPlugin,
  edit: (record: ReleasesRecord) => ReleasesRecord,
): DescribedPlugin {
  return { ...plugin, releases: writeReleasesRecord(edit(readReleasesRecord(plugin.releases))) };
}

/** A plugin with other files in its bundle, and with the digests in its line of the releases that fit them. */
export function withFiles(
  plugin: DescribedPlugin,
  edit: (files: Readonly<Record<string, string>>) => BundleFiles,
): DescribedPlugin {
  const [bundle, ...others] = plugin.bundles;
  if (bundle === undefined || others.length > 0)
    throw new Error('Only a plugin with one bundle can be edited.');
  const { name } = plugin.plugin;
  const files = edit(readBundle(bundle.bytes, name));
  const edited = builtObject(bundlePath(name, 0), new TextEncoder().encode(JSON.stringify(files)));
  const digestOf = (file: string) => sha256(new TextEncoder().encode(files[file]));
  return {
    ...withRecord(plugin, (record) => ({
      ...record,
      bundles: [{ sha256: edited.sha256, size: edited.size }],
      versions: record.versions.map((version) => ({
        ...version,
        manifest: digestOf(`${version.version}.toml`),
      })),
    })),
    bundles: [edited],
  };
}
