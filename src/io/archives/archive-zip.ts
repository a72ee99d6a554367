import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import {
  type ArchiveEntry,
  type ArchiveEntryType,
  tooManyEntries,
} from '../../core/archives/archive-policy.ts';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { type ArchiveContent, type ArchiveReader, malformed } from './archive-reader.ts';
import { requireOneReading } from './zip-layout.ts';

// General purpose bits (APPNOTE 4.4.4) that an entry may have: deflate level, data descriptor, UTF-8 name.
const DEFLATE_LEVEL = 0b110;
const DATA_DESCRIPTOR = 0b1000;
const UTF8_NAME = 0x800;
const KNOWN_FLAGS = DEFLATE_LEVEL | DATA_DESCRIPTOR | UTF8_NAME;
const STORED = 0;
const DEFLATED = 8;

/** File type in the upper half of the external attributes, as Unix and macOS write it (POSIX <sys/stat.h>). */
const FILE_TYPES: Readonly<Record<number, ArchiveEntryType>> = {
  0o010: 'FIFO',
  0o020: 'character device',
  0o040: 'directory',
  0o060: 'block device',
  0o100: 'file',
  0o120: 'symbolic link',
  0o140: 'socket',
};

const MSDOS_DIRECTORY = 0x10;
/** Id of the Info-ZIP Unicode Path extra field. */
const UNICODE_PATH = 0x7075;
/** Name, extra fields and comment of one entry together. */
const HEADER_BYTES = 8 * 1024;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * A zip archive (PKWARE APPNOTE 6.3.10) that every reader unpacks the same way: its entries lie one after the
 * other from the first byte, local and central headers agree, and nothing precedes, follows or overlaps.
 */
export function createZipReader(file: FileHandle, packedBytes: number): ArchiveReader {
  let opened: Promise<{ readonly zip: ZipFile; readonly entries: readonly Entry[] }> | undefined;

  async function open(): Promise<{ readonly zip: ZipFile; readonly entries: readonly Entry[] }> {
    try {
      const zip = await yauzl.fromFdPromise(file.fd, { autoClose: false, decodeStrings: false });
      if (zip.entryCount > LIMITS.archiveEntries) throw tooManyEntries();
      const entries: Entry[] = [];
      for await (const entry of zip.eachEntry()) {
        requireReadable(entry);
        entries.push(entry);
      }
      await requireOneReading(file, packedBytes, zip, entries);
      return { zip, entries };
    } catch (error) {
      throw asMalformed(error);
    }
  }

  return {
    async list() {
      opened ??= open();
      return (await opened).entries.map(toArchiveEntry);
    },

    async *contents(positions): AsyncGenerator<ArchiveContent> {
      opened ??= open();
      const { zip, entries } = await opened;
      for (const [position, entry] of entries.entries()) {
        if (positions.has(position)) yield { position, body: checkedBody(zip, entry) };
      }
    },
  };
}

function requireReadable(entry: Entry): void {
  if (entry.isEncrypted()) throw malformed('is encrypted');
  if ((entry.generalPurposeBitFlag & ~KNOWN_FLAGS) !== 0)
    throw malformed('uses features that are not supported');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw malformed(
      `uses compression method ${entry.compressionMethod}; only stored and deflate are supported`,
    );
  }
  if (entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength > HEADER_BYTES) {
    throw malformed('has a header of unusual length');
  }
}

function toArchiveEntry(entry: Entry): ArchiveEntry {
  const path = nameOf(entry);
  const attributes = entry.externalFileAttributes >>> 16;
  const unixType = (attributes & 0o170000) >> 9;
  const named = path.endsWith('/') ? 'directory' : 'file';
  const type = unixType === 0 ? named : (FILE_TYPES[unixType] ?? 'entry of unknown type');
  const msdosDirectory = (entry.externalFileAttributes & MSDOS_DIRECTORY) !== 0;
  if ((type === 'file' && msdosDirectory) || ((type === 'file' || type === 'directory') && type !== named)) {
    throw malformed('calls an entry a file in one place and a directory in another');
  }
  if (type === 'directory' && entry.uncompressedSize > 0) throw malformed('has a directory with content');
  return {
    path,
    type,
    size: entry.uncompressedSize,
    ...(attributes === 0 ? {} : { mode: attributes & 0o7777 }),
  };
}

/**
 * The name, which must be marked as UTF-8 or be ASCII: other code pages are guesswork. A second name in the
 * Info-ZIP Unicode Path field (APPNOTE 4.6.9) must be the same, or readers that know it see another archive.
 */
function nameOf(entry: Entry): string {
  const raw = entry.fileNameRaw;
  if ((entry.generalPurposeBitFlag & UTF8_NAME) === 0 && raw.some((byte) => byte > 0x7f)) {
    throw malformed('has a name that is neither ASCII nor marked as UTF-8');
  }
  for (const { id, data } of entry.extraFields) {
    if (id === UNICODE_PATH && !data.subarray(5).equals(raw)) throw malformed('has an entry with two names');
  }
  try {
    return UTF8.decode(raw);
  } catch (error) {
    throw malformed('has a name that is not UTF-8', error);
  }
}

/** The unpacked bytes; the library checks their number, this their CRC-32, which it does not. */
async function* checkedBody(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array, void, undefined> {
  let sum = 0;
  try {
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      const part = chunk as Buffer;
      sum = crc32(part, sum);
      yield part;
    }
  } catch (error) {
    throw asMalformed(error);
  }
  if (sum !== entry.crc32) throw malformed('holds a file with a wrong checksum');
}

function asMalformed(error: unknown): SheafError {
  return error instanceof SheafError ? error : malformed('is damaged', error);
}
