import type { Change } from './change.ts';

/** What a change puts at a path; undefined for what it leaves alone, removes, or brings as no plain file. */
export function bytesAfter({ files }: Pick<Change, 'files'>, path: string): Uint8Array | undefined {
  return files.find((file) => file.path === path)?.after;
}
