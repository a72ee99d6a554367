import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tgz } from '../../../test/support/raw-tar.ts';
import { rawZip } from '../../../test/support/raw-zip.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import type { Artifact } from '../../core/formats/manifest.ts';
import { pluginName } from '../../core/plugin-name.ts';
import { listing, unpackArtifact } from './archive.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-archive-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function order(bytes: Uint8Array, artifact: Partial<Artifact>) {
  const path = join(directory, 'stored');
  await writeFile(path, bytes);
  return {
    plugin: pluginName('graph-lens'),
    artifact: {
      kind: 'archive' as const,
      platform: 'any',
      url: 'https://example.org/graph-lens-1.0.0.tar.gz',
      sha256: '0'.repeat(64) as Sha256,
      ...artifact,
    },
    path,
    destination: join(directory, 'unpacked'),
  };
}

const archive = tgz(
  { name: 'release/bin/tool', body: '#!/bin/sh\n', mode: 0o755 },
  { name: 'release/LICENSE', body: 'free' },
);

describe('unpacking an artifact', () => {
  it('puts a wasm module under plugin.wasm', async () => {
    const what = await order(Buffer.from('\0asm'), { kind: 'wasm' });
    await unpackArtifact(what);
    expect(await readFile(join(what.destination, 'plugin.wasm'), 'latin1')).toBe('\0asm');
  });

  it('puts a binary under the name of its plugin, executable', async () => {
    const what = await order(Buffer.from('\x7fELF'), { kind: 'binary', platform: 'linux-x64' });
    await unpackArtifact(what);
    expect((await stat(join(what.destination, 'graph-lens'))).mode & 0o7777).toBe(0o755);
  });

  it('gives a binary for Windows the extension without which it does not start', async () => {
    const what = await order(Buffer.from('MZ'), { kind: 'binary', platform: 'win32-x64' });
    expect([...(await listing(what)).keys()]).toEqual(['graph-lens.exe']);
  });

  it('puts a single file under the entry that the manifest names, if that is a harmless name', async () => {
    const what = await order(Buffer.from('x'), { kind: 'wasm', entry: 'lib/main.wasm' });
    await unpackArtifact(what);
    expect(await readdir(join(what.destination, 'lib'))).toEqual(['main.wasm']);
    const evil = {
      ...what,
      destination: join(directory, 'evil'),
      artifact: { ...what.artifact, entry: '../evil' },
    };
    await expect(unpackArtifact(evil)).rejects.toMatchObject({ code: 'SHEAF_ARCHIVE' });
    expect(await readdir(directory)).not.toContain('evil');
  });

  it('picks and renames files of a foreign archive', async () => {
    const what = await order(archive, {
      platform: 'linux-x64',
      entry: 'graph-lens',
      files: [
        { from: 'release/bin/tool', to: 'graph-lens' },
        { from: 'release/LICENSE', to: 'LICENSE' },
        { from: 'release/LICENSE', to: 'legal/LICENSE' },
      ],
    });
    await unpackArtifact(what);
    expect((await readdir(what.destination)).toSorted()).toEqual(['LICENSE', 'graph-lens', 'legal']);
    expect(await readFile(join(what.destination, 'legal', 'LICENSE'), 'utf8')).toBe('free');
  });

  it('refuses an archive without its entry', async () => {
    const what = await order(archive, { entry: 'release/bin/other' });
    await expect(unpackArtifact(what)).rejects.toMatchObject({
      code: 'SHEAF_ARCHIVE',
      message: '"graph-lens-1.0.0.tar.gz" does not contain its entry "release/bin/other".',
    });
    await expect(
      unpackArtifact({ ...what, artifact: { ...what.artifact, entry: 'release/bin' } }),
    ).rejects.toThrow(/its entry/);
    expect(await readdir(directory)).toEqual(['stored']);
  });

  it('makes the entry of a platform executable even if the archive has no modes', async () => {
    const bytes = rawZip([
      { name: 'tool', body: 'MZ', mode: 0 },
      { name: 'data', mode: 0 },
    ]);
    const what = await order(bytes, { platform: 'linux-x64', entry: 'tool' });
    await unpackArtifact(what);
    expect((await stat(join(what.destination, 'tool'))).mode & 0o7777).toBe(0o755);
    expect((await stat(join(what.destination, 'data'))).mode & 0o7777).toBe(0o644);
  });

  it('judges by the first bytes, not by the name', async () => {
    const what = await order(rawZip([{ name: 'a' }]), { url: 'https://example.org/a.tar.gz' });
    expect([...(await listing(what)).keys()]).toEqual(['a']);
  });

  it('never unpacks into a directory that is there, and leaves it as it was', async () => {
    const what = await order(archive, {});
    await mkdir(what.destination);
    await writeFile(join(what.destination, 'mine'), 'mine');
    await expect(unpackArtifact(what)).rejects.toMatchObject({ code: 'SHEAF_EXISTS' });
    expect(await readdir(what.destination)).toEqual(['mine']);
  });

  it('says when the artifact is not there', async () => {
    const what = { ...(await order(archive, {})), path: join(directory, 'absent') };
    await expect(unpackArtifact(what)).rejects.toMatchObject({ code: 'SHEAF_PATH' });
  });

  it('unpacks what its listing says, whatever the umask is', async () => {
    const what = await order(archive, { kind: 'source' });
    const umask = process.umask(0o077);
    try {
      await unpackArtifact(what);
    } finally {
      process.umask(umask);
    }
    const files = await listing(what);
    expect([...files.keys()]).toEqual(['release/bin/tool', 'release/LICENSE']);
    for (const [path, expected] of files) {
      const bytes = await readFile(join(what.destination, path));
      const { mode } = await stat(join(what.destination, path));
      expect({ sha256: sha256(bytes), size: bytes.length, mode: mode & 0o7777 }).toEqual(expected);
    }
    expect((await stat(join(what.destination, 'release'))).mode & 0o7777).toBe(0o755);
  });
});
