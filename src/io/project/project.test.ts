import { execFileSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installTexts, textArtifact, visibleState } from '../../../test/support/project-state.ts';
import { pluginName } from '../../core/plugin-name.ts';
import type { Project } from '../../core/ports.ts';
import { createFileOperations, type FileOperations } from '../file-operations.ts';
import { holdGeneration } from './generation-use.ts';
import { createProject } from './project.ts';

let directory: string;
let project: Project;
const lens = pluginName('lens');
const users = pluginName('users');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-project-'));
  project = createProject(directory);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const inGenerations = () =>
  readdir(join(directory, '.sheaf', 'generations')).then((names) => names.toSorted());

describe('a project', () => {
  it('has nothing installed at first', async () => {
    expect(await project.readManifest()).toBeUndefined();
    expect(await project.readLock()).toBeUndefined();
    expect(await project.generations()).toEqual([]);
    expect(await project.pluginDirectory(lens)).toBeUndefined();
    await expect(project.activate(1)).rejects.toMatchObject({ code: 'SHEAF_NO_GENERATION' });
  });

  it('installs a set: files that cannot be written, the signed manifest, the lock, the commands', async () => {
    expect(await installTexts(project, { lens: '#!/bin/sh\necho lens $1\n' }, 'first')).toBe(1);
    const installed = join((await project.pluginDirectory(lens))!, 'lens');
    expect((await stat(installed)).mode & 0o777).toBe(0o555);
    expect(await visibleState(project)).toMatchObject({
      current: 1,
      lock: 'first lock\n',
      manifest: 'first manifest\n',
      files: { '.manifests/lens.toml': 'manifest of lens\n', 'sheaf.lock': 'first lock\n' },
      commands: ['lens'],
    });
    expect(execFileSync(join(directory, '.sheaf', 'bin', 'lens'), ['works']).toString()).toBe('lens works\n');
    expect(await readFile(join(directory, '.sheaf', '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('takes over what stays, without copying bytes where the file system can share them', async () => {
    await installTexts(project, { lens: 'lens', users: 'users' }, 'first');
    const before = await lstat(join((await project.pluginDirectory(users))!, 'users'));
    await project.exclusively(async () => {
      const staging = await project.stage();
      await staging.keep(users);
      await staging.commit({ lock: Buffer.from('l'), manifest: Buffer.from('m'), shims: {} });
    });
    const path = join((await project.pluginDirectory(users))!, 'users');
    const after = await lstat(path);
    expect(await readFile(path, 'utf8')).toBe('users');
    expect(after.mode).toBe(before.mode);
    expect(await project.pluginDirectory(lens)).toBeUndefined();
    expect(await visibleState(project)).toMatchObject({
      files: { '.manifests/users.toml': 'manifest of users\n' },
    });
  });

  it('goes back to an earlier set with its lock, its manifest and its commands, and forward again', async () => {
    await installTexts(project, { lens: 'lens 1' }, 'first');
    const first = await visibleState(project);
    await installTexts(project, { lens: 'lens 2', users: 'users' }, 'second');
    const second = await visibleState(project);
    await project.exclusively(() => project.activate(1));
    expect(await visibleState(project)).toEqual(first);
    await project.exclusively(() => project.activate(2));
    expect(await visibleState(project)).toEqual(second);
    expect(await installTexts(project, { lens: 'lens 3' }, 'third')).toBe(3);
  });

  it('discards a set that is not wanted after all', async () => {
    await installTexts(project, { lens: 'lens 1' }, 'first');
    const before = await visibleState(project);
    await project.exclusively(async () => {
      const staging = await project.stage();
      await staging.keep(lens);
      await staging.discard();
    });
    expect(await visibleState(project)).toEqual(before);
    expect(await inGenerations()).toEqual(['1']);
  });

  it('refuses a command without its file, and keeps what was there', async () => {
    await installTexts(project, { lens: 'lens 1' }, 'first');
    const before = await visibleState(project);
    const failed = project.exclusively(async () => {
      const staging = await project.stage();
      await staging.keep(lens);
      const shims = { gone: { plugin: lens, file: 'bin/gone' } };
      await staging.commit({ lock: Buffer.from('l'), manifest: Buffer.from('m'), shims });
    });
    await expect(failed).rejects.toMatchObject({
      code: 'SHEAF_ARCHIVE',
      message: 'lens provides the command gone, but has no file bin/gone.',
    });
    await project.exclusively(() => Promise.resolve());
    expect(await visibleState(project)).toEqual(before);
    expect(await inGenerations()).toEqual(['1']);
  });

  it('tells which installed files are not as they were installed', async () => {
    await installTexts(project, { lens: 'lens' }, 'first');
    const { artifact, path } = await textArtifact(directory, 'lens', 'lens');
    expect(await project.verifyPlugin(lens, artifact, path)).toEqual([]);
    const installed = (await project.pluginDirectory(lens))!;
    await writeFile(join(installed, 'more'), 'x');
    await rm(join(installed, 'lens'));
    expect(await project.verifyPlugin(lens, artifact, path)).toEqual([
      '"lens" is missing.',
      '"more" was added.',
    ]);
    // A link to the very bytes is not what was installed either: it can be pointed elsewhere any time.
    await symlink(path, join(installed, 'lens'));
    expect(await project.verifyPlugin(lens, artifact, path)).toContain('"lens" was changed.');
  });

  it('leaves an edit alone that a person made between a crash and its repair', async () => {
    await installTexts(project, { lens: 'lens 1' }, 'first');
    const operations = createFileOperations();
    let renames = 0;
    const failing: FileOperations = {
      ...operations,
      rename: (from, to) => {
        if (++renames > 3) throw Object.assign(new Error('gone'), { code: 'EIO' });
        return operations.rename(from, to);
      },
    };
    const broken = createProject(directory, { operations: failing });
    await expect(installTexts(broken, { lens: 'lens 2' }, 'second')).rejects.toThrow('gone');
    await writeFile(join(directory, 'sheaf.toml'), 'my edit\n');
    await project.exclusively(() => Promise.resolve());
    expect(await visibleState(project)).toMatchObject({
      current: 2,
      lock: 'second lock\n',
      manifest: 'my edit\n',
    });
  });

  it('works for two at once: one after the other', async () => {
    const other = createProject(directory);
    const numbers = await Promise.all([
      installTexts(project, { lens: 'a' }, 'a'),
      installTexts(other, { lens: 'b' }, 'b'),
    ]);
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2]);
    const { files, lock } = (await visibleState(project)) as { files: Record<string, string>; lock: string };
    expect(lock).toBe(`${files['lens/lens']} lock\n`);
  });
});

describe('old sets', () => {
  it('are kept up to five', async () => {
    for (const n of [1, 2, 3, 4, 5, 6, 7]) await installTexts(project, { lens: `lens ${n}` }, `${n}`);
    expect(await inGenerations()).toEqual(['3', '4', '5', '6', '7']);
    expect((await project.generations()).map(({ number, current }) => [number, current])).toEqual([
      [3, false],
      [4, false],
      [5, false],
      [6, false],
      [7, true],
    ]);
  });

  it('stay as long as a running host holds them', async () => {
    await installTexts(project, { lens: 'lens 1' }, '1');
    const held = (await holdGeneration(directory))!;
    expect(held.number).toBe(1);
    for (const n of [2, 3, 4, 5, 6, 7]) await installTexts(project, { lens: `lens ${n}` }, `${n}`);
    expect(await readFile(join(held.directory, 'lens', 'lens'), 'utf8')).toBe('lens 1');
    expect(await inGenerations()).toEqual(['1', '3', '4', '5', '6', '7']);
    await held.release();
    await installTexts(project, { lens: 'lens 8' }, '8');
    expect(await inGenerations()).toEqual(['4', '5', '6', '7', '8']);
  });

  it('do not stay for a host that died without letting go', async () => {
    await installTexts(project, { lens: 'lens 1' }, '1');
    await holdGeneration(directory);
    const marks = join(directory, '.sheaf', 'generations', '1', '.in-use');
    const [mark] = await readdir(marks);
    const identity = JSON.parse(await readFile(join(marks, mark!), 'utf8')) as Record<string, unknown>;
    await writeFile(join(marks, mark!), JSON.stringify({ ...identity, pid: 2 ** 30 }));
    for (const n of [2, 3, 4, 5, 6]) await installTexts(project, { lens: `lens ${n}` }, `${n}`);
    expect(await inGenerations()).toEqual(['2', '3', '4', '5', '6']);
  });

  it('cannot be held where nothing is installed', async () => {
    expect(await holdGeneration(directory)).toBeUndefined();
  });
});

describe('a hostile or broken project', () => {
  it.each(['.sheaf', '.sheaf/generations', '.sheaf/bin'])(
    'refuses a link in the place of %s',
    async (place) => {
      const victim = join(directory, 'victim');
      await mkdir(join(victim, '.staging-precious'), { recursive: true });
      await mkdir(join(directory, place, '..'), { recursive: true });
      await symlink(victim, join(directory, place));
      await expect(project.exclusively(() => Promise.resolve())).rejects.toMatchObject({
        code: 'SHEAF_PATH',
      });
      expect(await readdir(victim)).toEqual(['.staging-precious']);
    },
  );

  it.each(['../../etc', '1/../..', '-1', '', '99999999999', '1'])(
    'reads nothing for a current of %j',
    async (text) => {
      await mkdir(join(directory, '.sheaf'));
      await writeFile(join(directory, '.sheaf', 'current'), text);
      expect(await project.pluginDirectory(lens)).toBeUndefined();
      expect(await holdGeneration(directory)).toBeUndefined();
    },
  );

  it('repairs past a journal that makes no sense', async () => {
    await installTexts(project, { lens: 'lens 1' }, 'first');
    const before = await visibleState(project);
    for (const text of ['', '{', 'null', '[]', '{"to":"../..","isNew":true}', '{"to":1.5,"isNew":true}']) {
      await writeFile(join(directory, '.sheaf', 'switching'), text);
      await project.exclusively(() => Promise.resolve());
      expect(await visibleState(project)).toEqual(before);
    }
  });
});

describe('a disk that does not take it', () => {
  it.skipIf(process.platform !== 'linux')('is refused with a sentence where nobody may write', async () => {
    // Not even root makes directories in /sys; elsewhere the mode of the directory would have to say no.
    const isRoot = process.getuid?.() === 0;
    if (!isRoot) await chmod(directory, 0o555);
    const place = createProject(isRoot ? '/sys/kernel' : directory);
    await expect(place.exclusively(() => Promise.resolve())).rejects.toMatchObject({
      code: 'SHEAF_PERMISSION',
    });
    await chmod(directory, 0o755);
  });

  it('leaves the old set or the new one when it is full at any step', async () => {
    const seen = new Set<unknown>();
    for (let fatal = 1; ; fatal++) {
      const place = join(directory, String(fatal));
      await mkdir(place);
      const roomy = createProject(place);
      await installTexts(roomy, { lens: 'lens 1' }, 'first');
      const before = await visibleState(roomy);
      let step = 0;
      const operations = Object.entries(createFileOperations()).map(([name, operation]) => [
        name,
        (...parameters: unknown[]) => {
          if (name !== 'remove' && ++step === fatal) {
            return Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
          }
          return (operation as (...parameters: unknown[]) => Promise<unknown>)(...parameters);
        },
      ]);
      const full = createProject(place, { operations: Object.fromEntries(operations) as FileOperations });
      const failure = await installTexts(full, { lens: 'lens 2' }, 'second').catch((error: unknown) => error);
      if (typeof failure === 'number') break;
      expect(failure).toMatchObject({ code: 'SHEAF_DISK_FULL' });
      await roomy.exclusively(() => Promise.resolve());
      const after = await visibleState(roomy);
      seen.add(after.current);
      const second = { lock: 'second lock\n', files: { 'lens/lens': 'lens 2' }, commands: ['lens'] };
      expect(after).toMatchObject(after.current === 1 ? before : second);
    }
    expect(seen).toEqual(new Set([1, 2]));
  });

  it('says so on a file system that is really full', async ({ skip }) => {
    const small = join(directory, 'small');
    await mkdir(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      console.warn('A file system of its own cannot be mounted here; skipped.');
      skip();
    }
    try {
      const tight = createProject(small);
      await installTexts(tight, { lens: 'lens 1' }, 'first');
      const before = await visibleState(tight);
      const { artifact, path } = await textArtifact(directory, 'lens', 'x'.repeat(200_000));
      const failed = tight.exclusively(async () => {
        const staging = await tight.stage();
        try {
          await staging.add(lens, artifact, path, Buffer.from(''));
        } finally {
          await staging.discard();
        }
      });
      await expect(failed).rejects.toMatchObject({ code: 'SHEAF_DISK_FULL' });
      expect(await visibleState(tight)).toEqual(before);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});
