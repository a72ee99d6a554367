import { join } from 'node:path';
import { objectPath } from '../core/index/index-head.ts';
import type { IndexSource } from '../core/ports.ts';
import { readFileIfExists } from './files.ts';

/**
 * A published tree in a directory of this machine: a mounted share, a USB stick, what `sheaf mirror` writes.
 * The same layout as a static host; no bytes count as received, because none cross a network.
 */
export function createDirectorySource(url: string, directory: string): IndexSource {
  const read = (path: string, maxBytes: number): Promise<Uint8Array | undefined> =>
    readFileIfExists(join(directory, ...path.split('/')), maxBytes);
  return {
    url,
    bytesReceived: 0,
    refresh: () => Promise.resolve(),
    readFile: read,
    readObject: (object) => read(objectPath(object.sha256), object.size),
  };
}
