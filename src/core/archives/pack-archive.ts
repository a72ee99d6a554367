import { gzipSync } from 'fflate';
import { sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import { bombFault, judgeArchive } from './archive-policy.ts';

/** A file to be packed, under its path in the archive. */
export interface FileToPack {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
const NAME_BYTES = 100;

// What a system runs as a program: scripts, ELF, PE, and Mach-O in both byte orders and universal.
const PROGRAM_MAGICS: readonly string[] = [
  '2321',
  '7f454c46',
  '4d5a',
  'feedface',
  'feedfacf',
  'cefaedfe',
  'cffaedfe',
  'cafebabe',
];

/**
 * Packs files into a `.tar.gz` that depends on their paths and bytes only: sorted by path, no owners, no times,
 * mode 0755 for what begins like a program and 0644 for the rest. (A mode on disk would not do: Windows has
 * none.) What it packs is judged by the rules for unpacking, so that a packed release can be installed.
 *
 * @param name of the archive, for messages.
 * @throws SheafError `SHEAF_ARCHIVE`.
 */
export function packArchive(files: readonly FileToPack[], name: string): Uint8Array {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  judgeArchive(
    sorted.map(({ path, bytes }) => ({ path, type: 'file' as const, size: bytes.byteLength })),
    { name, packedBytes: Number.POSITIVE_INFINITY },
  );
  const tar = Buffer.concat([...sorted.flatMap(entryBlocks), new Uint8Array(2 * BLOCK)]);
  // Not node:zlib, whose output differs between the zlib forks that Node is built with; fflate is pinned exactly.
  const packed = gzipSync(tar, { level: 9, mtime: 0 });
  const bomb = bombFault(tar.byteLength, packed.byteLength);
  if (bomb !== undefined) {
    throw new SheafError('SHEAF_ARCHIVE', bomb, { hint: 'Leave out generated files that are mostly empty.' });
  }
  return packed;
}

/** An entry of POSIX.1-2017 ustar; a name it has no room for goes into a pax header before it. */
function entryBlocks({ path, bytes }: FileToPack): Uint8Array[] {
  const mode = isProgram(bytes) ? 0o755 : 0o644;
  const entry = (name: string): Uint8Array[] => [header(name, bytes.byteLength, mode, '0'), ...body(bytes)];
  if (Buffer.byteLength(path) <= NAME_BYTES && /^[\x20-\x7e]*$/.test(path)) return entry(path);
  const record = paxRecord('path', path);
  // Readers without pax see a name that is unique and says what happened.
  const plain = `PaxEntry/${sha256(Buffer.from(path)).slice(0, 32)}`;
  return [header('PaxHeader', record.byteLength, 0o644, 'x'), ...body(record), ...entry(plain)];
}

function header(name: string, size: number, mode: number, type: '0' | 'x'): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, offset, 'latin1');
  };
  block.write(name, 0, 'latin1');
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  // The checksum is computed with spaces in its own place.
  block.write('        ', 148, 'latin1');
  block.write(type, 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  octal(0, 329, 7);
  octal(0, 337, 7);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function body(bytes: Uint8Array): Uint8Array[] {
  return [bytes, new Uint8Array((BLOCK - (bytes.byteLength % BLOCK)) % BLOCK)];
}

/** `LENGTH KEY=VALUE\n`; the length counts its own digits. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let length = restBytes;
  while (length !== restBytes + String(length).length) length = restBytes + String(length).length;
  return Buffer.from(`${length}${rest}`);
}

function isProgram(bytes: Uint8Array): boolean {
  const start = Buffer.from(bytes.subarray(0, 4)).toString('hex');
  return PROGRAM_MAGICS.some((magic) => start.startsWith(magic));
}
