import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paxHeader, rawTarEntry, TAR_END, tgz } from '../../../test/support/raw-tar.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import { LIMITS } from '../../core/limits.ts';
import { pluginName } from '../../core/plugin-name.ts';
import { listing, unpackArtifact } from './archive.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-tar-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function order(bytes: Uint8Array) {
  const path = join(directory, 'release.tar.gz');
  await writeFile(path, bytes);
  return {
    plugin: pluginName('graph-lens'),
    artifact: {
      kind: 'archive' as const,
      platform: 'any',
      url: 'https://example.org/graph-lens-1.0.0.tar.gz',
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

/** A file whose name and place no attack may reach. */
const file = { name: 'good.txt', body: 'good' };
const GNU = 'ustar  \0';

const HOSTILE: Readonly<Record<string, { bytes: () => Buffer; says: RegExp }>> = {
  'a path that climbs out': { bytes: () => tgz(file, { name: '../evil' }), says: /leads out of the archive/ },
  'a path that climbs out after going in': {
    bytes: () => tgz(file, { name: 'a/../../evil' }),
    says: /leads out/,
  },
  'a path that ends in ..': { bytes: () => tgz(file, { name: 'a/..', type: '5' }), says: /leads out/ },
  'a directory called ..': { bytes: () => tgz(file, { name: '../', type: '5' }), says: /leads out/ },
  'a climb hidden behind ./': { bytes: () => tgz(file, { name: './../evil' }), says: /leads out/ },
  'a climb that a normaliser would cancel': { bytes: () => tgz(file, { name: 'a/../b' }), says: /leads out/ },
  'a climb with backslashes': { bytes: () => tgz(file, { name: '..\\..\\evil' }), says: /backslash/ },
  'a climb split over prefix and name': {
    bytes: () => tgz(file, { name: 'evil', prefix: '../..' }),
    says: /leads out/,
  },
  'a climb in a GNU long name': {
    bytes: () =>
      tgz(
        file,
        { name: '././@LongLink', type: 'L', body: '../../evil\0', magic: GNU },
        { name: 'x', magic: GNU },
      ),
    says: /leads out/,
  },
  'a climb in a pax path': {
    bytes: () => tgz(file, paxHeader({ path: '../evil' }), { name: 'x' }),
    says: /leads out/,
  },
  'an absolute path': { bytes: () => tgz(file, { name: '/etc/passwd' }), says: /absolute/ },
  'an absolute path behind ./': { bytes: () => tgz(file, { name: './/etc/passwd' }), says: /absolute/ },
  'an absolute pax path': {
    bytes: () => tgz(file, paxHeader({ path: '/etc/passwd' }), { name: 'x' }),
    says: /absolute/,
  },
  'the root directory': { bytes: () => tgz(file, { name: '/', type: '5' }), says: /absolute|empty/ },
  'a drive letter': { bytes: () => tgz(file, { name: 'C:/evil' }), says: /drive letter/ },
  'a drive letter without slash': { bytes: () => tgz(file, { name: 'c:evil' }), says: /drive letter/ },
  'a UNC path': { bytes: () => tgz(file, { name: '\\\\server\\share' }), says: /backslash/ },
  'an alternate stream': {
    bytes: () => tgz(file, { name: 'good.txt:evil' }),
    says: /cannot have everywhere/,
  },
  'an empty component': { bytes: () => tgz(file, { name: 'a//b' }), says: /empty component/ },
  'a component .': { bytes: () => tgz(file, { name: 'a/./b' }), says: /component "\."/ },
  'a second ./': { bytes: () => tgz(file, { name: '././b' }), says: /component "\."/ },
  'an empty name': { bytes: () => tgz(file, { name: '' }), says: /empty component/ },
  'a symbolic link': {
    bytes: () => tgz(file, { name: 'l', type: '2', link: '/etc' }),
    says: /symbolic link/,
  },
  'a symbolic link and a file through it': {
    bytes: () => tgz({ name: 'l', type: '2', link: '/tmp' }, { name: 'l/evil' }),
    says: /symbolic link/,
  },
  'a symbolic link that stays inside': {
    bytes: () => tgz(file, { name: 'l', type: '2', link: 'good.txt' }),
    says: /symbolic link/,
  },
  'a hard link': { bytes: () => tgz(file, { name: 'l', type: '1', link: '/etc/passwd' }), says: /hard link/ },
  'a hard link with a body': {
    bytes: () => tgz(file, { name: 'l', type: '1', link: 'good.txt', body: 'x' }),
    says: /hard link/,
  },
  'a character device': { bytes: () => tgz(file, { name: 'tty', type: '3' }), says: /character device/ },
  'a block device': { bytes: () => tgz(file, { name: 'sda', type: '4' }), says: /block device/ },
  'a FIFO': { bytes: () => tgz(file, { name: 'pipe', type: '6' }), says: /FIFO/ },
  'a contiguous file': { bytes: () => tgz(file, { name: 'c', type: '7' }), says: /unknown type/ },
  'a GNU sparse file': { bytes: () => tgz(file, { name: 's', type: 'S', magic: GNU }), says: /unknown type/ },
  'a GNU volume label': {
    bytes: () => tgz(file, { name: 'v', type: 'V', magic: GNU }),
    says: /unknown type/,
  },
  'a GNU multi-volume continuation': {
    bytes: () => tgz(file, { name: 'm', type: 'M', magic: GNU }),
    says: /unknown type/,
  },
  'a type nobody defined': { bytes: () => tgz(file, { name: 'z', type: 'Z' }), says: /unknown type/ },
  'a sparse file in pax clothing': {
    bytes: () =>
      tgz(file, paxHeader({ 'GNU.sparse.major': '1', 'GNU.sparse.name': '../evil' }), { name: 'x' }),
    says: /sparse/,
  },
  'a set-user-ID file': { bytes: () => tgz({ ...file, mode: 0o4755 }), says: /set-user-ID/ },
  'a set-group-ID file': { bytes: () => tgz({ ...file, mode: 0o2755 }), says: /set-group-ID/ },
  'the same file twice': { bytes: () => tgz(file, file), says: /there twice/ },
  'the same file with and without ./': {
    bytes: () => tgz(file, { name: './good.txt' }),
    says: /there twice/,
  },
  'names that differ in case': {
    bytes: () => tgz(file, { name: 'GOOD.txt' }),
    says: /one name where letter case/,
  },
  'directories that differ in case': { bytes: () => tgz({ name: 'a/x' }, { name: 'A/y' }), says: /one name/ },
  'names that differ by a sharp s': {
    bytes: () => tgz({ name: 'straße' }, { name: 'STRASSE' }),
    says: /one name/,
  },
  'names that differ by a ligature': {
    bytes: () => tgz({ name: 'ﬁle' }, { name: 'file' }),
    says: /one name/,
  },
  'names that differ by a Kelvin sign': {
    bytes: () => tgz({ name: '\u212a' }, { name: 'k' }),
    says: /one name|normalisation/,
  },
  'a name in decomposed form': {
    bytes: () => tgz(file, { name: 'cafe\u0301' }),
    says: /normalisation form C/,
  },
  'a name that is file and directory': {
    bytes: () => tgz({ name: 'a' }, { name: 'a/b' }),
    says: /both a file and a directory/,
  },
  'a name that is directory and file': {
    bytes: () => tgz({ name: 'a/b' }, { name: 'a' }),
    says: /both a file and a directory/,
  },
  'a device name of Windows': { bytes: () => tgz(file, { name: 'lib/NUL' }), says: /device on Windows/ },
  'a device name with an extension': {
    bytes: () => tgz(file, { name: 'con.txt' }),
    says: /device on Windows/,
  },
  'a device name with a superscript digit': {
    bytes: () => tgz(file, { name: 'COM\u00b9.log' }),
    says: /device on Windows/,
  },
  'a name that ends in a dot': { bytes: () => tgz(file, { name: 'good.txt.' }), says: /ends in a dot/ },
  'a name that ends in a space': {
    bytes: () => tgz(file, { name: 'a /b' }),
    says: /ends in a dot or a space/,
  },
  'an escape sequence in a name': {
    bytes: () => tgz(file, { name: 'a\u001b[2J' }),
    says: /contains \\u001b/,
  },
  'a line break in a name': { bytes: () => tgz(file, { name: 'a\nb' }), says: /line break/ },
  'a right-to-left override in a name': {
    bytes: () => tgz(file, { name: 'txt.\u202eexe' }),
    says: /\\u202e/,
  },
  'a zero-width space in a name': { bytes: () => tgz(file, { name: 'a\u200bb' }), says: /\\u200b/ },
  'a name that is not UTF-8': { bytes: () => tgz(file, { name: Buffer.from([0x61, 0xff]) }), says: /UTF-8/ },
  'a pax path that is not UTF-8': {
    bytes: () =>
      tgz(file, rawTarEntry({ name: 'P', type: 'x', body: Buffer.from('11 path=\xff\xfe\n', 'latin1') }), {
        name: 'x',
      }),
    says: /UTF-8/,
  },
  'a wildcard in a name': { bytes: () => tgz(file, { name: 'a*' }), says: /cannot have everywhere/ },
  'a component that is too long': {
    bytes: () => tgz(file, paxHeader({ path: 'x'.repeat(256) }), { name: 'x' }),
    says: /component longer/,
  },
  'a path that is too long': {
    bytes: () => tgz(file, paxHeader({ path: 'x/'.repeat(300) }), { name: 'x' }),
    says: /longer than 512/,
  },
  'a path that is too deep': {
    bytes: () => tgz(file, { name: `${'d/'.repeat(33)}x` }),
    says: /deeper than 32/,
  },
  'two names for one entry': {
    bytes: () =>
      tgz(file, { name: 'L', type: 'L', body: 'first\0', magic: GNU }, paxHeader({ path: 'second' }), {
        name: 'x',
      }),
    says: /names an entry twice/,
  },
  'two pax paths for one entry': {
    bytes: () => tgz(file, paxHeader({ path: 'a' }), paxHeader({ path: 'b' }), { name: 'x' }),
    says: /twice/,
  },
  'a pax size that hides the next entry': {
    bytes: () =>
      tgz(paxHeader({ size: '1024' }), { name: 'a', body: 'x' }, { name: 'evil', type: '2', link: '/etc' }),
    says: /two sizes/,
  },
  'a global header that renames everything': {
    bytes: () => tgz(paxHeader({ path: 'evil' }, 'g'), file),
    says: /global header that sets the path/,
  },
  'a global header that resizes everything': {
    bytes: () => tgz(paxHeader({ size: '0' }, 'g'), file),
    says: /global header that sets the size/,
  },
  'a pax record with a wrong length': {
    bytes: () => tgz(rawTarEntry({ name: 'P', type: 'x', body: '99 path=evil\n' }), file),
    says: /pax header that cannot be decoded/,
  },
  'a foreign character set': {
    bytes: () => tgz(paxHeader({ hdrcharset: 'BINARY' }), file),
    says: /not UTF-8/,
  },
  'a header with a wrong checksum': {
    bytes: () => tgz(file, { name: 'b', checksumError: 1 }),
    says: /wrong checksum/,
  },
  'a header of an unknown format': {
    bytes: () => tgz(file, { name: 'b', magic: 'evil\0\0\0\0' }),
    says: /unknown format/,
  },
  'a size that is no number': {
    bytes: () => tgz(file, { name: 'b', size: '0000000001x\0' }),
    says: /without a valid size/,
  },
  'a negative size': {
    bytes: () => tgz(file, { name: 'b', size: '\xff'.repeat(12) }),
    says: /valid size|cannot be decoded/,
  },
  'a size beyond all bounds': {
    bytes: () => tgz(file, { name: 'b', size: '77777777777\0' }),
    says: /longer than|cut off/,
  },
  'a directory with content': {
    bytes: () => tgz(file, { name: 'd/', type: '5', size: '00000001000\0' }),
    says: /directory with content/,
  },
  'a missing end marker': { bytes: () => gzipSync(rawTarEntry(file)), says: /end marker is missing/ },
  'half an end marker': {
    bytes: () => gzipSync(Buffer.concat([rawTarEntry(file), Buffer.alloc(512)])),
    says: /end marker is incomplete/,
  },
  'entries behind the end marker': {
    bytes: () =>
      gzipSync(Buffer.concat([rawTarEntry(file), TAR_END, rawTarEntry({ name: 'evil' }), TAR_END])),
    says: /goes on after its end marker/,
  },
  'an end marker after an extended header': {
    bytes: () => tgz(file, paxHeader({ path: 'x' })),
    says: /ends after an extended header/,
  },
  'a truncated file': {
    bytes: () =>
      gzipSync(
        Buffer.concat([
          rawTarEntry(file),
          rawTarEntry({ name: 'b', body: 'x'.repeat(2000) }).subarray(0, 1024),
        ]),
      ),
    says: /cut off/,
  },
  'a truncated gzip stream': { bytes: () => tgz(file).subarray(0, -9), says: /damaged/ },
  'a flipped byte in the gzip stream': {
    bytes: () => {
      const bytes = tgz({ name: 'a', body: 'x'.repeat(5000) });
      bytes[bytes.length - 6]! ^= 1;
      return bytes;
    },
    says: /damaged/,
  },
  'bytes behind the gzip stream': {
    bytes: () => Buffer.concat([tgz(file), Buffer.from('evil')]),
    says: /damaged|followed/,
  },
  'zeros behind the gzip stream': {
    bytes: () => Buffer.concat([tgz(file), Buffer.alloc(3)]),
    says: /followed by other bytes/,
  },
  'a gzip bomb in one file': {
    bytes: () => tgz({ name: 'bomb', body: Buffer.alloc(8 * 1024 * 1024) }),
    says: /200 times its size/,
  },
  'a gzip bomb behind the end marker': {
    bytes: () => gzipSync(Buffer.concat([rawTarEntry(file), Buffer.alloc(8 * 1024 * 1024)])),
    says: /200 times its size/,
  },
  'too many entries': {
    bytes: () => {
      // Incompressible sizes of names keep the ratio low enough for the count to be what is refused.
      const entries = Array.from({ length: LIMITS.archiveEntries + 1 }, (_, i) => ({
        name: sha256(Buffer.from(String(i))),
      }));
      return tgz(...entries);
    },
    says: /more than 20000 entries/,
  },
  'no file at all': { bytes: () => tgz({ name: 'd/', type: '5' }), says: /holds no file/ },
  'something that is no archive': {
    bytes: () => Buffer.from('#!/bin/sh\n'),
    says: /neither a \.tar\.gz nor a \.zip/,
  },
  'an empty file': { bytes: () => Buffer.alloc(0), says: /neither/ },
  'an uncompressed tar': { bytes: () => Buffer.concat([rawTarEntry(file), TAR_END]), says: /neither/ },
  'gzip around something else': { bytes: () => gzipSync('hello'), says: /cut off|end marker/ },
};

describe('a hostile tar archive', () => {
  for (const [attack, { bytes, says }] of Object.entries(HOSTILE)) {
    it(`is refused for ${attack}, and nothing is written`, async () => {
      const what = await order(bytes());
      await expect(unpackArtifact(what)).rejects.toMatchObject({
        code: 'SHEAF_ARCHIVE',
        message: expect.stringMatching(says),
      });
      expect(await readdir(directory)).toEqual(['release.tar.gz']);
      await expect(listing(what)).rejects.toMatchObject({ code: 'SHEAF_ARCHIVE' });
    });
  }

  it('never puts control characters into its error', async () => {
    const what = await order(tgz({ name: 'a\u001b]0;evil\u0007\u202e' }));
    const error = await unpackArtifact(what).catch((error: unknown) => error);
    expect((error as Error).message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('is refused with all its findings at once', async () => {
    const what = await order(tgz({ name: '../a' }, { name: '/b' }, { name: 'nul' }));
    await expect(unpackArtifact(what)).rejects.toMatchObject({ details: { findings: { length: 3 } } });
  });
});

describe('an honest tar archive', () => {
  it('by GNU tar of a whole directory is unpacked, with modes 0644 and 0755', async () => {
    const source = join(directory, 'source');
    await mkdir(join(source, 'bin'), { recursive: true });
    await writeFile(join(source, 'README.md'), 'hello\n');
    await writeFile(join(source, 'bin', 'tool'), '#!/bin/sh\n');
    await chmod(join(source, 'README.md'), 0o600);
    await chmod(join(source, 'bin', 'tool'), 0o700);
    // A directory with set-group-ID is what shared work directories look like.
    await chmod(join(source, 'bin'), 0o2775);
    const long = `${'long-'.repeat(30)}name.txt`;
    await writeFile(join(source, long), 'long');
    const unpacked: Record<string, unknown> = {};
    for (const format of ['gnu', 'pax', 'ustar', 'v7']) {
      if (format === 'ustar') await rm(join(source, long));
      const packed = join(directory, `${format}.tgz`);
      execFileSync('tar', [`--format=${format}`, '-czf', packed, '-C', source, '.']);
      const destination = join(directory, format);
      await unpackArtifact({ ...(await order(Buffer.alloc(0))), path: packed, destination });
      const modeOf = async (path: string) => (await stat(join(destination, path))).mode & 0o7777;
      unpacked[format] = {
        modes: [await modeOf('README.md'), await modeOf('bin/tool'), await modeOf('bin')],
        long: (await readdir(destination)).includes(long),
      };
    }
    const modes = [0o644, 0o755, 0o755];
    expect(unpacked).toEqual({
      gnu: { modes, long: true },
      pax: { modes, long: true },
      ustar: { modes, long: false },
      v7: { modes, long: false },
    });
  });

  it('by the tar package, with a long non-ASCII name, is unpacked', async () => {
    const source = join(directory, 'source');
    const name = `${'grüße-'.repeat(20)}.txt`;
    await mkdir(source);
    await writeFile(join(source, name), 'hello');
    const path = join(directory, 'release.tgz');
    await create({ file: path, cwd: source, gzip: true }, [name]);
    const destination = join(directory, 'unpacked');
    await unpackArtifact({ ...(await order(Buffer.alloc(0))), path, destination });
    expect(await readdir(destination)).toEqual([name]);
  });

  it('by git archive, with its global header, is unpacked', async () => {
    const header = paxHeader({ comment: 'a'.repeat(40) }, 'g');
    expect(
      await readdir(await unpack(tgz(header, { name: 'repo/', type: '5' }, { name: 'repo/a', body: 'a' }))),
    ).toEqual(['repo']);
  });

  it('with a pax path across the borders of decompressed chunks is unpacked', async () => {
    const names = Array.from({ length: 300 }, (_, i) => `${'ü'.repeat(80)}${i}`);
    const entries = names.flatMap((name) => [
      paxHeader({ path: name }),
      rawTarEntry({ name: 'x', body: name }),
    ]);
    expect((await readdir(await unpack(tgz(...entries)))).toSorted()).toEqual(names.toSorted());
  });

  it('in several gzip members is unpacked', async () => {
    const tar = Buffer.concat([rawTarEntry(file), TAR_END]);
    const members = Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]);
    expect(await readdir(await unpack(members))).toEqual(['good.txt']);
  });

  it('with several faults of taste but none of form is unpacked: blank padding, no directories, empty files', async () => {
    const tar = Buffer.concat([rawTarEntry({ name: 'a/b/c' }), TAR_END, Buffer.alloc(8 * 1024)]);
    expect(await readdir(join(await unpack(gzipSync(tar)), 'a', 'b'))).toEqual(['c']);
  });
});
