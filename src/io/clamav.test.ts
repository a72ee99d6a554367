import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PluginFile } from '../core/authoring/ports.ts';
import { temporaryDirectory } from '../testkit/index.ts';
import { createClamav } from './clamav.ts';
import { createPrograms } from './programs.ts';

const CLAMSCAN = await createPrograms(process.env).find('clamscan');

// In two halves, so that no antivirus program takes this file for the one that it is to find.
const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD', '-ANTIVIRUS-TEST-FILE!$H+H*'].join('');

const file = (path: string, contents: string | Uint8Array): PluginFile => ({
  path,
  kind: 'file',
  bytes: typeof contents === 'string' ? new TextEncoder().encode(contents) : contents,
});

let world: Awaited<ReturnType<typeof temporaryDirectory>>;
const at = (...path: string[]): string => join(world.path, ...path);

vi.setConfig({ testTimeout: 120_000 });
beforeAll(async () => {
  world = await temporaryDirectory();
  // One signature, for any kind of file, anywhere in it (ClamAV "Body-based Signature Content Format").
  await mkdir(at('signatures'));
  const hex = Buffer.from(EICAR).toString('hex');
  await writeFile(at('signatures', 'test.ndb'), `Sheaf.Eicar:0:*:${hex}\n`);
  await mkdir(at('empty'));
});
afterAll(() => world.remove());

function clamav(database: string, path = process.env['PATH'] ?? '') {
  const { signal } = new AbortController();
  return createClamav({ environment: { PATH: path }, signal, database });
}

/** A program of that name, which does what a script says. */
async function pretender(name: string, script: string): Promise<string> {
  await mkdir(at(name));
  await writeFile(at(name, 'clamscan'), `#!/bin/sh\n${script}\n`);
  await chmod(at(name, 'clamscan'), 0o755);
  return [at(name), dirname('/bin/sh')].join(delimiter);
}

describe.skipIf(CLAMSCAN === undefined)('clamscan (skipped where it is not installed)', () => {
  it('names the file and what it is, also below a hostile path and inside of an archive', async () => {
    const report = await clamav(at('signatures')).scan([
      file('README.md', 'harmless'),
      file('--remove=yes', EICAR),
      { path: 'link', kind: 'link', bytes: new Uint8Array() },
      file('../../data.gz', gzipSync(EICAR)),
    ]);
    expect(report.program).toMatch(/^ClamAV [0-9.]+/);
    expect(report.hits.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: '--remove=yes', signature: 'Sheaf.Eicar.UNOFFICIAL' },
      { path: '../../data.gz', signature: 'Sheaf.Eicar.UNOFFICIAL' },
    ]);
  });

  it('finds nothing in what is harmless', async () => {
    const report = await clamav(at('signatures')).scan([file('README.md', 'harmless'), file('empty', '')]);
    expect(report.hits).toEqual([]);
  });

  it('is never "clean" when it has no signatures', async () => {
    for (const database of [at('empty'), at('missing')]) {
      await expect(clamav(database).scan([file('a', EICAR)])).rejects.toMatchObject({
        code: 'SHEAF_TOOL',
        hint: expect.stringContaining('freshclam') as string,
      });
    }
  });

  it('is never "clean" when it gave up before the end', async () => {
    let packed: Uint8Array = gzipSync('harmless');
    for (let depth = 0; depth < 24; depth++) packed = gzipSync(packed);
    await expect(clamav(at('signatures')).scan([file('deep.gz', packed)])).rejects.toMatchObject({
      code: 'SHEAF_TOOL',
      message: expect.stringMatching(/^ClamAV did not look at all of "deep\.gz": "Heuristics/) as string,
    });
  });
});

describe.skipIf(process.platform === 'win32')('what clamscan says', () => {
  it.each([
    ['an exit status that is none of its own', 'exit 127'],
    ['a find without a file', 'test "$2" = --version || exit 1'],
    ['a file that nobody gave it', 'echo "/tmp/9: X FOUND"; exit 1'],
    ['a file without a find', 'test "$2" = --version || echo "/tmp/0: X FOUND"; exit 0'],
  ])('is not believed with %s', async (name, script) => {
    const path = await pretender(name.replaceAll(' ', '-'), script);
    await expect(clamav(at('empty'), path).scan([file('a', 'b')])).rejects.toMatchObject({
      code: 'SHEAF_TOOL',
    });
  });

  it('comes from a process that sees none of the secrets of a job', async () => {
    const path = await pretender('environment', 'test -z "$GH_TOKEN" || exit 2; echo "ClamAV 1/2/3"');
    const { signal } = new AbortController();
    const environment = { PATH: path, GH_TOKEN: 'secret' };
    const scanner = createClamav({ environment, signal });
    expect(await scanner.scan([file('a', 'b')])).toEqual({ program: 'ClamAV 1, signatures 2', hits: [] });
  });
});

it('says so on a machine without ClamAV', async () => {
  await expect(clamav(at('empty'), at('empty')).scan([])).rejects.toMatchObject({
    code: 'SHEAF_TOOL',
    message: 'There is no clamscan on the PATH.',
  });
});
