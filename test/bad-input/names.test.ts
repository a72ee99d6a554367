import { expect, it } from 'vitest';
import { publishHostileIndex } from '../support/hostile-index.ts';
import {
  refusal,
  refusalOf,
  startHost,
  uncleanPart,
  userOfRegistry,
} from '../support/registry-on-loopback.ts';

/** Names and addresses that lead nowhere, or that were made to deceive whoever reads the terminal. */

const LENS = { name: 'graph-lens', version: '1.0.0' };

it('asks whether another plugin was meant, when installing', async () => {
  const user = await userOfRegistry([LENS]);
  const before = await user.belongings();
  expect(refusalOf(await user.sheaf('install', 'graph-lnes'))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_UNKNOWN_PLUGIN',
      sentence: /[Nn]o configured registry has a plugin named graph-lnes\.$/,
      hint: 'Did you mean graph-lens?',
    }),
  );
  expect(refusalOf(await user.sheaf('install', 'acme/graph-lnes'))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_UNKNOWN_PLUGIN',
      sentence: /[Tt]he registry acme has no plugin named graph-lnes/,
      hint: 'Did you mean graph-lens?',
    }),
  );
  expect(refusalOf(await user.sheaf('install', 'zzzzzzzz'))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_UNKNOWN_PLUGIN',
      sentence: /[Nn]o configured registry has a plugin named zzzzzzzz\.$/,
      hint: /sheaf search/,
    }),
  );
  expect(await user.belongings()).toEqual(before);
});

it('names the newest version when there is none of the one that was asked for', async () => {
  const user = await userOfRegistry([LENS, { ...LENS, version: '1.10.0' }]);
  const before = await user.belongings();
  expect(refusalOf(await user.sheaf('install', 'graph-lens@2.0.0'))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_UNKNOWN_VERSION',
      sentence: /^graph-lens 2\.0\.0 is wanted, but no version /,
      hint: /\b1\.10\.0\.$/,
    }),
  );
  expect(await user.belongings()).toEqual(before);
});

it('asks whether another registry was meant', async () => {
  const user = await userOfRegistry([LENS]);
  const before = await user.belongings();
  for (const line of [
    ['sync', 'acmee'],
    ['registry', 'remove', 'acmee'],
    ['install', 'acmee/graph-lens'],
  ]) {
    expect(refusalOf(await user.sheaf(...line))).toEqual(
      refusal({
        status: 6,
        code: 'SHEAF_UNKNOWN_REGISTRY',
        sentence: 'No registry is configured as "acmee".',
        hint: 'Did you mean acme?',
      }),
    );
  }
  expect(await user.belongings()).toEqual(before);
});

it('says what to do when no registry is configured at all', async () => {
  const user = await userOfRegistry([LENS], { add: false });
  expect(refusalOf(await user.sheaf('install', 'graph-lens'))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_UNKNOWN_REGISTRY',
      sentence: 'No registry is configured.',
      hint: 'Add one with: sheaf registry add URL.',
    }),
  );
  expect(await user.belongings()).toEqual({});
});

const PAGE = new TextEncoder().encode('<!doctype html><title>Welcome</title><p>Everything is fine.</p>');

it.each([
  ['that answers everything with a page', () => PAGE],
  ['that has nothing (404)', () => undefined],
])('refuses a host %s', async (_, find) => {
  const user = await userOfRegistry([LENS], { add: false });
  const host = await startHost(find);
  expect(refusalOf(await user.sheaf('registry', 'add', host.url, '--yes'))).toEqual(
    refusal({
      status: 6,
      code: 'SHEAF_NOT_A_REGISTRY',
      sentence: `There is no sheaf registry at ${host.url}.`,
      hint: /address of its published index/,
    }),
  );
  expect(await user.belongings()).toEqual({});
});

it('refuses a host that refuses connections', async () => {
  const user = await userOfRegistry([LENS], { add: false });
  await user.index.stop();
  expect(refusalOf(await user.sheaf('registry', 'add', user.index.url, '--yes'))).toEqual(
    refusal({
      status: 7,
      code: 'SHEAF_NETWORK',
      sentence: `${new URL(user.index.url).host} refused the connection.`,
      hint: /./,
    }),
  );
  expect(await user.belongings()).toEqual({});
});

it('goes on with what it knows when the registry has become a page that answers everything', async () => {
  const user = await userOfRegistry([LENS]);
  await user.does('install', 'graph-lens');
  const before = await user.belongings();
  user.index.misbehave = (_, __, response) => {
    response.end(PAGE);
    return true;
  };
  expect(refusalOf(await user.sheaf('sync'))).toEqual(
    refusal({
      status: 5,
      code: 'SHEAF_ROOT',
      sentence: `What ${user.index.url} has as root/2.signers is no trust root: The last line has no line feed.`,
      place: 'root/2.signers:1:64',
      hint: /^The address may lead elsewhere now/,
    }),
  );
  expect(await user.belongings()).toEqual(before);
  await user.does('install');
});

