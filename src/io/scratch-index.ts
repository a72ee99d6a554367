import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IndexSource } from '../core/ports.ts';
import type { IndexTarget } from '../core/publishing-ports.ts';
import { createDirectorySource } from './directory-source.ts';
import { createDirectoryTarget } from './directory-target.ts';

/** A directory that an index is built in and read from, gone when it is closed. */
export interface ScratchIndex {
  readonly target: IndexTarget;
  readonly source: IndexSource;
  readonly close: () => Promise<void>;
}

/** Makes an empty one. */
export async function openScratchIndex(): Promise<ScratchIndex> {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-index-'));
  const target = createDirectoryTarget(directory);
  return {
    target,
    source: createDirectorySource(directory, directory),
    async close() {
      await target.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
