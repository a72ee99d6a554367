import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BuiltCli, buildCli } from './support/built-cli.ts';
import { expectForm } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';
import { specimen } from './support/runner-world.ts';

/** `sheaf run` and `sheaf exec`, as processes over real runners. */

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});

const MIRROR = `
  export function say(input) { return { said: input }; }
  export function fail() { throw Object.assign(new Error('not today'), { code: 'TIRED' }); }
  export function log() { console.log('thinking'); return 1; }
  export function execute({ language, code }) { return language + ': ' + code; }
`;

async function userWithPlugins(): Promise<UserOfRegistry> {
  const provides = { languages: ['mirror'], commands: ['say', 'fail', 'log', 'execute'] };
  const ask = '(import "query" "run" (func $ask (param i32 i32) (result i64)))';
  const asking = await specimen({ imports: ask, body: '(call $ask (local.get $at) (local.get $length))' });
  const user = await userOfRegistry([
    { name: 'mirror', version: '1.0.0', files: { 'mirror.js': MIRROR }, manifest: { provides } },
    { name: 'asker', version: '1.0.0', module: asking, capabilities: ['query'] },
  ]);
  await user.does('install', 'mirror', 'asker', '--accept-capabilities');
  return user;
}

async function sheaf(user: UserOfRegistry, argv: readonly string[], input = '') {
  const child = spawn(process.execPath, [cli.main, '--project', user.at('project'), ...argv], {
    env: { ...user.environment },
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  child.stdin.end(input);
  const status = await new Promise((resolve) => {
    child.once('close', resolve);
  });
  return { status, ...said };
}

describe('sheaf run', () => {
  it('prints what a command answers as JSON, from an argument and from standard input', async () => {
    const user = await userWithPlugins();
    expect(await sheaf(user, ['run', 'mirror', 'say', '{"a":[1]}'])).toMatchObject({
      status: 0,
      stdout: `${JSON.stringify({ said: { a: [1] } }, undefined, 2)}\n`,
      stderr: '',
    });
    expect((await sheaf(user, ['run', 'mirror', 'say', '-'], '"piped"')).stdout).toContain('"said": "piped"');
    expect((await sheaf(user, ['run', 'mirror', 'say'])).stdout).toContain('"said": null');
    const profiled = await sheaf(user, ['run', 'mirror', 'log', '--profile']);
    expect(profiled.stdout).toBe('1\n');
    expect(profiled.stderr).toContain('mirror: thinking\n');
    expect(profiled.stderr).toMatch(
      /mirror: [\d.]+ ms inside, [\d.]+ ms in all, [\d.]+ MB of memory; isolation "(os|process)"\./,
    );
  });

  it('has the form of its schema with --json', async () => {
    const { stdout } = await sheaf(await userWithPlugins(), ['run', 'mirror', 'say', '7', '--json']);
    const document = JSON.parse(stdout) as { data: { metrics: { us: number } } };
    expectForm('cli-output.schema.json#/$defs/run', document);
    expect(document).toMatchObject({ ok: true, data: { plugin: 'mirror', output: { said: 7 } } });
  });

  it('ends with 11 when the plugin fails, 6 when there is none, 2 when the input is not JSON', async () => {
    const user = await userWithPlugins();
    const failed = await sheaf(user, ['run', 'mirror', 'fail']);
    expect(failed).toMatchObject({ status: 11, stdout: '' });
    expect(failed.stderr).toContain('not today');
    const unknown = await sheaf(user, ['run', 'mirror', 'sing']);
    expect(unknown.status).toBe(11);
    expect(unknown.stderr).toContain('It has "say", "fail", "log", "execute".');
    expect((await sheaf(user, ['run', 'asker', 'run'])).stderr).toContain(
      '"query" is not offered by this host',
    );
    expect(await sheaf(user, ['run', 'miror', 'say'])).toMatchObject({
      status: 6,
      stderr: expect.stringContaining('Did you mean mirror?') as string,
    });
    expect((await sheaf(user, ['run', 'mirror', 'say', 'plain'])).status).toBe(2);
  });
});

describe('sheaf exec', () => {
  it('executes files and standard input with the plugin of the language', async () => {
    const user = await userWithPlugins();
    const file = user.at('code.txt');
    await writeFile(file, 'abc');
    expect(await sheaf(user, ['exec', '--language', 'mirror', file])).toMatchObject({
      status: 0,
      stdout: '"mirror: abc"\n',
    });
    const { status, stdout } = await sheaf(
      user,
      ['exec', '--language', 'javascript', '-', '--json'],
      '6 * 7',
    );
    const document: unknown = JSON.parse(stdout);
    expectForm('cli-output.schema.json#/$defs/exec', document);
    expect(document).toMatchObject({ data: { plugin: 'javascript-executor', output: 42 } });
    expect(status).toBe(0);
    expect(await sheaf(user, ['exec', '--language', 'miror', file])).toMatchObject({
      status: 11,
      stderr: expect.stringContaining('Did you mean "mirror"?') as string,
    });
    expect((await sheaf(user, ['exec', '--language', 'mirror', user.at('none')])).status).toBe(6);
  });
});
