import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildOnce } from './build-once.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Bundles a TypeScript entry into one `.mjs` that plain Node runs, and returns its path: tests that start
 * child processes need it, because Node 20 does not read TypeScript. Packages stay outside the bundle and are
 * resolved from the repository. It is built once in a run of the suite.
 *
 * @param entry absolute path, or a `file:` URL.
 */
export async function bundle(entry: string | URL): Promise<string> {
  const input = entry instanceof URL ? fileURLToPath(entry) : entry;
  const name = relative(REPOSITORY, input).replaceAll('/', '-');
  const directory = await buildOnce(`bundle-${name}`, (own) => writeBundle(input, join(own, 'entry.mjs')));
  return join(directory, 'entry.mjs');
}

async function writeBundle(input: string, file: string): Promise<void> {
  const build = await rolldown({
    input,
    cwd: REPOSITORY,
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('\0'),
    logLevel: 'silent',
  });
  try {
    await build.write({ file, format: 'esm', sourcemap: 'inline', codeSplitting: false });
  } finally {
    await build.close();
  }
}
