import { describe, expect, it } from 'vitest';
import { jsonOf } from './support/json-output.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** `sheaf search` as a person and a program see it, over real HTTP. */

const described = (name: string, description: string) => ({
  name,
  version: '1.0.0',
  manifest: { description },
});

function graphUser(): Promise<UserOfRegistry> {
  return userOfRegistry([
    described('graph-lens', 'Draws call graphs'),
    described('call-tree', 'Lists who calls whom'),
    described('csv-tools', 'Reads and writes tables'),
  ]);
}

const found = async (user: UserOfRegistry, ...words: string[]): Promise<Record<string, unknown>> =>
  (await jsonOf(user, 'search', 'search', ...words)).data;

describe('sheaf search', () => {
  it('prints a table for people', async () => {
    const user = await graphUser();
    expect((await user.does('search', 'draw', 'graph')).split('\n')).toEqual([
      'PLUGIN      VERSION    DESCRIPTION',
      'graph-lens  1.0.0      Draws call graphs',
      '',
      '1 plugin',
      '',
    ]);
  });

  it('prints a document for programs, with what is installed', async () => {
    const user = await graphUser();
    await user.does('install', 'call-tree');
    expect(await found(user, 'calls')).toMatchObject({
      plugins: [
        {
          name: 'call-tree',
          version: '1.0.0',
          author: 'simulator',
          tier: 'wasm',
          verified: false,
          registry: 'acme',
          installed: '1.0.0',
        },
        { name: 'graph-lens', installed: null },
      ],
      total: 2,
      hidden: 0,
    });
  });

  it('lists everything without words, in pages', async () => {
    const user = await graphUser();
    const pages = await Promise.all(
      ['1', '2', '3'].map((page) => found(user, '--sort', 'name', '--limit', '2', '--page', page)),
    );
    const names = pages.map(({ plugins }) => (plugins as { name: string }[]).map(({ name }) => name));
    expect(names).toEqual([['call-tree', 'csv-tools'], ['graph-lens'], []]);
    expect(pages[2]).toMatchObject({ total: 3, page: 3, pages: 2 });
    expect(await user.does('search', '--page', '9')).toBe('There is no page 9: 3 plugins are on 1 pages.\n');
  });

  it('says what it took a slip for, and what was probably meant when nothing was found', async () => {
    const user = await graphUser();
    expect(await user.does('search', 'grpah')).toContain('Nothing has "grpah"; these have "graph".\n');
    expect(await user.does('search', 'zsv-tuols')).toBe('No plugin was found. Did you mean csv-tools?\n');
  });

  it('asks the network for objects only, and for none the second time', async () => {
    const user = await graphUser();
    user.index.asked.length = 0;
    await user.does('search', 'draw', 'graph');
    const asked = user.index.asked.map(({ path }) => path);
    expect(asked.filter((path) => !path.startsWith('o/'))).toEqual([]);
    expect(asked.length).toBeLessThanOrEqual(3);
    await user.index.stop();
    expect(await user.does('search', 'draw', 'graph')).toContain('graph-lens');
    expect(await user.does('search', 'draw', 'graph', '--offline')).toContain('graph-lens');
  });

  it('refuses what cannot be meant', async () => {
    const user = await graphUser();
    const refusal = async (...words: string[]) => {
      const { status, stdout } = await user.sheaf('search', ...words, '--json');
      return { status, ...(JSON.parse(stdout) as { error: object }).error };
    };
    expect(await refusal('--category', 'integratoins')).toMatchObject({
      status: 2,
      code: 'SHEAF_USAGE',
      message: 'No plugin has the category "integratoins".',
      hint: 'Did you mean --category integrations?',
    });
    expect(await refusal('--limit', '101')).toMatchObject({
      status: 2,
      code: 'SHEAF_USAGE',
      message: '--limit can be at most 100.',
      hint: 'See further results with --page.',
    });
    expect(await refusal('--sort', 'downlods')).toMatchObject({
      status: 2,
      code: 'SHEAF_USAGE',
      hint: 'Did you mean downloads?',
    });
  });

  it.each([
    ['ten kilobytes', 'graph '.repeat(1700)],
    ['emoji', '🦜🪺 👩‍👩‍👧'],
    ['an escape sequence', '\u001b[31mgraph\u202e'],
    ['characters of regular expressions', '(.*+?^${}|[]\\'],
    ['an empty word', ''],
  ])('answers any text: %s', async (_, text) => {
    const user = await graphUser();
    const { status, stdout, stderr } = await user.sheaf('search', '--', text);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const obeyed of ['\u001b', '\u202e']) expect(stdout).not.toContain(obeyed);
  });
});
