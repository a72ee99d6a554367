import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { rawZip } from '../../../test/support/raw-zip.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import type { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { pluginName } from '../../core/plugin-name.ts';
import { listing, unpackArtifact } from './archive.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-zip-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function order(bytes: Uint8Array) {
  const path = join(directory, 'release.zip');
  await writeFile(path, bytes);
  return {
    plugin: pluginName('graph-lens'),
    artifact: {
      kind: 'archive' as const,
      platform: 'any',
      url: 'https://example.org/graph-lens-1.0.0.zip',
      sha256: '0'.repeat(64) as Sha256,
    },
    path,
    destination: join(directory, 'unpacked'),
  };
}

async function unpack(bytes: Uint8Array): Promise<string> {
  const what = await order(bytes);
  await unpackArtifact(what);
  return what.destination;
}

async function zipped(fill: (zip: ZipFile) => void, forceZip64Format = false): Promise<Buffer> {
  const zip = new ZipFile();
  fill(zip);
  zip.end({ forceZip64Format, comment: '' });
  return buffer(zip.outputStream);
}

/** The digests of all files, in order. */
async function contents(bytes: Uint8Array): Promise<string> {
  const files = await listing(await order(bytes));
  return [...files.values()].map((listed) => listed.sha256).join();
}

const file = { name: 'good.txt', body: 'good' };

function unicodePath(name: string, second: string): Buffer {
  const data = Buffer.concat([Buffer.alloc(5), Buffer.from(second)]);
  data.writeUInt8(1, 0);
  data.writeUInt32LE(crc32(name), 1);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(0x7075, 0);
  head.writeUInt16LE(data.length, 2);
  return Buffer.concat([head, data]);
}

function descriptor(body: string, crc = crc32(body)): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(crc, 4);
  bytes.writeUInt32LE(deflateRawSync(body).length, 8);
  bytes.writeUInt32LE(body.length, 12);
  return bytes;
}

