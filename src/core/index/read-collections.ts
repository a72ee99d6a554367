import { type JsonContext, parseJson, readMap, readText } from '../documents/strict-json.ts';
import { valueOf } from '../finding.ts';
import { type CollectionFile, readCollectionFile } from '../formats/collection-file.ts';
import { parseSourcePath } from './source-layout.ts';

/** A collection with the id that its file name gives it. */
export interface Collection extends CollectionFile {
  readonly id: string;
}

/**
 * Reads the index's copy of all collections, exact texts by path; featured ones first, then in order of their ids.
 *
 * @throws SheafError `SHEAF_INDEX` or `SHEAF_INVALID_FILE` when one is malformed.
 */
export function readCollections(bytes: Uint8Array): readonly Collection[] {
  const context: JsonContext = { what: 'The list of collections', code: 'SHEAF_INDEX' };
  const files = readMap(parseJson(bytes, context), context, readText);
  return Object.entries(files)
    .flatMap(([path, text]): readonly Collection[] => {
      const source = parseSourcePath(path);
      if (source?.kind !== 'collection') return [];
      const file = valueOf(readCollectionFile(new TextEncoder().encode(text), path));
      return [{ ...file, id: source.collection }];
    })
    .toSorted((a, b) => Number(b.featured) - Number(a.featured) || (a.id < b.id ? -1 : 1));
}
