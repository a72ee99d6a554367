import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { serveGit } from '../../src/testkit/index.ts';
import { type BuiltCli, buildCli } from '../support/built-cli.ts';
import { git, initRepository } from '../support/index-branch.ts';
import { refusal, refusalOf, userOfRegistry } from '../support/registry-on-loopback.ts';
import { startSheaf } from '../support/sheaf-process.ts';

/** Several sheaf at once, and what only the built program has: the worker that reads Git. */

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});

it('two installations into one project at once both happen, one after the other', async () => {
  const user = await userOfRegistry([
    { name: 'graph-lens', version: '1.0.0' },
    { name: 'users', version: '1.0.0' },
  ]);
  const start = (...argv: string[]) =>
    startSheaf(cli.main, ['--project', user.at('project'), ...argv], { environment: user.environment });
  const held: (() => void)[] = [];
  user.artifacts.misbehave = (path, _request, response) => {
    if (!path.startsWith('graph-lens')) return false;
    held.push(() => response.end(user.registry.artifacts.get(user.artifacts.url + path)));
    return true;
  };
  const asked = user.artifacts.nextRequest();
  const first = start('install', 'graph-lens');
  await asked;
  const second = start('install', 'users');
  await second.says(`Waiting for another sheaf (process ${first.child.pid}) to finish with the project in `);
  for (const release of held) release();
  expect(await Promise.all([first.ended, second.ended])).toMatchObject([{ status: 0 }, { status: 0 }]);

  const wanted = await readFile(user.at('project/sheaf.toml'), 'utf8');
  expect(wanted).toContain('graph-lens = "^1.0.0"');
  expect(wanted).toContain('users = "^1.0.0"');
  expect(await user.does('verify')).toContain('2 plugins as signed');
  expect(await user.does('install', '--frozen')).toContain('Nothing to do');
});

it('any number at once, without an order between them, lose nothing', async () => {
  const names = ['alpha', 'beta', 'gamma', 'delta'];
  const user = await userOfRegistry(names.map((name) => ({ name, version: '1.0.0' })));
  const ended = await Promise.all(names.map((name) => user.sheaf('install', name)));
  expect(ended.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  expect(await user.does('verify')).toContain('4 plugins as signed');
});

it('the lock of a sheaf that was killed is nobody’s', async () => {
  const user = await userOfRegistry([{ name: 'graph-lens', version: '1.0.0' }]);
  user.artifacts.misbehave = (_path, _request, response) => {
    response.flushHeaders();
    return true;
  };
  const asked = user.artifacts.nextRequest();
  const first = startSheaf(cli.main, ['--project', user.at('project'), 'install', 'graph-lens'], {
    environment: user.environment,
  });
  await asked;
  first.child.kill('SIGKILL');
  expect((await first.ended).status).toBe(137);
  user.artifacts.misbehave = undefined;
  const { status, stderr } = await user.sheaf('install', 'graph-lens');
  expect({ status, waits: stderr.includes('Waiting') }).toEqual({ status: 0, waits: false });
});

it('a repository without the branch of an index is no registry', async () => {
  const user = await userOfRegistry([{ name: 'graph-lens', version: '1.0.0' }], { add: false });
  await mkdir(user.at('git/plugins.git'), { recursive: true });
  await initRepository(user.at('git/plugins.git'));
  await writeFile(user.at('git/plugins.git/README.md'), 'Nothing here.\n');
  await git(user.at('git/plugins.git'), 'add', '--all');
  await git(user.at('git/plugins.git'), 'commit', '--quiet', '--message=begin');
  const server = await serveGit(user.at('git'));
  onTestFinished(() => server.close());
  const add = (url: string) =>
    startSheaf(cli.main, ['registry', 'add', url, '--yes'], { environment: user.environment }).ended;
  const repository = `${server.url}plugins.git/.git`;

  expect(refusalOf(await add(`git+${repository}#nowhere`))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_NOT_A_REGISTRY',
      sentence: `${repository} has no branch nowhere.`,
      hint: /^Name the branch after a #/,
    }),
  );
  expect(refusalOf(await add(`git+${repository}#index`))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_NOT_A_REGISTRY',
      sentence: `There is no sheaf registry at git+${repository}#index.`,
      hint: /address of its published index/,
    }),
  );
  const [missing, page] = [`${server.url}nobody.git`, user.index.url];
  expect(refusalOf(await add(`git+${missing}#index`))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_NOT_A_REGISTRY',
      sentence: /nobody\.git/,
      hint: /./,
    }),
  );
  expect(refusalOf(await add(`git+${page}#index`))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_NOT_A_REGISTRY',
      sentence: /127\.0\.0\.1/,
      hint: /./,
    }),
  );
  await user.index.stop();
  expect(refusalOf(await add(`git+${page}#index`))).toEqual(
    refusal({
      status: 7,
      code: 'SHEAF_NETWORK',
      sentence: /127\.0\.0\.1/,
      hint: /./,
    }),
  );
  expect(await user.belongings()).toEqual({});
});
