import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SheafError } from '../../core/errors.ts';
import { quote } from '../../core/text.ts';
import { isErrno } from '../files.ts';
import type { PartialFile } from './partial-file.ts';

/**
 * Copies a file into a partial one, from the beginning: a published tree on a disk or a stick is a mirror too.
 *
 * @param url a `file:` URL (RFC 8089).
 * @param maxBytes what the file may have.
 * @throws SheafError `SHEAF_NETWORK` when it is not there, `SHEAF_SIZE`, and as `PartialFile.append`.
 */
export async function copyLocal(url: string, partial: PartialFile, maxBytes: number): Promise<void> {
  const path = fileURLToPath(url);
  await partial.reset();
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
      if (partial.size + chunk.byteLength > maxBytes) {
        throw new SheafError(
          'SHEAF_SIZE',
          `${quote(path)} has more than the ${maxBytes} bytes that were promised.`,
        );
      }
      await partial.append(chunk);
    }
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error;
    throw new SheafError('SHEAF_NETWORK', `There is no file ${quote(path)}.`, { cause: error });
  }
}
