import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  allRefused,
  attempts,
  refusal,
  refusalOf,
  type UserOfRegistry,
  userOfRegistry,
} from './support/registry-on-loopback.ts';

/** What the rules of a machine, a user and a project keep from being installed, and what they must not stop. */

const LENS = { name: 'graph-lens', version: '1.0.0' };
const MAP = { name: 'map', version: '1.0.0' };

async function machinePolicy(user: UserOfRegistry, text: string): Promise<string> {
  const path = user.at('xdg/sheaf/policy.toml');
  await mkdir(user.at('xdg/sheaf'), { recursive: true });
  await writeFile(path, text);
  return path;
}

async function project(user: UserOfRegistry, text: string): Promise<void> {
  await mkdir(user.at('project'), { recursive: true });
  await writeFile(user.at('project/sheaf.toml'), text);
}

describe('a policy', () => {
  it.each([
    ['policy.deny', 'acme/graph-*', /is denied by the policy \(acme\/graph-\*\)/],
    ['policy.allow', 'map, users', /is not on the list of what the policy allows/],
    ['policy.allow_capabilities', 'query', /needs the capability net, which the policy denies/],
    ['policy.deny_capabilities', 'net', /needs the capability net, which the policy denies/],
    ['policy.allow_licenses', 'Apache-2.0', /has the licence MIT, which the policy does not admit/],
    ['policy.deny_licenses', 'MIT', /has the licence MIT, which the policy does not admit/],
    ['policy.minimum_score', '80', /has no score, and the policy demands 80/],
    ['policy.required_reviews', '2', /was approved by 0 of the 2 reviewers/],
    ['policy.require_sk', 'true', /is not signed with a security key/],
  ])(
    'with %s = %s forbids by name, and with the same words what is locked already',
    async (key, value, reason) => {
      const user = await userOfRegistry([{ ...LENS, capabilities: ['net'] }]);
      await user.does('install', 'graph-lens');
      await user.does('remove', 'graph-lens');
      await user.does('config', 'set', key, value);
      expect(refusalOf(await user.sheaf('install', 'graph-lens'))).toEqual(
        refusal({ status: 9, code: 'SHEAF_POLICY', sentence: reason }),
      );
      await user.does('config', 'unset', key);
      await user.does('install', 'graph-lens');
      await user.does('config', 'set', key, value);
      const locked = [['install', '--locked'], ['install', '--frozen'], ['install']];
      expect(await attempts(user, locked)).toEqual(
        allRefused(locked, {
          status: 9,
          code: 'SHEAF_POLICY',
          sentence: new RegExp(`^graph-lens 1\\.0\\.0 ${reason.source}`),
          hint: 'Choose another version with sheaf update graph-lens, or do without: sheaf remove graph-lens.',
        }),
      );
      expect(await user.does('list')).toContain('graph-lens');
      await user.does('remove', 'graph-lens');
    },
  );

  it('lets a release wait, but not what is locked: that was old enough once', async () => {
    const user = await userOfRegistry([LENS]);
    await user.does('install', 'graph-lens');
    await user.does('config', 'set', 'policy.minimum_release_age', '3d');
    for (const options of [['--locked'], ['--frozen'], []]) await user.does('install', ...options);
    await user.does('remove', 'graph-lens');
    expect(refusalOf(await user.sheaf('install', 'graph-lens'))).toEqual(
      refusal({ status: 9, code: 'SHEAF_POLICY', sentence: /does not say when it was published/ }),
    );
  });

  it('lets one plugin be removed while another one is forbidden, and moves what has another version', async () => {
    const user = await userOfRegistry([LENS, MAP, { ...MAP, version: '1.1.0', capabilities: ['net'] }]);
    await user.does('install', 'graph-lens', 'map@^1.0.0');
    await user.does('config', 'set', 'policy.deny_capabilities', 'net');
    await user.does('config', 'set', 'policy.deny', 'map');
    await user.does('config', 'set', 'routes.*', 'elsewhere');
    await user.does('remove', 'graph-lens');
    await user.does('config', 'unset', 'routes.*');
    expect(await user.does('list')).toMatch(/^map +1\.1\.0/m);
    await user.does('config', 'unset', 'policy.deny');
    expect(await user.does('outdated', '--json')).not.toContain('1.1.0');
    expect(await user.does('update', 'map')).toContain('~ map 1.1.0 → 1.0.0');
    expect(JSON.parse(await user.does('outdated', '--json'))).toMatchObject({
      data: { plugins: [{ name: 'map', allowed: '1.0.0', newest: '1.1.0' }] },
    });
  });

  it('that forbids what a rollback brings back is told, and does not stop it', async () => {
    const user = await userOfRegistry([{ ...LENS, capabilities: ['net'] }]);
    await user.does('install', 'graph-lens');
    await user.does('remove', 'graph-lens');
    await user.does('config', 'set', 'policy.deny_capabilities', 'net');
    const { status, stderr } = await user.sheaf('rollback');
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining('graph-lens 1.0.0 needs the capability net, which the policy denies.'),
    ]);
    expect(await user.does('list')).toContain('graph-lens');
  });

  it('withholds a capability that a plugin merely wishes for, and nobody is asked for it', async () => {
    const capabilities = [
      { id: 'query', optional: false },
      { id: 'net', optional: true },
    ];
    const security = { tier: 'wasm', capabilities, sandboxRequired: false, level: 'standard' } as const;
    const user = await userOfRegistry([{ ...LENS, manifest: { security } }]);
    await user.does('config', 'set', 'policy.deny_capabilities', 'net');
    const { stdout } = await user.sheaf('install', 'graph-lens', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      data: { plan: { add: [{ newCapabilities: ['query'] }], capabilities: { 'graph-lens': ['query'] } } },
    });
    const state = await readFile(user.at(`home/state/registries/${user.registry.rootId}.json`), 'utf8');
    expect(JSON.parse(state)).toMatchObject({ consents: { 'graph-lens': ['query'] } });
  });

  it('judges an unsigned local plugin by what that can say itself', async () => {
    const user = await userOfRegistry([]);
    await mkdir(user.at('project/mine'), { recursive: true });
    await writeFile(user.at('project/mine/main.mjs'), '');
    await writeFile(
      user.at('project/mine/sheaf.plugin.toml'),
      '[plugin]\nname = "mine"\nversion = "1.0.0"\ndescription = "Mine"\nauthor = "me"\nlicense = "MIT"\n[security]\ntier = "wasm"\n',
    );
    await user.does('config', 'set', 'policy.require_sk', 'true');
    await user.does('config', 'set', 'policy.deny_licenses', 'MIT');
    const install = ['install', user.at('project/mine'), '--allow-local'];
    expect((await user.sheaf(...install)).stderr).toContain('has the licence MIT');
    await user.does('config', 'unset', 'policy.deny_licenses');
    await user.does(...install);
  });
});