const HOSTILE: Readonly<Record<string, { bytes: () => Buffer | Promise<Buffer>; says: RegExp }>> = {
  'a path that climbs out': { bytes: () => rawZip([file, { name: '../evil' }]), says: /leads out/ },
  'a climb with backslashes': { bytes: () => rawZip([file, { name: '..\\evil' }]), says: /backslash/ },
  'an absolute path': { bytes: () => rawZip([file, { name: '/etc/passwd' }]), says: /absolute/ },
  'a drive letter': { bytes: () => rawZip([file, { name: 'C:\\evil' }]), says: /drive letter/ },
  'an alternate stream': { bytes: () => rawZip([file, { name: 'good.txt::$DATA' }]), says: /cannot have/ },
  'a symbolic link': {
    bytes: () => rawZip([file, { name: 'l', body: '/etc', mode: 0o120777 }]),
    says: /symbolic link/,
  },
  'a symbolic link by a writer that claims MS-DOS': {
    bytes: () => {
      const bytes = rawZip([{ name: 'l', body: '/etc', mode: 0o120777 }]);
      bytes.writeUInt8(0, bytes.indexOf('PK\u0001\u0002', 0, 'latin1') + 5);
      return bytes;
    },
    says: /symbolic link/,
  },
  'a FIFO': { bytes: () => rawZip([file, { name: 'p', mode: 0o010644 }]), says: /FIFO/ },
  'a character device': {
    bytes: () => rawZip([file, { name: 'c', mode: 0o020644 }]),
    says: /character device/,
  },
  'a block device': { bytes: () => rawZip([file, { name: 'b', mode: 0o060644 }]), says: /block device/ },
  'a socket': { bytes: () => rawZip([file, { name: 's', mode: 0o140644 }]), says: /socket/ },
  'a type nobody defined': {
    bytes: () => rawZip([file, { name: 'x', mode: 0o170644 }]),
    says: /unknown type/,
  },
  'a set-user-ID file': { bytes: () => rawZip([{ ...file, mode: 0o104755 }]), says: /set-user-ID/ },
  'a directory by its mode that is a file by its name': {
    bytes: () => rawZip([file, { name: 'd', mode: 0o040755 }]),
    says: /in one place/,
  },
  'a file by its mode that is a directory by its name': {
    bytes: () => rawZip([file, { name: 'd/', mode: 0o100644 }]),
    says: /in one place/,
  },
  'a directory by its MS-DOS attribute that is a file by its name': {
    bytes: () => rawZip([file, { name: 'd', mode: 0, dos: 0x10 }]),
    says: /in one place/,
  },
  'a directory with content': {
    bytes: () => rawZip([file, { name: 'd/', body: 'x', mode: 0o040755 }]),
    says: /directory with content/,
  },
  'the same file twice': { bytes: () => rawZip([file, file]), says: /there twice/ },
  'names that differ in case': { bytes: () => rawZip([file, { name: 'Good.TXT' }]), says: /one name/ },
  'a name that is file and directory': {
    bytes: () => rawZip([{ name: 'a' }, { name: 'a/b' }]),
    says: /both a file/,
  },
  'a device name of Windows': { bytes: () => rawZip([file, { name: 'aux.js' }]), says: /device/ },
  'an escape sequence in a name': { bytes: () => rawZip([file, { name: 'a\u001b[2J' }]), says: /\\u001b/ },
  'a NUL in a name': { bytes: () => rawZip([file, { name: 'a\0../evil' }]), says: /\\u0000|leads out/ },
  'a name marked as UTF-8 that is not': {
    bytes: () => rawZip([file, { name: Buffer.from([0xff, 0xfe]) }]),
    says: /not UTF-8/,
  },
  'a name in an unknown code page': {
    bytes: () => rawZip([file, { name: 'é', flags: 0 }]),
    says: /neither ASCII nor marked/,
  },
  'two names in the central directory': {
    bytes: () => rawZip([{ ...file, extra: unicodePath('good.txt', '../evil') }]),
    says: /two names/,
  },
  'two names in the local header': {
    bytes: () => rawZip([{ ...file, localExtra: unicodePath('good.txt', '../evil') }]),
    says: /two names/,
  },
  'another name in the local header': {
    bytes: () => rawZip([{ ...file, localName: '../../evil' }]),
    says: /names an entry differently/,
  },
  'another name of the same length in the local header': {
    bytes: () => rawZip([{ ...file, localName: 'evil.txt' }]),
    says: /differently/,
  },
  'another size in the local header': {
    bytes: () => rawZip([{ ...file, localSize: 3 }]),
    says: /describes an entry differently/,
  },
  'another checksum in the local header': {
    bytes: () => rawZip([{ ...file, localCrc: 1 }]),
    says: /describes an entry differently/,
  },
  'another method in the local header': {
    bytes: () => rawZip([{ ...file, localMethod: 0 }]),
    says: /describes an entry differently/,
  },
  'encryption in the local header only': {
    bytes: () => rawZip([{ ...file, localFlags: 0x801 }]),
    says: /describes an entry differently/,
  },
  encryption: { bytes: () => rawZip([{ ...file, flags: 0x801 }]), says: /encrypted/ },
  'strong encryption': { bytes: () => rawZip([{ ...file, flags: 0x840 }]), says: /damaged|features/ },
  'hidden headers': {
    bytes: () => rawZip([{ ...file, flags: 0x2800 }]),
    says: /features that are not supported/,
  },
  'a patch of another file': { bytes: () => rawZip([{ ...file, flags: 0x820 }]), says: /features/ },
  'an unknown method': { bytes: () => rawZip([{ ...file, method: 12 }]), says: /compression method 12/ },
  'two entries over one piece of data': {
    bytes: () => rawZip([file, { name: 'b', body: 'good', offset: 0 }]),
    says: /overlapping|differently/,
  },
  'many entries over one bomb': {
    bytes: () => {
      const kernel = { name: 'a', localName: 'a', body: Buffer.alloc(100_000) };
      return rawZip([kernel, ...Array.from({ length: 50 }, () => ({ ...kernel, offset: 0 }))]);
    },
    says: /overlapping/,
  },
  'bytes before the first entry': {
    bytes: () => rawZip([file], { before: Buffer.from('#!/bin/sh\nevil\n') }),
    says: /neither/,
  },
  'an entry that the central directory does not list': {
    bytes: () => {
      const hidden = rawZip([{ name: 'evil' }]);
      return rawZip([file], { between: hidden.subarray(0, hidden.indexOf('PK\u0001\u0002', 0, 'latin1')) });
    },
    says: /bytes between/,
  },
  'bytes between the entries': {
    bytes: () => rawZip([file, { name: 'b' }], { between: Buffer.from('evil') }),
    says: /bytes between/,
  },
  'bytes behind the archive': {
    bytes: () => rawZip([file], { after: Buffer.from('evil') }),
    says: /damaged/,
  },
  'a second archive behind the first': {
    bytes: () => Buffer.concat([rawZip([file]), rawZip([{ name: 'evil' }])]),
    says: /damaged|between|fill/,
  },
  'a count that leaves entries out': {
    bytes: () => rawZip([file, { name: 'evil' }], { count: 1 }),
    says: /does not fill its place/,
  },
  'a count of more entries than there are': { bytes: () => rawZip([file], { count: 2 }), says: /damaged/ },
  'a zip64 end record': {
    bytes: () => zipped((zip) => zip.addBuffer(Buffer.from('x'), 'a'), true),
    says: /zip64/,
  },
  'a wrong data descriptor': {
    bytes: () => rawZip([{ ...file, flags: 0x808, descriptor: descriptor('good', 7) }]),
    says: /wrong data descriptor/,
  },
  'a missing data descriptor': { bytes: () => rawZip([{ ...file, flags: 0x808 }]), says: /data descriptor/ },
  'a wrong checksum': { bytes: () => rawZip([{ ...file, crc: 1, localCrc: 1 }]), says: /wrong checksum/ },
  'a size smaller than the content': { bytes: () => rawZip([{ ...file, size: 1 }]), says: /damaged/ },
  'a size larger than the content': { bytes: () => rawZip([{ ...file, size: 100 }]), says: /damaged/ },
  'content that is not deflate': {
    bytes: () => {
      const bytes = rawZip([{ name: 'a', body: 'x'.repeat(1000) }]);
      bytes.fill(0xff, 31, 36);
      return bytes;
    },
    says: /damaged/,
  },
  'a bomb': {
    bytes: () => rawZip([{ name: 'bomb', body: Buffer.alloc(8 * 1024 * 1024) }]),
    says: /200 times/,
  },
  'a bomb that states a small size': {
    bytes: () => rawZip([{ name: 'bomb', body: Buffer.alloc(8 * 1024 * 1024), size: 10 }]),
    says: /damaged/,
  },
  'a stated size beyond all bounds': {
    bytes: () => rawZip([{ ...file, size: LIMITS.archiveFileBytes + 1 }]),
    says: /longer than/,
  },
  'too many entries': {
    bytes: () =>
      rawZip(Array.from({ length: LIMITS.archiveEntries + 1 }, (_, i) => ({ name: String(i), method: 0 }))),
    says: /more than 20000 entries/,
  },
  'a truncated end': { bytes: () => rawZip([file]).subarray(0, -1), says: /damaged/ },
  'a truncated middle': {
    bytes: () => {
      const bytes = rawZip([file, { name: 'b', body: 'x'.repeat(100) }]);
      return Buffer.concat([bytes.subarray(0, 40), bytes.subarray(50)]);
    },
    says: /damaged|fill|between/,
  },
  'an empty archive': { bytes: () => rawZip([]), says: /neither/ },
  'only directories': { bytes: () => rawZip([{ name: 'd/', mode: 0o040755 }]), says: /no file/ },
};

