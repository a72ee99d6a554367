import { gzipSync } from 'node:zlib';

/** A tar entry byte by byte, with every field open to abuse. */
export interface RawTarEntry {
  readonly name: string | Uint8Array;
  readonly type?: string;
  readonly body?: string | Uint8Array;
  /** Size field as it is written; the length of the body when absent. */
  readonly size?: string;
  readonly mode?: number;
  readonly link?: string;
  readonly prefix?: string;
  readonly magic?: string;
  /** Added to the right checksum. */
  readonly checksumError?: number;
}

export function rawTarEntry(entry: RawTarEntry): Buffer {
  const body = Buffer.from(entry.body ?? '');
  const header = Buffer.alloc(512);
  Buffer.from(entry.name).copy(header, 0, 0, 100);
  header.write(`${(entry.mode ?? 0o644).toString(8).padStart(7, '0')}\0`, 100, 'latin1');
  header.write('0000000\u00000000000\0', 108, 'latin1');
  header.write(entry.size ?? `${body.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write('00000000000\0', 136, 'latin1');
  header.write('        ', 148, 'latin1');
  header.write(entry.type ?? '0', 156, 'latin1');
  header.write(entry.link ?? '', 157, 'utf8');
  header.write(entry.magic ?? 'ustar\u000000', 257, 'latin1');
  header.write(entry.prefix ?? '', 345, 'utf8');
  const sum = header.reduce((total, byte) => total + byte, entry.checksumError ?? 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
}

/** A pax header (`x` for the next entry, `g` for all) with these records. */
export function paxHeader(records: Readonly<Record<string, string>>, type = 'x'): Buffer {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    const digits = String(Buffer.byteLength(rest) + 2).length;
    return `${Buffer.byteLength(rest) + digits}${rest}`;
  });
  return rawTarEntry({ name: 'PaxHeader', type, body: body.join('') });
}

export const TAR_END: Buffer = Buffer.alloc(1024);

/** The entries, the end marker, and gzip around them. */
export function tgz(...entries: readonly (RawTarEntry | Buffer)[]): Buffer {
  const parts = entries.map((entry) => (Buffer.isBuffer(entry) ? entry : rawTarEntry(entry)));
  return gzipSync(Buffer.concat([...parts, TAR_END]));
}
