import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { ArtifactHost } from '../../core/submission-ports.ts';
import { quote } from '../../core/text.ts';
import { fetchFile } from './fetch-file.ts';
import type { Http } from './http.ts';

/**
 * A place to which the author uploads files in their own way: publishing makes sure that they are there.
 *
 * @param prefix address below which they are found, with a slash at its end.
 */
export function createUploadedHost(http: Http, prefix: string): ArtifactHost {
  return {
    name: prefix,
    addressOf: (name) => `${prefix}${name}`,
    async publish(files) {
      for (const file of files) {
        const url = `${prefix}${file.name}`;
        const there = await digestAt(http, url, file.bytes.byteLength);
        if (there === undefined) {
          throw new SheafError('SHEAF_PATH', `There is nothing at ${quote(url)} yet.`, {
            hint: `Upload ${file.name} to that address, then run the command again.`,
          });
        }
        if (there !== file.sha256) {
          throw new SheafError(
            'SHEAF_EXISTS',
            `At ${quote(url)} there are other bytes than those to be published.`,
            {
              hint: 'What was published under a version never changes: raise the version in the manifest.',
            },
          );
        }
      }
    },
  };
}

/** Digest of the file at an address; undefined without one, and `longer` for one that has more bytes. */
async function digestAt(http: Http, url: string, size: number): Promise<Sha256 | 'longer' | undefined> {
  try {
    const bytes = await fetchFile(http, url, size);
    return bytes === undefined ? undefined : sha256(bytes);
  } catch (error) {
    if (error instanceof SheafError && error.code === 'SHEAF_SIZE') return 'longer';
    throw error;
  }
}
