import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TemporaryDirectory, temporaryDirectory } from '../src/testkit/index.ts';
import { buildCli } from './support/built-cli.ts';
import { jsonOf } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** The scripts of `sheaf completion` in the shells that read them. */

/** Has `sheaf` in it. */
let bin: TemporaryDirectory;
beforeAll(async () => {
  const cli = await buildCli();
  bin = await temporaryDirectory();
  const program = join(bin.path, 'sheaf');
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${cli.main}" "$@"\n`);
  await chmod(program, 0o755);
});
afterAll(() => bin.remove());

const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

/** Runs a program in the project of a user, with the built command on its PATH. */
function run(user: UserOfRegistry, program: string, argv: readonly string[], input = '') {
  const PATH = `${bin.path}:${process.env['PATH']}`;
  return spawnSync(program, argv, {
    cwd: user.at('project'),
    env: { ...user.environment, PATH, HOME: user.at() },
    encoding: 'utf8',
    input,
  });
}

async function world(): Promise<UserOfRegistry> {
  const user = await userOfRegistry([
    { name: 'graph-lens', version: '1.0.0' },
    { name: 'graph-map', version: '1.0.0' },
    { name: 'users', version: '1.0.0' },
  ]);
  await mkdir(user.at('project/drafts'), { recursive: true });
  await writeFile(user.at('project/draft.wasm'), '');
  await user.does('install', 'users');
  // At a terminal, as a person would, so that the names come to this machine.
  expect(await user.sheafWith({ terminal: true }, 'sync')).toMatchObject({ status: 0 });
  // From here on nothing can be asked of anybody.
  await user.index.stop();
  return user;
}

describe('completion in bash', () => {
  /** What bash would offer at the end of a line: it sets these variables and calls the function. */
  function offered(user: UserOfRegistry, line: string, words: readonly string[]): readonly string[] {
    const script = [
      'eval "$(sheaf completion bash)"',
      'COMP_LINE=$1; COMP_POINT=${#COMP_LINE}; shift',
      'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))',
      '_sheaf sheaf',
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ].join('\n');
    const { stdout, stderr, status } = run(user, 'bash', ['-c', script, 'bash', line, ...words]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    return stdout.split('\n').filter((word) => word !== '');
  }

  it('offers commands, options, plugins, registries and paths, without a network', async () => {
    const user = await world();
    expect(offered(user, 'sheaf rollb', ['sheaf', 'rollb'])).toEqual(['rollback']);
    expect(offered(user, 'sheaf install --fo', ['sheaf', 'install', '--fo'])).toEqual(['--force']);
    expect(offered(user, 'sheaf install gra', ['sheaf', 'install', 'gra'])).toEqual([
      'graph-lens',
      'graph-map',
    ]);
    expect(offered(user, 'sheaf install acme/us', ['sheaf', 'install', 'acme/us'])).toEqual(['acme/users']);
    expect(offered(user, 'sheaf remove ', ['sheaf', 'remove', ''])).toEqual(['users']);
    expect(offered(user, 'sheaf sync ', ['sheaf', 'sync', ''])).toEqual(['acme']);
    expect(offered(user, 'sheaf install ./dr', ['sheaf', 'install', './dr']).toSorted()).toEqual([
      './draft.wasm',
      './drafts',
    ]);
    expect(offered(user, 'sheaf --project dr', ['sheaf', '--project', 'dr'])).toEqual(['drafts']);
  });

  it('cuts off what bash has split away', async () => {
    const user = await world();
    const words = ['sheaf', 'registry', 'init', 'd', '--ci', '='];
    expect(offered(user, 'sheaf registry init d --ci=', words)).toEqual(['github', 'gitlab', 'none']);
    const more = [...words, 'gitl'];
    expect(offered(user, 'sheaf registry init d --ci=gitl', more)).toEqual(['gitlab']);
  });

  it('says nothing at all when something is wrong', async () => {
    const user = await world();
    await writeFile(user.at('home/config/config.toml'), 'no toml');
    await writeFile(user.at('project/sheaf.toml'), 'no toml');
    expect(offered(user, 'sheaf install gra', ['sheaf', 'install', 'gra'])).toEqual([]);
    expect(offered(user, 'sheaf remove ', ['sheaf', 'remove', ''])).toEqual([]);
    expect(offered(user, 'sheaf rollb', ['sheaf', 'rollb'])).toEqual(['rollback']);
  });
});

describe('completion in other shells', () => {
  it.skipIf(!available('zsh'))('is read by zsh', async () => {
    const user = await world();
    const check = 'autoload -U compinit; compinit -D; eval "$(sheaf completion zsh)"; print $_comps[sheaf]';
    expect(run(user, 'zsh', ['-fc', check]).stdout).toBe('_sheaf\n');
  });

  it.skipIf(!available('fish'))('completes in fish', async () => {
    const user = await world();
    const check = 'sheaf completion fish | source; complete -C "sheaf install gra"';
    expect(run(user, 'fish', ['-c', check]).stdout).toBe('graph-lens\ngraph-map\n');
  });

  // No case, rather than a skipped one, where Debian runs the tests: it has no package of PowerShell.
  it.each(available('pwsh') ? ['pwsh'] : [])('completes in PowerShell as %s', async (shell) => {
    const user = await world();
    const check = [
      'sheaf completion powershell | Out-String | Invoke-Expression',
      "(TabExpansion2 'sheaf install gra' 17).CompletionMatches.CompletionText",
    ].join('\n');
    expect(run(user, shell, ['-NoProfile', '-Command', check]).stdout).toBe('graph-lens\ngraph-map\n');
  });

  function available(shell: string): boolean {
    if (has(shell)) return true;
    console.warn(`Not tested: completion in ${shell}, which is not on this machine.`);
    return false;
  }
});

describe('sheaf completion', () => {
  it.each(['bash', 'zsh', 'fish', 'powershell'])(
    'prints the script of %s, for programs too',
    async (shell) => {
      const user = await world();
      const { data } = await jsonOf(user, 'completion', 'completion', shell);
      expect(data).toEqual({ shell, script: await user.does('completion', shell) });
      expect(data.script).toContain('sheaf __complete');
    },
  );

  it('knows no other shell', async () => {
    const user = await world();
    const { status, stderr } = await user.sheaf('completion', 'fisch');
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean fish?');
  });
});

describe('names on this machine', () => {
  it('follow the index once they were fetched, and cost nobody else anything', async () => {
    const user = await userOfRegistry([{ name: 'users', version: '1.0.0' }]);
    await mkdir(user.at('project'), { recursive: true });
    const complete = () => run(user, 'sheaf', ['__complete', 'install', '']).stdout;
    await user.does('sync');
    expect(complete()).toBe(':words\n');
    expect(user.index.asked.length).toBeGreaterThan(0);
    await user.sheafWith({ terminal: true }, 'sync');
    expect(complete()).toBe('users\n:words\n');
    user.registry.addRelease({ name: 'map', version: '1.0.0' });
    user.registry.now += 60_000;
    await user.registry.publish();
    await user.does('outdated');
    expect(complete()).toBe('map\nusers\n:words\n');
  });
});
