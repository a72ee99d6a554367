import { fileURLToPath } from 'node:url';
import { bundleRunner } from '../../tools/build/runner.mjs';
import { buildOnce } from './build-once.ts';

const MAIN = fileURLToPath(new URL('../../src/runner/main.ts', import.meta.url));

/** Builds the runner from source, once in a run of the suite, and returns its directory. */
export function buildRunner(): Promise<string> {
  return buildOnce('runner', async (directory) => {
    await bundleRunner(MAIN, directory);
  });
}
