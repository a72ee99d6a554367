import { readFile, rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';
import type { RunOptions } from './support/run-sheaf.ts';

/** What a person at a terminal is told in passing, at most once a day and from what is here already. */

/** A project with a plugin that has a newer version, which this machine knows of already. */
async function world(): Promise<UserOfRegistry> {
  const user = await userOfRegistry([{ name: 'graph-lens', version: '1.0.0' }]);
  await user.does('install', 'graph-lens');
  user.registry.addRelease({ name: 'graph-lens', version: '1.1.0' });
  user.registry.addRelease({ name: 'graph-lens', version: '2.0.0' });
  user.registry.now += 60_000;
  await user.registry.publish();
  await user.does('outdated');
  return user;
}

const terminal: RunOptions = { terminal: true, environment: { NO_COLOR: '1' } };
const NOTICE = [
  '',
  '1 update for this project; sheaf update installs what it allows:',
  '  graph-lens 1.0.0 → 1.1.0',
  '',
].join('\n');

describe('the notice of updates', () => {
  it('tells once a day what sheaf.toml allows, on standard error, and asks nobody', async () => {
    const user = await world();
    user.index.asked.splice(0);
    const { stdout, stderr } = await user.sheafWith(terminal, 'list');
    expect(stderr).toBe(NOTICE);
    expect(stdout).not.toContain('1.1.0');
    expect(user.index.asked).toEqual([]);
    expect((await user.sheafWith(terminal, 'list')).stderr).toBe('');

    const state = user.at('home/state/update-notice');
    const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000).toISOString();
    await writeFile(state, `${yesterday.slice(0, 19)}Z\n`);
    expect((await user.sheafWith(terminal, 'list')).stderr).toBe(NOTICE);
    for (const odd of ['9999-01-01T00:00:00Z\n', 'nonsense']) {
      await writeFile(state, odd);
      expect((await user.sheafWith(terminal, 'list')).stderr, odd).toBe(NOTICE);
    }
    expect(await readFile(state, 'utf8')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
  });

  it.each([
    ['into a pipe', { terminal: false }, ['list']],
    ['with --json', terminal, ['list', '--json']],
    ['in CI', { terminal: true, environment: { CI: 'true' } }, ['list']],
    ['where the person minds', { terminal: true, environment: { NO_UPDATE_NOTIFIER: '1' } }, ['list']],
    ['by a command that is about something else', terminal, ['config', 'path']],
    ['by the command that tells of updates anyway', terminal, ['outdated', '--offline']],
  ] as const)('is not given %s', async (_where, options, argv) => {
    const user = await world();
    const { stderr } = await user.sheafWith(options, ...argv);
    expect(stderr).toBe('');
    expect((await user.sheafWith(terminal, 'list')).stderr).toBe(NOTICE);
  });

  it('is silent when nothing is newer, and when what is known was lost', async () => {
    const user = await userOfRegistry([{ name: 'graph-lens', version: '1.0.0' }]);
    await user.does('install', 'graph-lens');
    expect((await user.sheafWith(terminal, 'list')).stderr).toBe('');

    const other = await world();
    await rm(other.at('home/cache'), { recursive: true });
    const { status, stderr } = await other.sheafWith(terminal, 'list');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
