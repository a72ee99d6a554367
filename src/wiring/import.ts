import { createWorkTree } from '../io/git/source-tree.ts';
import { fetchFile } from '../io/http/fetch-file.ts';
import { createHttp } from '../io/http/http.ts';
import { readList } from '../io/read-list.ts';
import type { ImportPorts } from '../ops/import/import-list.ts';
import type { ImportObsidianPorts } from '../ops/import/import-obsidian.ts';
import { createSigningPorts } from './signing.ts';
import { sheafVersion } from './version.ts';

/** What surrounds an import. */
export interface ImportOrigin {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Wires the import of other ecosystems' lists: files and a clock, and no network. */
export function createImportPorts({ signal }: ImportOrigin): ImportPorts {
  const { clock, files } = createSigningPorts({ mayAsk: false, signal });
  return {
    clock,
    files,
    readList,
    openTree: (directory) => createWorkTree(directory),
  };
}

/** The same with the network, for lists whose releases have to be looked at. */
export function createFetchingImportPorts(
  options: ImportOrigin & { readonly offline: boolean },
): ImportObsidianPorts {
  const http = createHttp({ ...options, version: sheafVersion() });
  return {
    ...createImportPorts(options),
    fetchFile: (url, maxBytes) => fetchFile(http, url, maxBytes),
  };
}
