import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  calendarWorld,
  FILES,
  obsidianWorld,
  outcomes,
  plugin,
  rules,
  stats,
  UPDATED,
} from '../../../test/support/obsidian-world.ts';
import { sha256 } from '../../core/digest.ts';
import { valueOf } from '../../core/finding.ts';
import { readAuditFile } from '../../core/formats/audit-file.ts';
import { readPluginFile } from '../../core/formats/plugin-file.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { pluginName } from '../../core/plugin-name.ts';
import { signerOf } from '../../core/signatures/sshsig.ts';
import { listing } from '../../io/archives/archive.ts';
import { testKey } from '../../testkit/keys.ts';

describe("an import of Obsidian's list", () => {
  it('packs the newest release that is neither deprecated nor a pre-release, and signs what it fetched', async () => {
    const { run, manifest, read, at, published, base } = await calendarWorld();
    const imported = await run();
    expect(imported).toMatchObject({ registry: 'notes', created: true, faults: [], gone: [] });
    expect(imported.plugins).toEqual([
      {
        name: 'calendar',
        file: 'community-plugins.json',
        outcome: 'added',
        version: '1.1.0',
        platforms: ['any'],
        findings: [],
      },
    ]);
    const release = await manifest('calendar', '1.1.0');
    const digest = (name: string): string => sha256(Buffer.from(published.get(`${base}/${name}`) as string));
    expect(release).toMatchObject({
      displayName: 'The calendar',
      description: 'Does calendar.',
      authors: [{ name: 'Ann', url: 'https://ann.example' }],
      repository: 'https://github.com/ann/calendar',
      engines: { obsidian: '>=1.4.0' },
      security: { tier: 'native' },
      metadata: {
        obsidian: {
          id: 'calendar',
          tag: '1.1.0',
          unknown: ['license'],
          assets: {
            'main.js': digest('main.js'),
            'manifest.json': digest('manifest.json'),
            'styles.css': digest('styles.css'),
          },
        },
      },
    });
    const [artifact] = release.artifacts;
    expect(artifact?.url).toBe(`${FILES}${artifact?.sha256.slice(0, 2)}/${artifact?.sha256}`);
    const path = at('files', artifact?.sha256.slice(0, 2) ?? '', artifact?.sha256 ?? '');
    expect(sha256(await readFile(path))).toBe(artifact?.sha256);
    const files = await listing({ plugin: pluginName('calendar'), artifact: artifact!, path });
    expect([...files].map(([name, file]) => [name, file.sha256])).toEqual(
      ['main.js', 'manifest.json', 'styles.css'].map((name) => [name, digest(name)]),
    );
    const toml = 'plugins/obsidian-plugins/ca/calendar/1.1.0.toml';
    expect(signerOf(await read(`${toml}.sig`), 'release@sheaf', await read(toml), toml).blob).toEqual(
      testKey('importer').publicKey.blob,
    );
  });

  it('records downloads so that they add up to what the list counts, release after release', async () => {
    const { run, release, read, write } = await calendarWorld();
    const facts = async (version: string) => {
      const path = `registry/security/audits/ca/calendar/${version}.toml`;
      return valueOf(readAuditFile(await read(path), path));
    };
    await run();
    expect(await facts('1.1.0')).toMatchObject({ published: UPDATED, downloads: { total: 130 } });
    release('calendar', '1.3.0');
    await write('community-plugin-stats.json', {
      calendar: stats({ '1.0.0': 100, '1.1.0': 40, '1.2.0': 5, '1.3.0': 7 }, 160, UPDATED + 1000),
    });
    await run();
    expect(await facts('1.1.0')).toMatchObject({ published: UPDATED, downloads: { total: 40 } });
    expect(await facts('1.3.0')).toMatchObject({ published: UPDATED + 1000, downloads: { total: 120 } });
  });

  it('carries deprecated versions over, and later ones in a new revision', async () => {
    const { run, read, write } = await calendarWorld();
    const path = 'plugins/obsidian-plugins/ca/calendar/plugin.toml';
    const deprecated = async () => valueOf(readPluginFile(await read(path), path));
    await run();
    expect(await deprecated()).toMatchObject({
      revision: 1,
      repositories: [FILES, 'https://github.com/ann/calendar/'],
      deprecatedVersions: { '1.2.0': 'listed in community-plugin-deprecation.json' },
    });
    await write('community-plugin-deprecation.json', { calendar: ['1.2.0', 'v1.0.0', 'old'] });
    await run();
    expect(await deprecated()).toMatchObject({ revision: 2 });
    expect(Object.keys((await deprecated()).deprecatedVersions)).toEqual(['1.0.0', '1.2.0']);
  });

  it('fetches nothing that the registry has, and changes nothing when it is repeated', async () => {
    const { run, asked } = await calendarWorld();
    await run();
    expect(asked.length).toBe(3);
    const again = await run();
    expect(asked.length).toBe(3);
    expect(again).toMatchObject({ written: 0, grants: [], created: false });
    expect(outcomes(again)).toEqual({ calendar: 'kept' });
  });

  it('reserves the names of removed plugins with their reasons, but none that is in the list or the registry', async () => {
    const { run, read, text, write } = await calendarWorld();
    await run();
    await write('community-plugins.json', [plugin('zoom')]);
    await write('community-plugins-removed.json', [
      { id: 'evil_Plugin', name: 'Evil', reason: 'Contained \u202emalware\u001b[31m' },
      { id: 'calendar', name: 'Calendar', reason: 'Repository archived' },
      { id: 'zoom', name: 'Zoom', reason: 'came back' },
      { id: 'noreason' },
    ]);
    const imported = await run();
    expect(imported.removed).toEqual(['evil-plugin']);
    expect(imported.gone).toMatchObject([
      { rule: 'gone', message: expect.stringContaining('archived') as string },
    ]);
    expect(imported.faults).toMatchObject([{ rule: 'type', severity: 'warning' }]);
    const path = 'registry/registry.toml';
    const { removedNames } = valueOf(readRegistryFile(await read(path), path));
    expect(removedNames).toEqual({ 'evil-plugin': 'Contained malware[31m' });
    expect(await text(path)).toContain('# Names of removed plugins, with the reason');
    expect((await run()).removed).toEqual([]);
  });

  it('writes nothing in a dry run, and tells the same', async () => {
    const { run, at, write } = await calendarWorld();
    await write('community-plugins-removed.json', [{ id: 'gone', reason: 'why' }]);
    const planned = await run({ dryRun: true });
    expect((await readdir(at())).toSorted()).toEqual(['importer', 'list']);
    const { written, ...done } = await run();
    expect(planned).toEqual({ ...done, written: 0 });
    expect(written).toBeGreaterThan(7);
  });

  it('takes only the plugins that are asked for, and knows their ids', async () => {
    const { run, write } = await calendarWorld();
    await write('community-plugins.json', [plugin('calendar'), plugin('zoom')]);
    expect(outcomes(await run({ only: ['calendar'] }))).toEqual({ calendar: 'added' });
    await expect(run({ only: ['calender'] })).rejects.toMatchObject({ code: 'SHEAF_USAGE' });
  });

  it('does not call a plugin gone because another one was asked for', async () => {
    const { run, write, release } = await calendarWorld();
    await write('community-plugins.json', [plugin('calendar'), plugin('zoom')]);
    await run();
    await write('community-plugin-stats.json', { zoom: stats({ '1.0.0': 1 }, 1) });
    release('zoom', '1.0.0');
    expect(await run({ only: ['zoom'] })).toMatchObject({ gone: [] });
  });

  it('maps ids that are no names, and leaves out the second of two that become one', async () => {
    const { run, release, write, manifest } = await obsidianWorld();
    const ids = ['Graph_View', 'graph-view', '3d-graph', 'café'];
    await write(
      'community-plugins.json',
      ids.map((id) => plugin(id, { repo: `ann/${id.replace('é', 'e')}` })),
    );
    await write(
      'community-plugin-stats.json',
      Object.fromEntries(ids.map((id) => [id, stats({ '1.0.0': 1 }, 1)])),
    );
    for (const id of ids) release(id, '1.0.0');
    const imported = await run();
    expect(outcomes(imported)).toEqual({
      Graph_View: 'added',
      'graph-view': 'left-out',
      '3d-graph': 'added',
      café: 'left-out',
    });
    expect(imported.plugins.map((one) => one.as)).toEqual([
      'graph-view',
      undefined,
      'plugin-3d-graph',
      undefined,
    ]);
    expect(rules(imported)).toEqual(['renamed', 'name-collision', 'renamed', 'name']);
    expect((await manifest('graph-view', '1.0.0')).metadata).toMatchObject({
      obsidian: { id: 'Graph_View' },
    });
  });

  it('does not let a newcomer take over the updates of a plugin under whose name its id would come', async () => {
    const { run, release, write } = await obsidianWorld();
    const list = async (id: string, version: string) => {
      await write('community-plugins.json', [plugin(id)]);
      await write('community-plugin-stats.json', { [id]: stats({ [version]: 1 }, 1) });
      release(id, version);
    };
    await list('graph_view', '1.0.0');
    await run();
    await list('graph-view', '2.0.0');
    const taken = await run();
    expect(outcomes(taken)).toEqual({ 'graph-view': 'left-out' });
    expect(rules(taken)).toEqual(['name-collision']);
  });
});
