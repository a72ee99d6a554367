import { buildIndex } from '../../src/core/index/build-index.ts';
import type { OpenIndex } from '../../src/core/index/index-difference.ts';
import type { FetchObject } from '../../src/core/index/index-head.ts';
import { FILE_KINDS, record } from '../../src/core/index/index-head.ts';
import type { PluginRecord } from '../../src/core/index/records.ts';
import type { PluginName } from '../../src/core/plugin-name.ts';
import type { Version } from '../../src/core/version.ts';

/** An index to search, and the paths of the objects that were fetched from it so far. */
export interface SearchWorld extends OpenIndex {
  readonly fetched: string[];
}

/** A plugin with this name; everything else is as said, or as little as possible. */
export function pluginRecord(name: string, change: Partial<PluginRecord> = {}): PluginRecord {
  return {
    name: name as PluginName,
    description: '',
    category: 'integrations',
    keywords: [],
    authors: [],
    owner: 'guild',
    version: '1.0.0' as Version,
    versions: 1,
    tier: { requested: 'wasm', granted: 'wasm' },
    capabilities: [],
    languages: [],
    engines: {},
    ...change,
  };
}

/** The index of a registry with these plugins and these categories, in memory. */
export function searchWorld(
  plugins: readonly PluginRecord[],
  categories: readonly string[] = [],
): SearchWorld {
  const files = Object.fromEntries(categories.map((name) => [`registry/categories/${name}.toml`, '']));
  const { head, objects } = buildIndex({
    registry: 'samples',
    plugins: plugins.map((plugin) => ({
      plugin,
      releases: JSON.stringify({ name: plugin.name }),
      bundles: [],
    })),
    owners: [],
    files: record(FILE_KINDS, (kind) =>
      new TextEncoder().encode(kind === 'categories' ? JSON.stringify(files) : kind),
    ),
  });
  const byDigest = new Map(objects.map((object) => [object.sha256, object.bytes]));
  const fetched: string[] = [];
  const fetchObject: FetchObject = async ({ sha256, path }) => {
    fetched.push(path);
    const bytes = byDigest.get(sha256);
    if (bytes === undefined) throw new RangeError(`There is no ${path}.`);
    return bytes;
  };
  return { head, fetchObject, fetched };
}
