import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ObjectRef, refOf, type Sha256, sha256 } from '../core/digest.ts';
import { createObjectStore, type FileObjectStore } from './object-store.ts';

let directory: string;
let store: FileObjectStore;
const bytes = Buffer.from('an object');
const ref: ObjectRef = refOf(bytes);
const pathOf = (digest: Sha256): string => join(directory, 'objects', digest.slice(0, 2), digest);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-store-'));
  store = createObjectStore(join(directory, 'objects'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function listed(): Promise<ObjectRef[]> {
  const refs: ObjectRef[] = [];
  for await (const stored of store.list()) refs.push(stored);
  return refs;
}

/** Replaces a stored object behind the store's back. */
async function damage(content: string): Promise<void> {
  await rm(pathOf(ref.sha256));
  await writeFile(pathOf(ref.sha256), content);
}

describe('the object store', () => {
  it('gives back what was written, under its digest and read-only', async () => {
    expect(await store.write(bytes)).toEqual(ref);
    expect(await store.read(ref)).toEqual(bytes);
    expect(await store.locate(ref)).toBe(pathOf(ref.sha256));
    expect((await stat(pathOf(ref.sha256))).mode & 0o777).toBe(0o444);
  });

  it('has nothing before anything was written', async () => {
    expect(await store.read(ref)).toBeUndefined();
    expect(await store.locate(ref)).toBeUndefined();
    expect(await listed()).toEqual([]);
    await store.remove(ref.sha256);
  });

  it('writes an object once and keeps the file that is there', async () => {
    await store.write(bytes);
    const { ino } = await stat(pathOf(ref.sha256));
    await store.write(bytes);
    expect((await stat(pathOf(ref.sha256))).ino).toBe(ino);
  });

  it('leaves one whole object when many write it at once', async () => {
    const large = Buffer.alloc(1_000_000, 'x');
    await Promise.all(Array.from({ length: 10 }, () => store.write(large)));
    expect(await readdir(dirname(pathOf(sha256(large))))).toEqual([sha256(large)]);
    expect(await store.read(refOf(large))).toEqual(large);
  });

  for (const [kind, content] of [
    ['other bytes of the same length', 'AN OBJECT'],
    ['fewer bytes', 'an'],
    ['more bytes', 'an object and more'],
    ['no bytes', ''],
  ] as const) {
    it(`removes an object that was damaged to ${kind}, and counts it as absent`, async () => {
      await store.write(bytes);
      await damage(content);
      expect(await store.read(ref)).toBeUndefined();
      await expect(stat(pathOf(ref.sha256))).rejects.toThrow('ENOENT');
      await store.write(bytes);
      await damage(content);
      expect(await store.locate({ sha256: ref.sha256 })).toBeUndefined();
      await expect(stat(pathOf(ref.sha256))).rejects.toThrow('ENOENT');
    });
  }

  it('repairs a damaged object when it is written again', async () => {
    await store.write(bytes);
    await damage('AN OBJECT');
    await store.write(bytes);
    expect(await store.read(ref)).toEqual(bytes);
  });

  it('does not follow a link to bytes elsewhere, and does not touch them', async () => {
    const elsewhere = join(directory, 'elsewhere');
    await writeFile(elsewhere, bytes);
    await mkdir(dirname(pathOf(ref.sha256)), { recursive: true });
    await symlink(elsewhere, pathOf(ref.sha256));
    expect(await store.locate(ref)).toBeUndefined();
    expect(await readFile(elsewhere)).toEqual(bytes);
    expect(await store.write(bytes)).toEqual(ref);
    expect((await stat(pathOf(ref.sha256))).isFile()).toBe(true);
  });

  it('removes a directory that lies in the place of an object', async () => {
    await mkdir(join(pathOf(ref.sha256), 'inside'), { recursive: true });
    expect(await store.read(ref)).toBeUndefined();
    await store.write(bytes);
    expect(await store.read(ref)).toEqual(bytes);
  });

  it('keeps a sound object when a parent states another size for it', async () => {
    await store.write(bytes);
    expect(await store.read({ ...ref, size: 5 })).toBeUndefined();
    expect(await store.locate({ ...ref, size: 5 })).toBeUndefined();
    expect(await store.read(ref)).toEqual(bytes);
  });

  it('lists objects and nothing else that lies there', async () => {
    const other = await store.write(Buffer.from('another'));
    await store.write(bytes);
    await mkdir(join(directory, 'objects', 'partial'));
    await writeFile(join(directory, 'objects', 'partial', `${ref.sha256}.part`), 'x');
    await writeFile(join(dirname(pathOf(ref.sha256)), 'notes.txt'), 'x');
    const found = await listed();
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining([ref, other]));
    await store.remove(ref.sha256);
    expect(await listed()).toEqual([other]);
  });

  it('takes in a finished file and refuses one with another digest', async () => {
    const file = join(directory, 'download');
    await writeFile(file, 'something else');
    await expect(store.adopt(file, ref.sha256, 'The file')).rejects.toMatchObject({
      code: 'SHEAF_DIGEST',
      message: 'The file does not match its digest.',
    });
    expect(await store.locate(ref)).toBeUndefined();
    await writeFile(file, bytes);
    expect(await store.adopt(file, ref.sha256, 'The file')).toEqual(ref);
    expect(await store.read(ref)).toEqual(bytes);
    await expect(stat(file)).rejects.toThrow('ENOENT');
  });

  it.skipIf(process.platform !== 'linux')('says when the system does not let it write', async () => {
    // Not even the superuser makes files there.
    const nowhere = createObjectStore('/sys/sheaf');
    await expect(nowhere.write(bytes)).rejects.toMatchObject({ code: 'SHEAF_PERMISSION' });
  });
});
