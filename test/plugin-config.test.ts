import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { jsonOf } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** `[plugin.<name>.config]`, judged by the schema that the plugin brings. */

const SCHEMA = {
  type: 'object',
  required: ['token'],
  additionalProperties: false,
  properties: { token: { type: 'string' }, depth: { type: 'integer', maximum: 9 } },
};

async function world(schema: unknown, config?: string): Promise<UserOfRegistry> {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  const user = await userOfRegistry([
    {
      name: 'graph-lens',
      version: '1.0.0',
      files: { 'lens.wasm': 'module', 'config.json': text },
      manifest: { configSchema: 'config.json' },
    },
    { name: 'users', version: '1.0.0' },
  ]);
  await mkdir(user.at('project'), { recursive: true });
  if (config !== undefined) await configure(user, config);
  return user;
}

async function configure(user: UserOfRegistry, config: string): Promise<void> {
  const path = user.at('project/sheaf.toml');
  const text = await readFile(path, 'utf8').catch(() => '');
  const table = `[plugin.graph-lens.config]\n${config}\n`;
  await writeFile(path, `${table}${text.replace(/^\[plugin\.graph-lens\.config\]\n[^[]*/, '')}`);
}

describe('the configuration of a plugin', () => {
  it('is accepted when it fits', async () => {
    const user = await world(SCHEMA, 'token = "abc"\ndepth = 3\n');
    await user.does('install', 'graph-lens');
    expect(await user.does('list')).toContain('graph-lens');
  });

  it('that does not fit stops the install at its line, and nothing changes', async () => {
    const user = await world(SCHEMA, 'token = "abc"\ndepth = 12\n');
    const before = await user.belongings();
    const { status, stderr } = await user.sheaf('install', 'graph-lens');
    expect(status).toBe(1);
    expect(stderr).toContain('error: plugin.graph-lens.config.depth is 12, but must be <= 9.');
    expect(stderr).toContain('at sheaf.toml:3:1');
    const after = await user.belongings();
    expect(after['project/sheaf.toml']).toBe(before['project/sheaf.toml']);
    expect(await user.does('list')).toBe('No plugins are installed here.\n');
  });

  it('is judged again when it was edited, although nothing is to be installed', async () => {
    const user = await world(SCHEMA, 'token = "abc"\n');
    await user.does('install', 'graph-lens');
    await configure(user, 'token = "abc"\ndeep = 1\n');
    expect((await user.sheaf('install')).stderr).toContain('The key "deep" is not known');
    await configure(user, 'token = "abc"\ndepth = 1\n');
    expect(await user.does('install')).toContain('Nothing to do');
    await configure(user, 'depth = 1\n');
    expect((await user.sheaf('install', 'users')).stderr).toContain('lacks the key "token"');
  });

  it('that is not there yet is told of, and the plugin is installed', async () => {
    const user = await world(SCHEMA);
    const { warnings } = await jsonOf(user, 'install', 'install', 'graph-lens');
    expect(warnings).toEqual([
      'graph-lens is not configured yet: plugin.graph-lens.config lacks the key "token".',
    ]);
  });
});

describe('the schema of a plugin', () => {
  it.each([
    ['that is no JSON', '{', 'SHEAF_INVALID_FILE'],
    ['that is none', { type: 'nonsense' }, 'is no JSON Schema that can be applied'],
    ['that refers to another machine', { $ref: 'https://example.org/x.json' }, 'is no JSON Schema'],
    ['that is larger than its bound', { description: 'x'.repeat(70_000) }, 'SHEAF_SIZE'],
    [
      'whose pattern would take forever',
      { properties: { token: { pattern: '^(a|aa|aaa)+$' } } },
      'takes longer than 2 seconds',
    ],
  ])('%s is refused', async (_what, schema, said) => {
    const user = await world(schema, `token = "${'a'.repeat(80)}!"\n`);
    const { status, stderr } = await user.sheaf('install', 'graph-lens');
    expect(status).not.toBe(0);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('SHEAF_INTERNAL');
    expect(await user.does('list')).toBe('No plugins are installed here.\n');
  });

  it('may say more than is understood here', async () => {
    const schema = { type: 'object', properties: { token: { type: 'string', format: 'odd', 'x-ui': 1 } } };
    const user = await world(schema, 'token = "abc"\n');
    expect(await user.does('install', 'graph-lens')).toContain('this is set 1');
  });
});
