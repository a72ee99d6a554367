import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A directory of its own for one test. */
export interface TemporaryDirectory {
  readonly path: string;
  /** Removes it with everything in it. */
  remove(): Promise<void>;
}

/** Makes an empty temporary directory. */
export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), 'sheaf-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Writes files below a directory: a published tree to be served, or a registry repository of any size. */
export function writeTree(directory: string, files: Iterable<readonly [string, Uint8Array]>): Promise<void> {
  const made = new Set<string>();
  for (const [path, bytes] of files) {
    const target = join(directory, ...path.split('/'));
    const parent = dirname(target);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    // Synchronous: for many small files the way through the thread pool costs several times the write.
    writeFileSync(target, bytes);
  }
  return Promise.resolve();
}
