import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Header } from 'tar';
import {
  type ArchiveEntry,
  type ArchiveEntryType,
  bombFault,
  tooManyEntries,
} from '../../core/archives/archive-policy.ts';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { type ArchiveContent, type ArchiveReader, fileBytes, malformed } from './archive-reader.ts';
import { BlockReader } from './block-reader.ts';
import { requireHarmlessGlobal, type TarExtension, withLongName, withPaxHeader } from './tar-extension.ts';

const BLOCK = 512;
/** Extended headers of one entry, together; a path is at most `LIMITS.archivePathBytes`. */
const EXTENSION_BYTES = 16 * 1024;
/** Magic and version at offset 257: POSIX ustar, GNU, and none in the format of Unix V7. */
const MAGICS: ReadonlySet<string> = new Set(['ustar\u000000', 'ustar  \0', '\0\0\0\0\0\0\0\0']);

const ENTRY_TYPES: Readonly<Record<string, ArchiveEntryType>> = {
  File: 'file',
  OldFile: 'file',
  Directory: 'directory',
  Link: 'hard link',
  SymbolicLink: 'symbolic link',
  CharacterDevice: 'character device',
  BlockDevice: 'block device',
  FIFO: 'FIFO',
};

/** An entry, and its body at the current position of the stream. */
interface Found {
  readonly entry: ArchiveEntry;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * A gzip-compressed tar archive (POSIX.1-2017 pax interchange format, with GNU long names).
 *
 * The library decodes the headers; the blocks are walked here, because its own parser skips whatever it does
 * not understand with a warning, and what one reader skips another unpacks unjudged.
 */
export function createTarReader(file: FileHandle, packedBytes: number): ArchiveReader {
  return {
    async list() {
      const entries: ArchiveEntry[] = [];
      for await (const { entry } of walk(file, packedBytes)) {
        if (entries.length === LIMITS.archiveEntries) throw tooManyEntries();
        entries.push(entry);
        // Readers disagree on whether links and unknown entries have a body, so what follows is anybody's
        // guess; the entry alone gets the archive refused.
        if (entry.type !== 'file' && entry.type !== 'directory') break;
      }
      return entries;
    },

    async *contents(positions): AsyncGenerator<ArchiveContent> {
      let position = 0;
      let left = positions.size;
      for await (const { body } of walk(file, packedBytes)) {
        if (positions.has(position)) {
          yield { position, body };
          left -= 1;
          if (left === 0) return;
        }
        position += 1;
      }
    },
  };
}

async function* walk(file: FileHandle, packedBytes: number): AsyncGenerator<Found, void, undefined> {
  const blocks = new BlockReader(unpacked(file, packedBytes));
  try {
    for (;;) {
      const found = await nextEntry(blocks);
      if (found === undefined) break;
      yield found;
      // Skips what the reader left, up to the next header.
      for await (const chunk of found.body) void chunk;
    }
    await requireEnd(blocks);
  } catch (error) {
    if (error instanceof SheafError) throw error;
    throw malformed('is damaged', error);
  } finally {
    await blocks.close();
  }
}

/** The next entry with all that extended headers before it say; undefined at the first block of zeros. */
async function nextEntry(blocks: BlockReader): Promise<Found | undefined> {
  let extension: TarExtension = {};
  let extensionBytes = 0;
  for (;;) {
    const block = await blocks.read(BLOCK);
    if (block === undefined) throw malformed('is cut off: its end marker is missing');
    if (isZero(block)) {
      if (extensionBytes > 0) throw malformed('ends after an extended header');
      return undefined;
    }
    const header = decodeHeader(block);
    const size = statedSize(header, block);
    const extend = EXTENSIONS[header.type];
    if (extend === undefined) return toFound(header, size, extension, blocks);
    extensionBytes += BLOCK + size;
    if (extensionBytes > EXTENSION_BYTES) throw malformed('has extended headers of unusual length');
    const body = await blocks.read(padded(size));
    if (body === undefined) throw malformed('is cut off inside an extended header');
    extension = extend(extension, body.subarray(0, size));
  }
}

const EXTENSIONS: Readonly<Record<string, (extension: TarExtension, body: Uint8Array) => TarExtension>> = {
  ExtendedHeader: withPaxHeader,
  NextFileHasLongPath: withLongName,
  // Names the target of a link, which is refused with the link.
  NextFileHasLongLinkpath: (extension) => extension,
  GlobalExtendedHeader: (extension, body) => {
    requireHarmlessGlobal(body);
    return extension;
  },
};

function toFound(header: Header, size: number, extension: TarExtension, blocks: BlockReader): Found {
  const type = ENTRY_TYPES[header.type] ?? 'entry of unknown type';
  // A pax size is for files beyond 8 GiB. On a smaller one it can only make readers that know it skip headers
  // that the others unpack.
  if (extension.size !== undefined && extension.size !== size)
    throw malformed('states two sizes for an entry');
  if (type === 'directory' && size > 0) throw malformed('has a directory with content');
  const entry = {
    path: extension.path ?? header.path ?? '',
    type,
    size,
    ...(header.mode === undefined ? {} : { mode: header.mode }),
  };
  return { entry, body: blocks.body(size, padded(size)) };
}

function decodeHeader(block: Buffer): Header {
  if (!MAGICS.has(block.toString('latin1', 257, 265))) throw malformed('has a header of an unknown format');
  let header: Header;
  try {
    header = new Header(block);
  } catch (error) {
    throw malformed('has a header that cannot be decoded', error);
  }
  if (!header.cksumValid) throw malformed('has a header with a wrong checksum');
  return header;
}

/**
 * The size field, read here for two reasons: the library takes a directory for empty whatever its header says,
 * and ignores what follows the octal digits; a reader that does neither would find other entries.
 */
function statedSize(header: Header, block: Buffer): number {
  const field = block.toString('latin1', 124, 136);
  const size = /^ *[0-7]+[ \0]*$/.test(field) ? Number.parseInt(field, 8) : largeSize(header, block);
  if (size === undefined || !Number.isSafeInteger(size)) throw malformed('has a header without a valid size');
  return size;
}

/** GNU base-256 numbers begin with 0x80. The library has decoded them, except for directories. */
function largeSize(header: Header, block: Buffer): number | undefined {
  return block[124] === 0x80 && header.type !== 'Directory' ? header.size : undefined;
}

/** Two blocks of zeros end an archive; some writers fill up with more. Anything else is hidden there. */
async function requireEnd(blocks: BlockReader): Promise<void> {
  for (let zeroBlocks = 1; ; zeroBlocks += 1) {
    const block = await blocks.read(BLOCK);
    if (block === undefined) {
      if (zeroBlocks < 2) throw malformed('is cut off: its end marker is incomplete');
      return;
    }
    if (!isZero(block)) throw malformed('goes on after its end marker');
  }
}

/** The decompressed stream (RFC 1952), stopped as soon as it is too long for an honest archive. */
async function* unpacked(file: FileHandle, packedBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = createGunzip();
  pipeline(fileBytes(file), gunzip, () => undefined);
  let bytes = 0;
  try {
    for await (const chunk of gunzip) {
      const part = chunk as Buffer;
      bytes += part.byteLength;
      const bomb = bombFault(bytes, packedBytes);
      if (bomb !== undefined) throw new SheafError('SHEAF_ARCHIVE', bomb);
      yield part;
    }
    // zlib is content with bytes after the last member when they begin with a zero.
    if (gunzip.bytesWritten !== packedBytes) throw malformed('is followed by other bytes');
  } finally {
    gunzip.destroy();
  }
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK;
}

function isZero(block: Buffer): boolean {
  return block.every((byte) => byte === 0);
}
