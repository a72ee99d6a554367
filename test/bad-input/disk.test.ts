import { mkdir, readdir, rm } from 'node:fs/promises';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type BuiltCli, buildCli } from '../support/built-cli.ts';
import {
  canMakeDisks,
  canObeyPermissions,
  OBEYING_PERMISSIONS,
  onSmallDisk,
  setWritable,
} from '../support/privileges.ts';
import {
  largeRelease,
  readTree,
  refusal,
  refusalOf,
  type UserOfRegistry,
  userOfRegistry,
} from '../support/registry-on-loopback.ts';
import { runSheaf } from '../support/run-sheaf.ts';
import { type Ended, startSheaf } from '../support/sheaf-process.ts';

/** Disks that are full, directories that may not be written, and people without a home. */

if (!canObeyPermissions) console.warn('Not tested: read-only directories, because setpriv is missing.');
if (!canMakeDisks) console.warn('Not tested: a full disk, because no file system may be mounted here.');

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});

const LENS_BYTES = 1_000_000;

/** A user with `users` installed; `graph-lens` is a megabyte. */
async function withUsers(): Promise<UserOfRegistry> {
  const user = await userOfRegistry([
    { name: 'users', version: '1.0.0' },
    largeRelease('graph-lens', '1.0.0', LENS_BYTES),
  ]);
  await user.does('install', 'users');
  return user;
}

const run = (user: UserOfRegistry, within: readonly string[], ...argv: string[]): Promise<Ended> =>
  startSheaf(cli.main, ['--project', user.at('project'), ...argv], { environment: user.environment, within })
    .ended;

describe('a full disk', () => {
  const full = { status: 12, code: 'SHEAF_DISK_FULL', hint: /^Free some space/ } as const;

  it.skipIf(!canMakeDisks)(
    'under the cache stops an installation and leaves no half download on it',
    async () => {
      const user = await withUsers();
      const before = await user.belongings();
      const within = onSmallDisk(user.at('home/cache'), 256, user.at('cache-after'));
      expect(refusalOf(await run(user, within, 'install', 'graph-lens'))).toEqual(
        refusal({
          ...full,
          sentence: /^The disk or the quota is full: it ran out while writing /,
        }),
      );
      expect(await user.belongings()).toEqual(before);
      expect(await readdir(user.at('cache-after/objects/partial'))).toEqual([]);
      await user.does('install', 'graph-lens');
    },
  );

  it.skipIf(!canMakeDisks)('under the project leaves the installed set as it was', async () => {
    const user = await withUsers();
    const before = await readTree(user.at('project'));
    const within = onSmallDisk(user.at('project'), 512, user.at('project-after'));
    expect(refusalOf(await run(user, within, 'install', 'graph-lens'))).toEqual(
      refusal({
        ...full,
        sentence: /^The disk or the quota is full: it ran out while /,
      }),
    );
    expect(await readTree(user.at('project-after'))).toEqual(before);
  });

  it.skipIf(!canMakeDisks)('under what this machine trusts leaves the installed set as it was', async () => {
    const user = await withUsers();
    const [before, state] = [await readTree(user.at('project')), await readTree(user.at('home/state'))];
    const within = onSmallDisk(user.at('home/state'), 8, user.at('state-after'));
    expect(refusalOf(await run(user, within, 'install', 'graph-lens'))).toEqual(
      refusal({
        ...full,
        sentence: /^The disk or the quota is full: it ran out while /,
      }),
    );
    expect(await readTree(user.at('project'))).toEqual(before);
    expect(await readTree(user.at('state-after'))).toEqual(state);
  });

  it('has the same words where only the size of files is limited', async () => {
    const user = await withUsers();
    const before = await user.belongings();
    const within = ['bash', '-c', 'ulimit -f 100; exec "$@"', 'bash'];
    expect(refusalOf(await run(user, within, 'install', 'graph-lens'))).toEqual(
      refusal({
        ...full,
        sentence: /^The disk or the quota is full: it ran out while writing /,
      }),
    );
    expect(await user.belongings()).toEqual(before);
  });
});

