import { readdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { SheafError } from '../../src/core/errors.ts';
import { LIMITS } from '../../src/core/limits.ts';
import {
  calendarWorld,
  FORGE,
  obsidianWorld,
  outcomes,
  plugin,
  rules,
  stats,
} from '../support/obsidian-world.ts';

/** What somebody may have written into Obsidian's list, or published as a release. */

describe("an import of Obsidian's list", () => {
  it('leaves out a plugin whose release is not what the list says, and imports all others', async () => {
    const { run, release, write, published, at } = await obsidianWorld();
    const ids = ['good', 'no-main', 'other-id', 'other-version', 'not-json', 'lost', 'unknown'];
    await write(
      'community-plugins.json',
      ids.map((id) => plugin(id)),
    );
    await write(
      'community-plugin-stats.json',
      Object.fromEntries(ids.slice(0, -1).map((id) => [id, stats({ '1.0.0': 1 }, 1)])),
    );
    for (const id of ids) release(id, '1.0.0');
    const url = (id: string, file: string): string => `${FORGE}ann/${id}/releases/download/1.0.0/${file}`;
    published.delete(url('no-main', 'main.js'));
    release('other-id', '1.0.0', { id: 'good' });
    release('other-version', '1.0.0', { version: '6.6.6' });
    published.set(url('not-json', 'manifest.json'), '{"id": ');
    published.set(url('lost', 'main.js'), new SheafError('SHEAF_NETWORK', 'github.com is gone.'));
    const imported = await run();
    expect(outcomes(imported)).toMatchObject({ good: 'added', lost: 'left-out' });
    expect(Object.values(outcomes(imported)).filter((outcome) => outcome === 'added')).toHaveLength(1);
    expect(rules(imported)).toEqual([
      'missing-asset',
      'id-mismatch',
      'version-mismatch',
      'json-syntax',
      'download',
      'no-version',
    ]);
    published.set(url('good', 'main.js'), new SheafError('SHEAF_OFFLINE', 'No network.'));
    await expect(run({ directory: at('elsewhere'), dryRun: true })).rejects.toMatchObject({
      code: 'SHEAF_OFFLINE',
    });
  });

  it('takes nothing from elsewhere: repositories and tags cannot lead a download out of their place', async () => {
    const { run, write, asked } = await obsidianWorld();
    const repos = [
      '../../evil',
      'ann/..',
      'ann/a/b',
      'https://evil.example/x',
      'ann/x?y',
      'ann/%2e%2e',
      'ann',
    ];
    await write('community-plugins.json', [
      ...repos.map((repo, index) => plugin(`bad-${index}`, { repo })),
      plugin('odd-tag'),
    ]);
    await write('community-plugin-stats.json', { 'odd-tag': stats({ '1.0.0-../../../x': 9, '../1': 2 }, 9) });
    const imported = await run();
    expect(new Set(Object.values(outcomes(imported)))).toEqual(new Set(['left-out']));
    expect(rules(imported)).toEqual([...repos.map(() => 'repo'), 'no-version']);
    expect(asked).toEqual([]);
  });

  it('cleans what people will read of every character that shows something else than it says', async () => {
    const { run, release, write, manifest } = await obsidianWorld();
    const dirty = {
      name: 'Nice\u202e\u001b[2J',
      author: '\u200bMallory\u0000',
      description: 'a\n\tb\u2066c',
    };
    await write('community-plugins.json', [plugin('dirty', dirty)]);
    await write('community-plugin-stats.json', { dirty: stats({ '1.0.0': 1 }, 1) });
    release('dirty', '1.0.0');
    const imported = await run();
    expect(await manifest('dirty', '1.0.0')).toMatchObject({
      displayName: 'Nice[2J',
      authors: [{ name: 'Mallory' }],
      description: 'a bc',
    });
    expect(rules(imported)).toEqual(['shortened', 'shortened', 'shortened']);
  });

  it('reports entries of wrong types and duplicate ids one by one', async () => {
    const { run, release, write } = await obsidianWorld();
    await write('community-plugins.json', [
      plugin('good'),
      plugin('good', { repo: 'eve/good' }),
      null,
      { id: 7 },
      plugin('wrong', { author: ['Ann'] }),
      { ...plugin('short'), description: '   ' },
    ]);
    const counts = JSON.stringify({ good: stats({ '1.0.0': 1 }, 1), short: { downloads: '12' } });
    await write('community-plugin-stats.json', counts.replace('{', '{"__proto__": {"downloads": 1},'));
    release('good', '1.0.0');
    const imported = await run();
    expect(imported.plugins.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['good', 'added'],
      ['good', 'left-out'],
      ['entry 3', 'left-out'],
      ['entry 4', 'left-out'],
      ['wrong', 'left-out'],
      ['short', 'left-out'],
    ]);
    expect(new Set(rules(imported))).toEqual(new Set(['duplicate-id', 'type']));
    expect(imported.faults).toMatchObject([
      { rule: 'type', message: expect.stringContaining('"short"') as string },
    ]);
  });

  it('writes no facts where the list does not say when the release came out', async () => {
    const { run, release, write, at } = await obsidianWorld();
    await write('community-plugins.json', [plugin('one'), plugin('two')]);
    await write('community-plugin-stats.json', {
      one: stats({ '1.0.0': 1 }, 1, 8.64e15),
      two: stats({ '1.0.0': 1 }, 1, 'yesterday'),
    });
    for (const id of ['one', 'two']) release(id, '1.0.0');
    expect(outcomes(await run())).toEqual({ one: 'added', two: 'added' });
    await expect(readdir(at('registry/registry/security/audits'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['no JSON', 'community-plugins.json', '[{"id": '],
    ['an object in place of the list', 'community-plugins.json', '{}'],
    ['bytes that are no text', 'community-plugins.json', '\ud800'],
    ['a list in place of statistics', 'community-plugin-stats.json', '[]'],
    ['nested without end', 'community-plugins-removed.json', '['.repeat(200_000)],
    ['text in place of a table', 'community-plugin-deprecation.json', '"x"'],
  ])('refuses a file that is %s, before anything is written', async (_what, file, content) => {
    const { run, at } = await calendarWorld();
    await writeFile(at('list', file), content === '\ud800' ? Buffer.from([0xff, 0xfe]) : content);
    await expect(run()).rejects.toMatchObject({ code: 'SHEAF_INVALID_FILE' });
    await expect(readdir(at('registry'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses a huge file and a place without a list', async () => {
    const { run, at } = await obsidianWorld();
    await expect(run()).rejects.toMatchObject({ code: 'SHEAF_PATH' });
    await writeFile(at('list', 'community-plugins.json'), Buffer.alloc(LIMITS.importListBytes + 1, 32));
    await expect(run()).rejects.toMatchObject({ code: 'SHEAF_SIZE' });
    await expect(run({ list: at('nowhere') })).rejects.toMatchObject({ code: 'SHEAF_PATH' });
  });
});
