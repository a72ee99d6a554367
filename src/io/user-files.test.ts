import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../core/digest.ts';
import { pluginName } from '../core/plugin-name.ts';
import { type Directories, directoriesFor } from './directories.ts';
import { createUserFiles } from './user-files.ts';

let home: string;
let directories: Directories;
const rootId = sha256(Buffer.from('root'));

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'sheaf-user-'));
  directories = directoriesFor({ environment: { SHEAF_HOME: home }, platform: 'linux' });
});
afterEach(() => rm(home, { recursive: true }));

describe('createUserFiles', () => {
  it('keeps the configuration', async () => {
    const files = createUserFiles(directories);
    expect(await files.readConfig()).toBeUndefined();
    await files.writeConfig(Buffer.from('x = 1\n'));
    expect(Buffer.from((await files.readConfig())!).toString()).toBe('x = 1\n');
    expect(files.configPath).toBe(join(home, 'config', 'config.toml'));
  });

  it('reads every policy of the machine, and refuses to go on without one that was named', async () => {
    const [first, second] = [join(home, 'a.toml'), join(home, 'b.toml')];
    const files = createUserFiles({ ...directories, machinePolicies: [first, second], namedPolicy: first });
    await expect(files.readMachinePolicies()).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    await writeFile(first, 'one');
    expect(await files.readMachinePolicies()).toEqual([{ path: first, bytes: Buffer.from('one') }]);
    await writeFile(second, 'two');
    expect((await files.readMachinePolicies()).map(({ path }) => path)).toEqual([first, second]);
  });

  it('keeps what is trusted for the user alone, and forgets it', async () => {
    const files = createUserFiles(directories);
    await files.writeTrust(rootId, Buffer.from('{}'));
    expect((await stat(directories.trust(rootId))).mode & 0o777).toBe(0o600);
    await files.removeTrust(rootId);
    await files.removeTrust(rootId);
    expect(await files.readTrust(rootId)).toBeUndefined();
  });

  it('purges the data of a plugin and says whether there was any', async () => {
    const files = createUserFiles(directories);
    const name = pluginName('graph-lens');
    const data = directories.pluginData(name);
    await mkdir(data, { recursive: true });
    await writeFile(join(data, 'cache'), 'x');
    expect(await files.purgePluginData(name)).toBe(true);
    expect(await files.purgePluginData(name)).toBe(false);
  });

  it('lets one change them at a time', async () => {
    const files = createUserFiles(directories, { maxWait: 1 });
    await files.exclusively(async () => {
      await expect(files.exclusively(() => Promise.resolve())).rejects.toMatchObject({
        code: 'SHEAF_IN_USE',
      });
    });
  });
});