describe('a directory that may not be written', () => {
  const denied = { status: 12, code: 'SHEAF_PERMISSION', hint: /^Check who owns the directory/ } as const;

  /** Makes a directory of the user read-only for the rest of the test. */
  async function protect(user: UserOfRegistry, path: string): Promise<void> {
    await setWritable(user.at(path), false);
    onTestFinished(() => setWritable(user.at(path), true));
  }

  it.skipIf(!canObeyPermissions)('as the project is not changed, and still read', async () => {
    const user = await withUsers();
    await protect(user, 'project');
    const before = await user.belongings();
    for (const line of [
      ['install', 'graph-lens'],
      ['remove', 'users'],
    ]) {
      expect(refusalOf(await run(user, OBEYING_PERMISSIONS, ...line))).toEqual(
        refusal({
          ...denied,
          sentence: /^Permission was denied while .*project/,
        }),
      );
    }
    for (const line of [['list'], ['verify']]) {
      expect(await run(user, OBEYING_PERMISSIONS, ...line)).toMatchObject({ status: 0, stderr: '' });
    }
    expect(await user.belongings()).toEqual(before);
  });

  it.skipIf(!canObeyPermissions)('as a new project is left empty', async () => {
    const user = await withUsers();
    await mkdir(user.at('fresh'));
    await protect(user, 'fresh');
    const ended = await startSheaf(cli.main, ['--project', user.at('fresh'), 'install', 'users'], {
      environment: user.environment,
      within: OBEYING_PERMISSIONS,
    }).ended;
    expect(refusalOf(ended)).toEqual(
      refusal({ ...denied, sentence: /^Permission was denied while creating .*fresh/ }),
    );
    expect(await readdir(user.at('fresh'))).toEqual([]);
  });

  it.skipIf(!canObeyPermissions)(
    'as the cache stops what must be fetched, and nothing that is there',
    async () => {
      const user = await withUsers();
      await rm(user.at('project/.sheaf'), { recursive: true });
      await protect(user, 'home/cache');
      const before = await user.belongings();
      expect(refusalOf(await run(user, OBEYING_PERMISSIONS, 'install', 'graph-lens'))).toEqual(
        refusal({
          ...denied,
          sentence: /^Permission was denied while writing .*cache/,
        }),
      );
      expect(await user.belongings()).toEqual(before);
      expect(await run(user, OBEYING_PERMISSIONS, 'install', '--frozen')).toMatchObject({
        status: 0,
        stderr: '',
      });
      expect(await user.does('verify')).toContain('1 plugin as signed');
    },
  );

  it.skipIf(!canObeyPermissions)(
    'as the place of what this machine trusts stops before anything is installed',
    async () => {
      const user = await withUsers();
      await rm(user.at('home/state/lock'), { force: true });
      await protect(user, 'home/state');
      const before = await user.belongings();
      for (const line of [['install', 'graph-lens']]) {
        expect(refusalOf(await run(user, OBEYING_PERMISSIONS, ...line))).toEqual(
          refusal({
            ...denied,
            sentence: /^Permission was denied while .*state/,
          }),
        );
      }
      expect(await user.belongings()).toEqual(before);
    },
  );
});

it('without a home directory says what to set', async () => {
  const user = await withUsers();
  const before = await user.belongings();
  const { PATH } = user.environment;
  for (const environment of [{ PATH }, { PATH, HOME: '' }, { PATH, HOME: 'relative/home' }]) {
    for (const line of [
      ['install', 'graph-lens'],
      ['list'],
      ['sync'],
      ['registry', 'add', user.index.url, '--yes'],
    ]) {
      const argv = ['--project', user.at('project'), ...line];
      expect(refusalOf(await runSheaf(argv, { environment }))).toEqual(
        refusal({
          status: 1,
          code: 'SHEAF_NO_HOME',
          sentence: 'No home directory is known: HOME is not set to an absolute path.',
          hint: 'Set HOME, or set SHEAF_HOME to the directory that sheaf may use.',
        }),
      );
    }
  }
  expect(await user.belongings()).toEqual(before);
});
