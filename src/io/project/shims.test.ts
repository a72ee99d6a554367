import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pluginName } from '../../core/plugin-name.ts';
import { createFileOperations } from '../file-operations.ts';
import { writeShims } from './shims.ts';

const plugin = pluginName('graph-lens');
const operations = createFileOperations();
let root: string;
let bin: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sheaf shims $x '));
  bin = join(root, '.sheaf', 'bin');
  for (const n of ['1', '2']) {
    const directory = join(root, '.sheaf', 'generations', n, plugin, 'bin');
    await mkdir(directory, { recursive: true });
    const script = `#!/usr/bin/env node\nconsole.log(JSON.stringify([${n}, ...process.argv.slice(2)]));\n`;
    await writeFile(join(directory, 'lens.mjs'), script);
    await chmod(join(directory, 'lens.mjs'), 0o555);
  }
  await makeCurrent('1');
});
afterEach(() => rm(root, { recursive: true }));

const makeCurrent = (n: string) => writeFile(join(root, '.sheaf', 'current'), `${n}\n`);
const generation = () => join(root, '.sheaf', 'generations', '1');
const shims = { lens: { plugin, file: 'bin/lens.mjs' } };

const write = (command: string, file: string) =>
  writeShims(
    { bin, generation: generation(), shims: { [command]: { plugin, file } }, platform: 'linux' },
    operations,
  );

async function run(path: string, ...parameters: string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(path, parameters, { cwd: tmpdir() });
  return JSON.parse(stdout);
}

describe('writeShims', () => {
  it('writes commands that run the file of whatever generation is current, with their arguments', async () => {
    await writeShims({ bin, generation: generation(), shims, platform: 'linux' }, operations);
    expect(await run(join(bin, 'lens'), 'a b', '$HOME', '*')).toEqual([1, 'a b', '$HOME', '*']);
    await makeCurrent('2');
    expect(await run(join(bin, 'lens'))).toEqual([2]);
  });

  it('writes commands that work through symbolic links, absolute and relative', async () => {
    await writeShims({ bin, generation: generation(), shims, platform: 'linux' }, operations);
    await symlink(join(bin, 'lens'), join(root, 'absolute'));
    await symlink('.sheaf/bin/lens', join(root, 'relative'));
    await symlink('relative', join(root, 'twice'));
    for (const name of ['absolute', 'relative', 'twice']) expect(await run(join(root, name))).toEqual([1]);
  });

  it('removes commands that no plugin has any more', async () => {
    await writeShims({ bin, generation: generation(), shims, platform: 'linux' }, operations);
    await writeShims({ bin, generation: generation(), shims: {}, platform: 'linux' }, operations);
    expect(await readdir(bin)).toEqual([]);
  });

  it('writes a .cmd as well on Windows, which names the interpreter of the script', async () => {
    await writeShims({ bin, generation: generation(), shims, platform: 'win32' }, operations);
    expect((await readdir(bin)).toSorted()).toEqual(['lens', 'lens.cmd']);
    expect(await readFile(join(bin, 'lens.cmd'), 'utf8')).toContain(
      '\r\nset /p generation=<"%~dp0..\\current"\r\nnode "%~dp0..\\generations\\%generation%\\graph-lens\\bin\\lens.mjs" %*\r\n',
    );
  });

  it('lets cmd.exe find a program whose name lacks the .exe it has on Windows', async () => {
    const native = { lens: { plugin, file: 'bin/lens' } };
    const writing = () =>
      writeShims({ bin, generation: generation(), shims: native, platform: 'win32' }, operations);
    await expect(writing()).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(join(generation(), plugin, 'bin', 'lens.exe'), 'MZ');
    await writing();
    expect(await readFile(join(bin, 'lens.cmd'), 'utf8')).toContain(
      '\r\n"%~dp0..\\generations\\%generation%\\graph-lens\\bin\\lens" %*\r\n',
    );
  });

  it('refuses commands and files that a shell could take for something else', async () => {
    for (const command of ['../up', '.hidden', 'a b', 'Lens', '', 'a/b', '-x', 'x\n']) {
      await expect(write(command, 'bin/lens.mjs')).rejects.toMatchObject({ code: 'SHEAF_INVALID_FILE' });
    }
    for (const file of ['../x', '/bin/sh', 'a"b', 'a$(b)', 'a/../b', '%PATH%', 'a\nb', '', 'a//b']) {
      await expect(write('lens', file)).rejects.toMatchObject({ code: 'SHEAF_INVALID_FILE' });
    }
    expect(await readdir(join(root, '.sheaf'))).not.toContain('bin');
  });
});