describe('a hostile zip archive', () => {
  for (const [attack, { bytes, says }] of Object.entries(HOSTILE)) {
    it(`is refused for ${attack}, and nothing is written`, async () => {
      const what = await order(await bytes());
      await expect(unpackArtifact(what)).rejects.toMatchObject({
        code: 'SHEAF_ARCHIVE',
        message: expect.stringMatching(says),
      });
      expect(await readdir(directory)).toEqual(['release.zip']);
      await expect(listing(what)).rejects.toMatchObject({ code: 'SHEAF_ARCHIVE' });
    });
  }

  it('is refused or unpacked to the same bytes, whichever byte of it is flipped', async () => {
    const honest = rawZip([
      { name: 'a.txt', body: 'hello hello hello' },
      { name: 'd/b', body: 'there', method: 0 },
    ]);
    const outcomes = new Set<string>();
    for (let position = 0; position < honest.length; position += 1) {
      const flipped = Buffer.from(honest);
      flipped[position]! ^= 0x20;
      outcomes.add(await contents(flipped).catch((error: unknown) => (error as SheafError).code));
    }
    expect(outcomes).toEqual(new Set([await contents(honest), 'SHEAF_ARCHIVE']));
  });
});

describe('an honest zip archive', () => {
  it('by yazl, deflated, stored and streamed, is unpacked', async () => {
    const bytes = await zipped((zip) => {
      zip.addBuffer(Buffer.from('deflated '.repeat(100)), 'lib/deflated.txt', { mode: 0o100755 });
      zip.addBuffer(Buffer.from('stored'), 'stored.txt', { compress: false, mode: 0o100600 });
      zip.addEmptyDirectory('empty');
      zip.addReadStream(Readable.from([Buffer.from('streamed')]), 'grüße.txt');
    });
    const destination = await unpack(bytes);
    expect(await readFile(join(destination, 'lib', 'deflated.txt'), 'utf8')).toBe('deflated '.repeat(100));
    expect((await stat(join(destination, 'lib', 'deflated.txt'))).mode & 0o7777).toBe(0o755);
    expect((await stat(join(destination, 'stored.txt'))).mode & 0o7777).toBe(0o644);
    expect(await readFile(join(destination, 'grüße.txt'), 'utf8')).toBe('streamed');
    expect((await readdir(destination)).toSorted()).toEqual(['empty', 'grüße.txt', 'lib', 'stored.txt']);
  });

  it('by Info-ZIP, also written to a pipe, is unpacked', async () => {
    const source = join(directory, 'source');
    await mkdir(join(source, 'bin'), { recursive: true });
    await writeFile(join(source, 'README.md'), 'hello\n');
    await writeFile(join(source, 'bin', 'tool'), '#!/bin/sh\n');
    await chmod(join(source, 'bin', 'tool'), 0o750);
    for (const target of ['file.zip', '-']) {
      const output = execFileSync('zip', ['-q', '-r', target, '.'], { cwd: source });
      const bytes = target === '-' ? output : await readFile(join(source, target));
      const what = { ...(await order(bytes)), destination: join(directory, `to${target}`) };
      await unpackArtifact(what);
      expect((await stat(join(what.destination, 'bin', 'tool'))).mode & 0o7777).toBe(0o755);
      expect(await readFile(join(what.destination, 'README.md'), 'utf8')).toBe('hello\n');
      await rm(join(source, 'file.zip'), { force: true });
    }
  });

  it('with the comment that git archive writes is unpacked', async () => {
    expect(await readdir(await unpack(rawZip([file], { comment: 'a'.repeat(40) })))).toEqual(['good.txt']);
  });

  it('with a data descriptor is unpacked', async () => {
    const streamed = { ...file, flags: 0x808, localCrc: 0, localSize: 0, descriptor: descriptor('good') };
    const destination = await unpack(rawZip([{ name: 'first' }, streamed]));
    expect(sha256(await readFile(join(destination, 'good.txt')))).toBe(sha256(Buffer.from('good')));
  });

  it('without modes, as Windows writes it, is unpacked with mode 0644', async () => {
    const destination = await unpack(rawZip([{ ...file, mode: 0 }]));
    expect((await stat(join(destination, 'good.txt'))).mode & 0o7777).toBe(0o644);
  });
});