describe('the policy of a machine', () => {
  const denying = '[policy]\ndeny = ["graph-lens"]\n';

  it('holds whatever user and project say, from every place where one is', async () => {
    const user = await userOfRegistry([LENS, MAP]);
    const path = await machinePolicy(user, denying);
    await user.does('config', 'set', 'policy.allow', '*');
    await project(user, '[policy]\nallow = ["graph-lens", "map"]\n');
    for (const environment of [{ SHEAF_POLICY: path }, { XDG_CONFIG_DIRS: `relative:${user.at('xdg')}` }]) {
      expect(refusalOf(await user.sheafWith({ environment }, 'install', 'graph-lens'))).toEqual(
        refusal({ status: 9, code: 'SHEAF_POLICY', sentence: /is denied by the policy \(graph-lens\)/ }),
      );
    }
    const both = { SHEAF_POLICY: await other(user), XDG_CONFIG_DIRS: user.at('xdg') };
    for (const name of ['graph-lens', 'map']) {
      expect((await user.sheafWith({ environment: both }, 'install', name)).status).toBe(9);
    }
  });

  async function other(user: UserOfRegistry): Promise<string> {
    await writeFile(user.at('other.toml'), '[policy]\ndeny = ["map"]\n');
    return user.at('other.toml');
  }

  it('routes names for everybody', async () => {
    const user = await userOfRegistry([LENS]);
    const path = await machinePolicy(user, '[routes]\n"graph-*" = "inside"\n');
    const environment = { SHEAF_POLICY: path };
    await user.does('config', 'set', 'routes.graph-lens', 'acme');
    expect(refusalOf(await user.sheafWith({ environment }, 'install', 'graph-lens'))).toEqual(
      refusal({
        status: 9,
        code: 'SHEAF_POLICY',
        sentence: 'The routes for graph-lens leave no registry in which to look it up.',
      }),
    );
  });

  it('that is missing or broken stops everything that could get around it', async () => {
    const user = await userOfRegistry([LENS]);
    const missing = { environment: { SHEAF_POLICY: user.at('gone.toml') } };
    expect(refusalOf(await user.sheafWith(missing, 'install', 'graph-lens'))).toEqual(
      refusal({
        status: 6,
        code: 'SHEAF_PATH',
        sentence: /^The policy that SHEAF_POLICY names, ".*", is not there\.$/,
      }),
    );
    const path = await machinePolicy(user, '[policy]\ndenny = ["graph-lens"]\n');
    expect(
      refusalOf(await user.sheafWith({ environment: { SHEAF_POLICY: path } }, 'install', 'graph-lens')),
    ).toEqual(
      refusal({
        status: 1,
        code: 'SHEAF_INVALID_FILE',
        sentence: /denny/,
        place: 'policy.toml:2:1',
        hint: 'Write deny instead of "denny".',
      }),
    );
  });
});
