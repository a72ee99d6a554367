import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SheafError } from '../core/errors.ts';
import { readFileIfExists, toSheafError, writeFileAtomic } from './files.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-files-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: said the system`), { code });
}

describe('writing a file as a whole', () => {
  it('makes the directories, replaces what is there and leaves nothing else', async () => {
    const path = join(directory, 'a', 'b', 'file');
    await writeFileAtomic(path, Buffer.from('one'));
    await writeFileAtomic(path, Buffer.from('two'));
    expect(await readFile(path, 'utf8')).toBe('two');
    expect(await readdir(join(directory, 'a', 'b'))).toEqual(['file']);
  });

  it('sets the mode whatever the umask says', async () => {
    const umask = process.umask(0o077);
    try {
      await writeFileAtomic(join(directory, 'plain'), Buffer.from(''));
      await writeFileAtomic(join(directory, 'private'), Buffer.from(''), { mode: 0o600 });
    } finally {
      process.umask(umask);
    }
    expect((await stat(join(directory, 'plain'))).mode & 0o777).toBe(0o644);
    expect((await stat(join(directory, 'private'))).mode & 0o777).toBe(0o600);
  });

  it('never shows a reader half a file', async () => {
    const path = join(directory, 'file');
    const versions = ['a', 'b'].map((letter) => Buffer.alloc(300_000, letter));
    await writeFileAtomic(path, versions[0]!);
    const write = async (): Promise<void> => {
      for (let i = 0; i < 20; i += 1) await writeFileAtomic(path, versions[i % 2]!);
    };
    const read = async (): Promise<void> => {
      for (let i = 0; i < 100; i += 1) {
        const seen = await readFile(path);
        expect(versions.some((version) => version.equals(seen))).toBe(true);
      }
    };
    await Promise.all([write(), read()]);
  });

  it('leaves nothing behind when it fails', async () => {
    await mkdir(join(directory, 'taken', 'inside'), { recursive: true });
    await expect(writeFileAtomic(join(directory, 'taken'), Buffer.from('x'))).rejects.toThrow('EISDIR');
    expect(await readdir(directory)).toEqual(['taken']);
  });
});

describe('reading a file that may not be there', () => {
  it('gives nothing for a missing file or directory', async () => {
    expect(await readFileIfExists(join(directory, 'absent'))).toBeUndefined();
    expect(await readFileIfExists(join(directory, 'absent', 'file'))).toBeUndefined();
    await writeFile(join(directory, 'file'), 'x');
    expect(await readFileIfExists(join(directory, 'file', 'below'))).toBeUndefined();
  });

  it('refuses a longer file and a directory', async () => {
    const path = join(directory, 'file');
    await writeFile(path, '12345');
    expect(await readFileIfExists(path, 5)).toEqual(Buffer.from('12345'));
    await expect(readFileIfExists(path, 4)).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
    await expect(readFileIfExists(directory)).rejects.toMatchObject({ code: 'SHEAF_PATH' });
  });
});

describe('an error of the system', () => {
  it('about permissions or space has its own code and sentence', () => {
    for (const code of ['EACCES', 'EPERM', 'EROFS']) {
      expect(toSheafError(errno(code), 'writing sheaf.lock')).toMatchObject({
        code: 'SHEAF_PERMISSION',
        message: 'Permission was denied while writing sheaf.lock.',
      });
    }
    for (const code of ['ENOSPC', 'EDQUOT']) {
      expect(toSheafError(errno(code), 'writing sheaf.lock')).toMatchObject({
        code: 'SHEAF_DISK_FULL',
        message: expect.stringContaining('while writing sheaf.lock'),
      });
    }
  });

  it('of another kind is thrown on, and a refusal stays what it is', () => {
    const other = errno('EMFILE');
    expect(() => toSheafError(other, 'writing')).toThrow(other);
    const refusal = new SheafError('SHEAF_SIZE', 'Too long.');
    expect(toSheafError(refusal, 'writing')).toBe(refusal);
  });
});
