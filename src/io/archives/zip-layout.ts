import type { FileHandle } from 'node:fs/promises';
import yauzl, { type Entry, type LocalFileHeader, type ZipFile } from 'yauzl';
import { malformed } from './archive-reader.ts';

// Lengths and offsets of PKWARE APPNOTE 6.3.10 (4.3.12, 4.3.15, 4.3.16).
const CENTRAL_HEADER = 46;
const END_RECORD = 22;
const ZIP64_LOCATOR = 20;
const ZIP64_LOCATOR_SIGNATURE = 0x07064b50;
const DESCRIPTOR_SIGNATURE = 0x08074b50;
const DATA_DESCRIPTOR_FLAG = 0b1000;
const IN_ZIP64_FIELD = 0xffffffff;
const ZIP64_FIELD = 0x0001;
const UNICODE_PATH = 0x7075;

/**
 * Refuses a zip file that two readers could unpack differently: one that goes by the central directory, as
 * most do, and one that reads local headers from the start. So the local headers say what the central ones
 * say, and entries, central directory and end record fill the file without gap or overlap.
 *
 * @throws SheafError `SHEAF_ARCHIVE`.
 */
export async function requireOneReading(
  file: FileHandle,
  packedBytes: number,
  zip: ZipFile,
  entries: readonly Entry[],
): Promise<void> {
  const directory = await centralDirectory(file, packedBytes, zip, entries);
  const inOrder = entries.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
  let end = 0;
  for (const [position, entry] of inOrder.entries()) {
    if (entry.relativeOffsetOfLocalHeader !== end)
      throw malformed('has overlapping entries or bytes between them');
    const hasDescriptor = (entry.generalPurposeBitFlag & DATA_DESCRIPTOR_FLAG) !== 0;
    const local = await zip.readLocalFileHeaderPromise(entry);
    requireSameHeader(entry, local, hasDescriptor);
    end = local.fileDataStart + entry.compressedSize;
    if (hasDescriptor) {
      const next = inOrder[position + 1]?.relativeOffsetOfLocalHeader ?? directory;
      await requireDescriptor(file, entry, end, next - end);
      end = next;
    }
  }
  if (end !== directory) throw malformed('has overlapping entries or bytes between them');
}

/** Offset of the central directory, which must reach from there to the end record at the end of the file. */
async function centralDirectory(
  file: FileHandle,
  packedBytes: number,
  zip: ZipFile,
  entries: readonly Entry[],
): Promise<number> {
  const endRecord = packedBytes - END_RECORD - zip.comment.length;
  const tail = await readAt(file, endRecord - ZIP64_LOCATOR, ZIP64_LOCATOR + END_RECORD);
  if (tail.readUInt32LE(0) === ZIP64_LOCATOR_SIGNATURE) {
    throw malformed('has a zip64 end record, which no archive of an allowed size needs');
  }
  const counts = [tail.readUInt16LE(ZIP64_LOCATOR + 8), tail.readUInt16LE(ZIP64_LOCATOR + 10)];
  const size = tail.readUInt32LE(ZIP64_LOCATOR + 12);
  const offset = tail.readUInt32LE(ZIP64_LOCATOR + 16);
  let listed = 0;
  for (const entry of entries) {
    listed += CENTRAL_HEADER + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
  }
  if (counts.some((count) => count !== entries.length) || size !== listed || offset + size !== endRecord) {
    throw malformed('has a central directory that does not fill its place');
  }
  return offset;
}

function requireSameHeader(entry: Entry, local: LocalFileHeader, hasDescriptor: boolean): void {
  if (!local.fileName.equals(entry.fileNameRaw)) throw malformed('names an entry differently in two places');
  const fields = yauzl.parseExtraFields(local.extraField);
  for (const { id, data } of fields) {
    if (id === UNICODE_PATH && !data.subarray(5).equals(entry.fileNameRaw)) {
      throw malformed('has an entry with two names');
    }
  }
  const sizes = fields.find(({ id }) => id === ZIP64_FIELD)?.data;
  const wide = (value: number, offset: number): number =>
    value === IN_ZIP64_FIELD && sizes !== undefined && sizes.byteLength >= offset + 8
      ? Number(sizes.readBigUInt64LE(offset))
      : value;
  const stated = [
    [local.crc32, entry.crc32],
    [wide(local.uncompressedSize, 0), entry.uncompressedSize],
    [wide(local.compressedSize, 8), entry.compressedSize],
  ];
  // With a data descriptor the local header may leave them open with zeros (APPNOTE 4.4.4, bit 3).
  const same = stated.every(([here, there]) => here === there || (hasDescriptor && here === 0));
  if (
    !same ||
    local.generalPurposeBitFlag !== entry.generalPurposeBitFlag ||
    local.compressionMethod !== entry.compressionMethod
  ) {
    throw malformed('describes an entry differently in two places');
  }
}

/** The data descriptor (APPNOTE 4.3.9) behind an entry: with or without signature, 32 or 64 bit sizes. */
async function requireDescriptor(
  file: FileHandle,
  entry: Entry,
  offset: number,
  length: number,
): Promise<void> {
  if (![12, 16, 20, 24].includes(length)) throw malformed('has a data descriptor of impossible length');
  const bytes = await readAt(file, offset, length);
  const signed = length === 16 || length === 24;
  if (signed && bytes.readUInt32LE(0) !== DESCRIPTOR_SIGNATURE)
    throw malformed('has a wrong data descriptor');
  const fields = signed ? bytes.subarray(4) : bytes;
  const sizes =
    length >= 20
      ? [Number(fields.readBigUInt64LE(4)), Number(fields.readBigUInt64LE(12))]
      : [fields.readUInt32LE(4), fields.readUInt32LE(8)];
  const agrees =
    fields.readUInt32LE(0) === entry.crc32 &&
    sizes[0] === entry.compressedSize &&
    sizes[1] === entry.uncompressedSize;
  if (!agrees) throw malformed('has a wrong data descriptor');
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0) throw malformed('is too short');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw malformed('is cut off');
  return buffer;
}
