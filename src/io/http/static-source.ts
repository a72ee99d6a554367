import { SheafError } from '../../core/errors.ts';
import type { IndexSource } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { fetchFile } from './fetch-file.ts';
import type { Http } from './http.ts';

/**
 * A published tree on any static host: files under fixed names, objects under `o/<aa>/<sha256>`.
 * Reads fail with `SHEAF_SIZE` when the host sends more than was asked for, else with the errors of `Http`.
 */
export function createStaticSource(url: string, http: Http): IndexSource {
  const base = url.endsWith('/') ? url : `${url}/`;
  let bytesReceived = 0;

  async function read(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    return await fetchFile(http, new URL(checkedPath(path), base).href, maxBytes, (bytes) => {
      bytesReceived += bytes;
    });
  }

  return {
    url,
    refresh: () => Promise.resolve(),
    readFile: read,
    readObject: (object) => read(`o/${object.sha256.slice(0, 2)}/${object.sha256}`, object.size),
    get bytesReceived() {
      return bytesReceived;
    },
  };
}

/** Paths come from sheaf's own code; one that could leave the base address is a fault in it. */
function checkedPath(path: string): string {
  if (/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/.test(path)) return path;
  throw new SheafError('SHEAF_INTERNAL', `${quote(path)} is not a path of a published index.`);
}
