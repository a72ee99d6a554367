import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../core/digest.ts';
import { temporaryDirectory, writeTree } from '../testkit/index.ts';
import { createProgramLoader, type ProgramLoader } from './program-loader.ts';

/** A package with these files in the directory of its program. */
interface Package {
  readonly path: string;
  readonly loader: () => ProgramLoader;
  readonly write: (files: Readonly<Record<string, string>>) => Promise<void>;
}

async function packageWith(files: Readonly<Record<string, string>>): Promise<Package> {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const program = join(directory.path, 'dist/bin');
  const write = (written: Readonly<Record<string, string>>): Promise<void> =>
    writeTree(
      program,
      new Map(Object.entries(written).map(([name, text]) => [name, new TextEncoder().encode(text)])),
    );
  await write(files);
  return { path: directory.path, loader: () => createProgramLoader(program, 'test'), write };
}

const codeDirectory = (path: string): string =>
  join(path, 'node_modules/.cache/sheaf', `${process.version}-${process.arch}`, 'test');

const VALUES = {
  'program.js': `exports.value = require('./part.js').value + 1;`,
  'part.js': 'exports.value = 41;',
};

describe('loading', () => {
  it('gives what a file exports, its own requires included', async () => {
    const { loader } = await packageWith(VALUES);
    expect(loader().load('program.js')).toEqual({ value: 42 });
  });

  it('runs a file once, however often it is required', async () => {
    const { loader } = await packageWith({
      'program.js': `require('./part.js'); exports.runs = require('./part.js').runs;`,
      'part.js': `globalThis.sheafRuns = (globalThis.sheafRuns ?? 0) + 1; exports.runs = globalThis.sheafRuns;`,
    });
    expect(loader().load('program.js')).toEqual({ runs: 1 });
  });

  it('runs a file that may come later when its first export is used', async () => {
    const { loader } = await packageWith({
      'program.js': `const part = require('./later-part.js'); exports.use = () => part.value; exports.ran = () => globalThis.sheafLater;`,
      'later-part.js': `globalThis.sheafLater = true; exports.value = 1;`,
    });
    const program = loader().load('program.js') as { use(): number; ran(): boolean | undefined };
    expect(program.ran()).toBeUndefined();
    expect(program.use()).toBe(1);
    expect(program.ran()).toBe(true);
  });

  it('has the modules of node, and packages from where the program lies', async () => {
    const { path, loader } = await packageWith({
      'program.js': `exports.joined = require('node:os').EOL.length > 0; exports.name = require('some-package').name;`,
    });
    await mkdir(join(path, 'node_modules/some-package'), { recursive: true });
    await writeFile(join(path, 'node_modules/some-package/index.js'), `exports.name = 'some';`);
    expect(loader().load('program.js')).toEqual({ joined: true, name: 'some' });
  });
});

describe('kept code', () => {
  it('is used by the next loader, which has nothing to add', async () => {
    const { path, loader } = await packageWith(VALUES);
    const first = loader();
    first.load('program.js');
    first.keep();
    const [name = ''] = await readdir(codeDirectory(path));
    const { ino } = await stat(join(codeDirectory(path), name));
    const second = loader();
    expect(second.load('program.js')).toEqual({ value: 42 });
    second.keep();
    expect(await readdir(codeDirectory(path))).toHaveLength(2);
    // Writing it again would have put another file in its place.
    expect((await stat(join(codeDirectory(path), name))).ino).toBe(ino);
  });

  it('is not taken for another source of the same length', async () => {
    const { loader, write } = await packageWith(VALUES);
    const first = loader();
    first.load('program.js');
    first.keep();
    await write({ 'part.js': 'exports.value = 82;' });
    expect(loader().load('program.js')).toEqual({ value: 83 });
  });

  it('of another version of V8 is refused by V8 and replaced', async () => {
    // A source of its own: V8 itself remembers what this process compiled before.
    const source = `exports.value = 'of another version';`;
    const { path, loader } = await packageWith({ 'program.js': source });
    const code = join(codeDirectory(path), sha256(new TextEncoder().encode(source)));
    await mkdir(codeDirectory(path), { recursive: true });
    await writeFile(code, 'not code');
    const first = loader();
    expect(first.load('program.js')).toEqual({ value: 'of another version' });
    first.keep();
    expect((await readFile(code)).toString()).not.toBe('not code');
  });

  it('is done without where it cannot be written', async () => {
    const { path, loader } = await packageWith(VALUES);
    await writeFile(join(path, 'node_modules'), 'a file where a directory would have to be');
    const first = loader();
    expect(first.load('program.js')).toEqual({ value: 42 });
    expect(() => first.keep()).not.toThrow();
  });
});
