import { crc32, deflateRawSync } from 'node:zlib';

/** A zip entry byte by byte; `central` and `local` differ where a test wants them to. */
export interface RawZipEntry {
  readonly name: string | Uint8Array;
  readonly localName?: string | Uint8Array;
  readonly body?: string | Uint8Array;
  readonly flags?: number;
  readonly localFlags?: number;
  readonly method?: number;
  readonly localMethod?: number;
  readonly crc?: number;
  readonly localCrc?: number;
  /** Unpacked size as stated. */
  readonly size?: number;
  readonly localSize?: number;
  /** Upper half of the external attributes. */
  readonly mode?: number;
  /** Lower half: MS-DOS attributes. */
  readonly dos?: number;
  readonly extra?: Uint8Array;
  readonly localExtra?: Uint8Array;
  /** Where the central header says that the local one lies. */
  readonly offset?: number;
  /** Written behind the data. */
  readonly descriptor?: Uint8Array;
}

export interface RawZip {
  readonly before?: Uint8Array;
  readonly between?: Uint8Array;
  readonly after?: Uint8Array;
  readonly comment?: string;
  readonly count?: number;
}

export function rawZip(entries: readonly RawZipEntry[], options: RawZip = {}): Buffer {
  const before = Buffer.from(options.before ?? []);
  const parts: Buffer[] = [before];
  const central: Buffer[] = [];
  let offset = before.length;
  for (const entry of entries) {
    const body = Buffer.from(entry.body ?? '');
    const method = entry.method ?? 8;
    const packed = method === 8 ? deflateRawSync(body) : body;
    const crc = entry.crc ?? crc32(body);
    const name = Buffer.from(entry.name);
    const localName = Buffer.from(entry.localName ?? entry.name);
    const localExtra = Buffer.from(entry.localExtra ?? []);
    const extra = Buffer.from(entry.extra ?? []);
    const flags = entry.flags ?? 0x800;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(entry.localFlags ?? flags, 6);
    local.writeUInt16LE(entry.localMethod ?? method, 8);
    local.writeUInt32LE(entry.localCrc ?? crc, 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(entry.localSize ?? entry.size ?? body.length, 22);
    local.writeUInt16LE(localName.length, 26);
    local.writeUInt16LE(localExtra.length, 28);
    const header = Buffer.alloc(46);
    header.writeUInt32LE(0x02014b50, 0);
    header.writeUInt16LE((3 << 8) | 20, 4);
    header.writeUInt16LE(20, 6);
    header.writeUInt16LE(flags, 8);
    header.writeUInt16LE(method, 10);
    header.writeUInt32LE(crc, 16);
    header.writeUInt32LE(packed.length, 20);
    header.writeUInt32LE(entry.size ?? body.length, 24);
    header.writeUInt16LE(name.length, 28);
    header.writeUInt16LE(extra.length, 30);
    header.writeUInt32LE((((entry.mode ?? 0o100644) << 16) | (entry.dos ?? 0)) >>> 0, 38);
    header.writeUInt32LE(entry.offset ?? offset, 42);
    central.push(header, name, extra);
    const written = Buffer.concat([
      local,
      localName,
      localExtra,
      packed,
      Buffer.from(entry.descriptor ?? []),
      Buffer.from(options.between ?? []),
    ]);
    parts.push(written);
    offset += written.length;
  }
  const directory = Buffer.concat(central);
  const comment = Buffer.from(options.comment ?? '');
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(options.count ?? entries.length, 8);
  end.writeUInt16LE(options.count ?? entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, directory, end, comment, Buffer.from(options.after ?? [])]);
}
