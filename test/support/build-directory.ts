import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where this run keeps what its files build: see build-once.ts. */
    readonly builds: string;
  }
}

const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/**
 * Makes the directory for what a run builds, and takes it away at the end. Programs in it find their packages from
 * there, so it lies below `node_modules`.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await mkdir(CACHE, { recursive: true });
  const builds = await mkdtemp(join(CACHE, 'sheaf-builds-'));
  // Sandboxed processes are another user's, who must be able to read in it.
  await chmod(builds, 0o755);
  project.provide('builds', builds);
  // What was built before an edit tests nothing after it.
  project.onTestsRerun(async () => {
    for (const name of await readdir(builds)) await rm(join(builds, name), { recursive: true });
  });
  return () => rm(builds, { recursive: true, force: true });
}
