import { defined } from '../defined.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { nonEmpty, writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { validate as validateCollection } from '../validators/collection.generated.js';
import type { VersionRange } from '../version.ts';
import { judgeRange } from './manifest-rules.ts';

/** A list of plugins that somebody vouches for: `registry/collections/<id>.toml`; the file name is its id. */
export interface CollectionFile {
  readonly title: string;
  readonly description: string;
  /** Who keeps the list. */
  readonly curator?: string;
  /** Whether being listed is a certification by the curator. */
  readonly certifies: boolean;
  readonly featured: boolean;
  /** In the order in which they are shown. */
  readonly plugins: readonly CollectedPlugin[];
}

/** One entry of a collection. */
export interface CollectedPlugin {
  readonly name: PluginName;
  /** All versions when absent. */
  readonly versions?: VersionRange;
  readonly note?: string;
}

/** The file as `schemas/collection.schema.json` accepts it. */
interface CollectionToml {
  readonly collection: {
    readonly title: string;
    readonly description: string;
    readonly curator?: string;
    readonly certifies?: boolean;
    readonly featured?: boolean;
  };
  readonly plugin?: readonly CollectedPlugin[];
}

/** Reads a collection. */
export function readCollectionFile(bytes: Uint8Array, file: string): Reading<CollectionFile> {
  return readDocument(parseToml(bytes, file), validateCollection, (document, report) => {
    const { collection, plugin = [] } = document.value as unknown as CollectionToml;
    const seen = new Set<string>();
    for (const [index, { name, versions }] of plugin.entries()) {
      if (versions !== undefined) judgeRange(['plugin', index, 'versions'], versions, report);
      if (seen.has(name)) {
        report(
          ['plugin', index, 'name'],
          'duplicate-plugin',
          `The plugin ${quote(name)} is listed twice.`,
          'Keep one of the entries.',
        );
      }
      seen.add(name);
    }
    return defined({
      title: collection.title,
      description: collection.description,
      curator: collection.curator,
      certifies: collection.certifies ?? false,
      featured: collection.featured ?? false,
      plugins: plugin.map(entryOf),
    });
  });
}

/** Writes a collection as {@link readCollectionFile} reads it. */
export function writeCollectionFile(file: CollectionFile): Uint8Array {
  return writeToml({
    collection: {
      title: file.title,
      description: file.description,
      curator: file.curator,
      certifies: file.certifies || undefined,
      featured: file.featured || undefined,
    },
    plugin: nonEmpty(file.plugins.map(entryOf)),
  });
}

function entryOf({ name, versions, note }: CollectedPlugin): CollectedPlugin {
  return defined({ name, versions, note });
}
