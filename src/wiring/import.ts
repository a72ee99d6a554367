import { readList } from '../io/read-list.ts';
import { createSourceTree } from '../io/source-tree.ts';
import type { ImportPorts } from '../ops/import-krew.ts';
import { createSigningPorts } from './signing.ts';

/** Wires the import of other ecosystems' lists: files and a clock, and no network. */
export function createImportPorts(options: {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}): ImportPorts {
  const { clock, files } = createSigningPorts({ mayAsk: false, signal: options.signal });
  return {
    clock,
    files,
    readList,
    openTree: (directory) => createSourceTree(directory, options.environment),
  };
}
