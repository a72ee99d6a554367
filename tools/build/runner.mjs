import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * Bundles the program in which plugins run into a directory that needs nothing else: it is all that a sandbox
 * shows of sheaf. CommonJS, because Node starts it sooner than ES modules; the JavaScript interpreter is a chunk
 * of its own, which most runners never load.
 *
 * @param {string} input the runner's main module, TypeScript or compiled.
 * @param {string} directory
 * @returns what was written, for the licences of the packages inside.
 */
export async function bundleRunner(input, directory) {
  const build = await rolldown({
    input: { runner: input },
    cwd: directory,
    platform: 'node',
    resolve: { conditionNames: ['require', 'node'] },
    logLevel: 'warn',
  });
  try {
    const { output } = await build.write({
      dir: directory,
      format: 'cjs',
      minify: true,
      entryFileNames: '[name].cjs',
      chunkFileNames: '[name]-[hash].cjs',
    });
    const interpreter = createRequire(input).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
    await copyFile(interpreter, join(directory, 'quickjs.wasm'));
    return output;
  } finally {
    await build.close();
  }
}
