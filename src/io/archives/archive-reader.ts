import type { FileHandle } from 'node:fs/promises';
import type { ArchiveEntry } from '../../core/archives/archive-policy.ts';
import { SheafError } from '../../core/errors.ts';

/** An archive on disk, opened once and read twice: first everything it lists, then what was chosen. */
export interface ArchiveReader {
  /**
   * Every entry there is, of every type, in order. Reads as much of the file as it takes to know.
   *
   * @throws SheafError `SHEAF_ARCHIVE` when the archive is damaged, or could be read in two ways.
   */
  list(): Promise<readonly ArchiveEntry[]>;
  /**
   * The bytes of the entries at those positions of the listing, in the order of the archive. Each body must be
   * read to its end before the next one is asked for.
   *
   * @throws SheafError `SHEAF_ARCHIVE` when a body is not what the listing said.
   */
  contents(positions: ReadonlySet<number>): AsyncIterable<ArchiveContent>;
}

/** One unpacked file. */
export interface ArchiveContent {
  readonly position: number;
  readonly body: AsyncIterable<Uint8Array>;
}

const CHUNK = 64 * 1024;

/** The bytes of an open file from its start. Streams of the handle would close it, and it is read twice. */
export async function* fileBytes(file: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  for (let position = 0; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(CHUNK), 0, CHUNK, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

/** The refusal for an archive whose form is wrong; `fault` completes "The archive …". */
export function malformed(fault: string, cause?: unknown): SheafError {
  return new SheafError('SHEAF_ARCHIVE', `The archive ${fault}.`, {
    hint: 'Pack the release again with a current tar or zip program.',
    ...(cause === undefined ? {} : { cause }),
  });
}
