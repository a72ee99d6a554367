import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Sha256 } from '../../core/digest.ts';
import { pluginName } from '../../core/plugin-name.ts';
import { unpackArtifact } from './archive.ts';
import { packDirectory } from './pack-archive.ts';

let directory: string;
let source: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-pack-'));
  source = join(directory, 'source');
  await mkdir(join(source, 'bin'), { recursive: true });
  await writeFile(join(source, 'bin', 'tool'), '#!/bin/sh\necho hello\n');
  await writeFile(join(source, 'grüße.txt'), 'hello');
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('packing a directory', () => {
  const paths = ['grüße.txt', 'bin/tool'];

  it('does not depend on times, modes or the order of the paths', async () => {
    const first = await packDirectory(source, paths, 'release.tar.gz');
    await rm(join(source, 'bin', 'tool'));
    await writeFile(join(source, 'bin', 'tool'), '#!/bin/sh\necho hello\n', { mode: 0o777 });
    expect(await packDirectory(source, paths.toReversed(), 'release.tar.gz')).toEqual(first);
  });

  it('makes an archive that GNU tar and sheaf unpack alike', async () => {
    const path = join(directory, 'release.tar.gz');
    await writeFile(path, await packDirectory(source, paths, 'release.tar.gz'));
    const byTar = join(directory, 'by-tar');
    await mkdir(byTar);
    expect(execFileSync('tar', ['-xzf', path, '-C', byTar], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
    const destination = join(directory, 'by-sheaf');
    const artifact = {
      kind: 'archive' as const,
      platform: 'any',
      url: 'release.tar.gz',
      sha256: '0'.repeat(64) as Sha256,
    };
    await unpackArtifact({ plugin: pluginName('graph-lens'), artifact, path, destination });
    for (const unpacked of [byTar, destination]) {
      expect((await readdir(unpacked)).toSorted()).toEqual(['bin', 'grüße.txt']);
      expect(await readFile(join(unpacked, 'bin', 'tool'), 'utf8')).toBe('#!/bin/sh\necho hello\n');
      expect((await stat(join(unpacked, 'bin', 'tool'))).mode & 0o100).toBe(0o100);
    }
  });

  it('refuses links and what is not there', async () => {
    await symlink('/etc/passwd', join(source, 'link'));
    await expect(packDirectory(source, ['link'], 'r')).rejects.toMatchObject({
      code: 'SHEAF_PATH',
      message: /not a regular file/,
    });
    await expect(packDirectory(source, ['absent'], 'r')).rejects.toMatchObject({
      code: 'SHEAF_PATH',
      message: /no file "absent"/,
    });
  });
});
