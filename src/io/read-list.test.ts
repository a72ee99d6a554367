import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LIMITS } from '../core/limits.ts';
import { readList } from './read-list.ts';

let scratch: string;
const at = (...path: string[]): string => join(scratch, ...path);
const read = async (path: string): Promise<readonly (readonly [string, string])[]> =>
  (await readList({ path, wanted: (file) => file.endsWith('.yaml'), maxBytes: LIMITS.manifestBytes })).map(
    ({ path, bytes }) => [path, Buffer.from(bytes).toString()],
  );

const pack = (file: string, directory: string, ...paths: string[]): Promise<void> =>
  create({ gzip: true, file: at(file), cwd: at(directory) }, paths);

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sheaf-list-'));
  for (const directory of ['deeper', '.hidden', 'node_modules']) {
    await mkdir(at('list', 'plugins', directory), { recursive: true });
    await writeFile(at('list', 'plugins', directory, 'other.yaml'), directory);
  }
  await writeFile(at('list', 'LICENSE'), 'none');
  await writeFile(at('list', 'plugins', 'zoom.yaml'), 'zoom');
  await writeFile(at('list', 'plugins', 'lens.yaml'), 'lens');
  await writeFile(at('list', 'plugins', 'README.md'), 'no');
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

it('a list is what is wanted of a directory, or of an archive of it', async () => {
  const expected = [
    ['deeper/other.yaml', 'deeper'],
    ['lens.yaml', 'lens'],
    ['zoom.yaml', 'zoom'],
  ];
  expect(await read(at('list', 'plugins'))).toEqual(expected);
  expect(await read(at('list'))).toEqual(expected.map(([path, text]) => [`plugins/${path}`, text]));
  await pack('plain.tar.gz', 'list', 'LICENSE', 'plugins/lens.yaml', 'plugins/zoom.yaml');
  expect(await read(at('plain.tar.gz'))).toEqual([
    ['plugins/lens.yaml', 'lens'],
    ['plugins/zoom.yaml', 'zoom'],
  ]);
});

it('a list does not follow links out of itself', async () => {
  await mkdir(at('linked', 'plugins'), { recursive: true });
  await writeFile(at('linked', 'plugins', 'lens.yaml'), 'lens');
  await symlink('/etc/hostname', at('linked', 'plugins', 'stolen.yaml'));
  expect(await read(at('linked'))).toEqual([['plugins/lens.yaml', 'lens']]);
  await pack('linked.tar.gz', 'linked', '.');
  await expect(read(at('linked.tar.gz'))).rejects.toMatchObject({ code: 'SHEAF_ARCHIVE' });
});

it('a list that is not there, no list, or too long has a code of its own', async () => {
  await expect(read(at('absent'))).rejects.toMatchObject({ code: 'SHEAF_PATH' });
  await expect(read(at('list', 'LICENSE'))).rejects.toMatchObject({ code: 'SHEAF_ARCHIVE' });
  await mkdir(at('long', 'plugins'), { recursive: true });
  await writeFile(at('long', 'plugins', 'lens.yaml'), Buffer.alloc(LIMITS.manifestBytes + 1, 97));
  await expect(read(at('long'))).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
  await pack('long.tar.gz', 'long', 'plugins');
  await expect(read(at('long.tar.gz'))).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
});