it('refuses what is no address', async () => {
  const user = await userOfRegistry([LENS], { add: false });
  for (const address of ['not a url', 'ftp://example.org/', 'javascript:alert(1)', '\u001b[2Jhttps://x']) {
    const result = await user.sheaf('registry', 'add', address, '--yes');
    expect(result.status, result.stderr).not.toBe(0);
    expect(result.stderr).not.toContain('SHEAF_INTERNAL');
    expect(uncleanPart(result.stderr)).toBeUndefined();
  }
  expect(await user.belongings()).toEqual({});
});

const DECEIVING = [
  'graph\u001b[31m-lens',
  'graph-\u202elens',
  'graph\u200b-lens',
  'graph-lens\u0007',
  '\u009b2Jx',
];

it.each(DECEIVING.map((name) => [JSON.stringify(name).replace(/[^ -~]/g, '?'), name]))(
  'shows a name such as %s escaped, wherever it is typed',
  async (_, name) => {
    const user = await userOfRegistry([LENS]);
    const before = await user.belongings();
    for (const line of [
      ['install', name],
      ['install', `${name}/graph-lens`],
      ['install', `graph-lens@${name}`],
      ['info', name],
      ['remove', name],
      ['sync', name],
      ['registry', 'remove', name],
      ['registry', 'add', `https://127.0.0.1:1/${name}`, '--yes'],
      ['registry', 'add', user.index.url, '--yes', '--alias', name],
      ['explain', name],
      ['config', 'set', name, 'x'],
      ['cache', name],
      [name],
      ['install', `--${name}`],
    ]) {
      for (const result of [
        await user.sheaf(...line),
        await user.sheafWith({ terminal: true, environment: { NO_COLOR: '1', TERM: 'dumb' } }, ...line),
        await user.sheaf(...line, '--json'),
      ]) {
        expect(result.status, line.join(' ')).not.toBe(0);
        expect(result.stderr + result.stdout).not.toContain('SHEAF_INTERNAL');
        expect(uncleanPart(result.stderr)).toBeUndefined();
        expect(uncleanPart(result.stdout)).toBeUndefined();
      }
    }
    expect(await user.belongings()).toEqual(before);
  },
);

/** Every text of a record, deep down, with something at its end that repaints or turns around a line. */
function poisoned<T>(value: T): T {
  if (typeof value === 'string') return `${value}\u001b[2J\u202e` as T;
  if (Array.isArray(value)) return value.map(poisoned) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, poisoned(inner)])) as T;
}

it.each([
  ['its description', (record: object) => ({ ...record, description: poisoned('x') }), undefined],
  ['its deprecation', (record: object) => ({ ...record, deprecated: poisoned('x') }), undefined],
  ['its author, license, links and keywords', poisonedTexts, undefined],
  ['its name', (record: object) => ({ ...record, name: poisoned('graph-lens') }), undefined],
  ['the reason for its withdrawal', undefined, { yanked: poisoned('x') }],
  ['the reason for the deprecation of a version', undefined, { deprecated: poisoned('x') }],
  ['its capabilities', undefined, { capabilities: [{ id: poisoned('query'), optional: false }] }],
  ['its version', undefined, { version: poisoned('1.0.0') }],
])('a signed index that deceives with %s of a plugin reaches no terminal', async (_, inPlugin, inVersion) => {
  const user = await userOfRegistry([LENS], { add: false });
  await publishHostileIndex(user.registry, (described) => {
    const releases = JSON.parse(described.releases) as { versions: object[] };
    return {
      ...described,
      plugin: (inPlugin?.(described.plugin) ?? described.plugin) as typeof described.plugin,
      releases: JSON.stringify({
        ...releases,
        versions: releases.versions.map((version) => ({ ...version, ...inVersion })),
      }),
    };
  });
  let shown = '';
  for (const line of [
    ['registry', 'add', user.index.url, '--yes'],
    ['sync', '--full'],
    ['info', 'graph-lens'],
    ['install', 'graph-lens', '--dry-run'],
    ['install', 'graph-lens'],
    ['list'],
    ['outdated'],
    ['install', 'graph-lnes'],
  ]) {
    for (const json of [[], ['--json']]) {
      const result = await user.sheafWith(
        { terminal: true, environment: { NO_COLOR: '1', TERM: 'dumb' } },
        ...line,
        ...json,
      );
      expect(uncleanPart(result.stdout)).toBeUndefined();
      expect(uncleanPart(result.stderr)).toBeUndefined();
      shown += result.stdout + result.stderr;
    }
  }
  expect(shown).not.toContain('SHEAF_INTERNAL');
  // Shown escaped, or refused before anything of it is shown.
  expect(shown).toMatch(/\\u001b\[2J\\u202e|SHEAF_INDEX/);
});

function poisonedTexts(record: object): object {
  const texts = {
    authors: ['a'],
    license: 'MIT',
    keywords: ['k'],
    category: 'c',
    homepage: 'h',
    repository: 'r',
  };
  return { ...record, displayName: 'x', languages: ['l'], ...poisoned(texts) };
}
