import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const pluginsDirectory = fileURLToPath(new URL('../../examples/plugins/', import.meta.url));

/**
 * Compiles one AssemblyScript plugin to wasm ABI 1. Same sources and same compiler, same bytes: sources are
 * named relative to `examples/plugins`, so no path of this machine gets in.
 *
 * @param {string} source path below `examples/plugins`: `graph-query/graph-query.ts`.
 * @returns {Promise<Uint8Array>}
 */
export async function compilePlugin(source) {
  let wasm;
  const messages = [];
  // `abort=` drops the import env.abort: the import section of a plugin is its list of capabilities.
  const options = ['--outFile', 'plugin.wasm', '-Oz', '--noAssert', '--runtime', 'stub', '--use', 'abort='];
  const { error } = await main([source, ...options], {
    readFile: (name) => readIfExists(join(pluginsDirectory, name)),
    writeFile: (name, contents) => {
      if (name === 'plugin.wasm') wasm = contents;
    },
    listFiles: () => [],
    stderr: { write: (text) => messages.push(text) },
  });
  if (error !== null || wasm === undefined)
    throw new Error(`${source} does not compile:\n${messages.join('')}`);
  return wasm;
}

/** asc probes `x.ts`, `x/index.ts` and more; null tells it that a file is not there. */
function readIfExists(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  }
}
