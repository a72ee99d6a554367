import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { onTestFinished } from 'vitest';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Bundles a TypeScript entry into one `.mjs` that plain Node runs, and returns its path: tests that start
 * child processes need it, because Node 20 does not read TypeScript. Packages stay outside the bundle and are
 * resolved from the repository, so the file lies inside it, below `node_modules/.cache`.
 *
 * The file is removed when the test ends; `keep` hands that to the caller, for a bundle made in `beforeAll`.
 *
 * @param entry absolute path, or a `file:` URL.
 */
export async function bundle(entry: string | URL, options: { keep?: boolean } = {}): Promise<string> {
  const cache = join(REPOSITORY, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'sheaf-test-'));
  if (options.keep !== true) onTestFinished(() => removeBundle(join(directory, 'entry.mjs')));
  const file = join(directory, 'entry.mjs');
  const build = await rolldown({
    input: entry instanceof URL ? fileURLToPath(entry) : entry,
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
  return file;
}

/** Removes a file that {@link bundle} made with `keep`. */
export async function removeBundle(file: string): Promise<void> {
  await rm(join(file, '..'), { recursive: true, force: true });
}
