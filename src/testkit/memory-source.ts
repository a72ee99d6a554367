import { SheafError } from '../core/errors.ts';
import { objectPath } from '../core/index/index-head.ts';
import type { IndexSource } from '../core/ports.ts';
import type { SourceTree } from '../core/publishing-ports.ts';

/** Files by path, with `/`: a published tree, or the source of a registry. */
export type FileMap = Map<string, Uint8Array>;

/** Serves a published tree from memory as a static host would: by the layout of a directory. */
export function memorySource(files: ReadonlyMap<string, Uint8Array>, url = 'memory:registry'): IndexSource {
  let bytesReceived = 0;
  const read = async (path: string, maxBytes: number): Promise<Uint8Array | undefined> => {
    const bytes = files.get(path);
    if (bytes === undefined) return undefined;
    bytesReceived += bytes.byteLength;
    if (bytes.byteLength <= maxBytes) return bytes;
    throw new SheafError(
      'SHEAF_SIZE',
      `${path} has ${bytes.byteLength} bytes where ${maxBytes} are allowed.`,
    );
  };
  return {
    url,
    get bytesReceived() {
      return bytesReceived;
    },
    refresh: () => Promise.resolve(),
    readFile: read,
    readObject: (object) => read(objectPath(object.sha256), object.size),
  };
}

/** A source whose host cannot be reached. */
export function unreachableSource(url: string): IndexSource {
  const fail = (): Promise<never> =>
    Promise.reject(new SheafError('SHEAF_NETWORK', `${url} could not be reached.`));
  return { url, bytesReceived: 0, refresh: fail, readFile: fail, readObject: fail };
}

/** A source tree in memory, without a commit: every build reads all of it. */
export function memoryTree(files: ReadonlyMap<string, Uint8Array>): SourceTree {
  return {
    root: 'memory:source',
    commit: () => Promise.resolve(null),
    list: async (directory) =>
      [...files.keys()].filter((path) => path.startsWith(`${directory}/`)).toSorted(),
    read: async (path) => files.get(path),
    readAll: async (paths) => paths.map((path) => files.get(path)),
    changedSince: () => Promise.resolve(undefined),
  };
}
