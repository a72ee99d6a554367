import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createDirectorySource } from '../io/directory-source.ts';
import { type MirrorServer, serveMirror } from '../io/http/mirror-server.ts';
import { createMirrorApi } from '../ops/registries/mirror-api.ts';
import { sheafVersion } from './version.ts';

/**
 * Serves a mirror directory with its API.
 *
 * @throws SheafError `SHEAF_NOT_A_REGISTRY` when the directory holds no mirror, and as `serveMirror`.
 */
export async function startMirrorServer(options: {
  readonly directory: string;
  readonly host: string;
  readonly port: number;
}): Promise<MirrorServer & { readonly registry: string }> {
  const directory = resolve(options.directory);
  const api = createMirrorApi({
    tree: createDirectorySource(directory, directory),
    clock: { now: () => Date.now() },
    schema: readApiSchema,
    version: sheafVersion(),
  });
  const { id } = await api.open();
  const server = await serveMirror({ ...options, directory, answer: (request) => api.answer(request) });
  return {
    registry: id,
    url: server.url,
    get requests() {
      return server.requests;
    },
    close: () => server.close(),
  };
}

/** From the package that this file lies in. */
async function readApiSchema(): Promise<unknown> {
  return JSON.parse(await readFile(new URL('../../schemas/api.schema.json', import.meta.url), 'utf8'));
}
