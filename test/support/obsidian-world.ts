import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { SheafError } from '../../src/core/errors.ts';
import { valueOf } from '../../src/core/finding.ts';
import { type ReleaseManifest, readReleaseManifest } from '../../src/core/formats/manifest.ts';
import { formatPrivateKey } from '../../src/core/signatures/ssh-key.ts';
import type { Imported } from '../../src/ops/import/import-list.ts';
import { type ImportObsidianOptions, importObsidian } from '../../src/ops/import/import-obsidian.ts';
import { testKey } from '../../src/testkit/keys.ts';
import { createImportPorts } from '../../src/wiring/import.ts';

const NOW = Date.UTC(2026, 10, 20, 9);
/** When the newest release of a plugin came out, unless said otherwise. */
export const UPDATED = Date.UTC(2026, 9, 1);
export const FORGE = 'https://github.com/';
export const FILES = 'https://files.example.org/';

/** A plugin as the list has it. */
export const plugin = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({
  id,
  name: `The ${id}`,
  author: 'Ann',
  description: `Does ${id}.`,
  repo: `ann/${id}`,
  ...more,
});

/** Its statistics: downloads by tag, and all of them. */
export const stats = (
  tags: Readonly<Record<string, number>>,
  downloads: number,
  updated: unknown = UPDATED,
) => ({
  ...tags,
  downloads,
  updated,
});

/** A list on disk, a forge in memory, and a place for the registry. */
export async function obsidianWorld() {
  const scratch = await mkdtemp(join(tmpdir(), 'sheaf-obsidian-'));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const at = (...path: string[]): string => join(scratch, ...path);
  await mkdir(at('list'));
  await writeFile(at('importer'), formatPrivateKey(testKey('importer')));
  const published = new Map<string, string | SheafError>();
  const asked: string[] = [];
  const ports = {
    ...createImportPorts({ environment: {}, signal: new AbortController().signal }),
    clock: { now: () => NOW },
    fetchFile: (url: string, maxBytes: number): Promise<Uint8Array | undefined> => {
      asked.push(url);
      const content = published.get(url);
      if (content instanceof SheafError) return Promise.reject(content);
      if (content === undefined) return Promise.resolve(undefined);
      expect(content.length).toBeLessThanOrEqual(maxBytes);
      return Promise.resolve(Buffer.from(content));
    },
  };
  const release = (id: string, version: string, stated: Readonly<Record<string, unknown>> = {}): string => {
    const base = `${FORGE}ann/${id}/releases/download/${version}`;
    published.set(`${base}/main.js`, `module.exports = "${id} ${version}";`);
    published.set(
      `${base}/manifest.json`,
      JSON.stringify({ id, version, minAppVersion: '1.4.0', authorUrl: 'https://ann.example', ...stated }),
    );
    return base;
  };
  return {
    at,
    asked,
    published,
    release,
    text: (path: string): Promise<string> => readFile(at('registry', path), 'utf8'),
    read: async (path: string): Promise<Uint8Array> => new Uint8Array(await readFile(at('registry', path))),
    write: (file: string, value: unknown): Promise<void> =>
      writeFile(at('list', file), typeof value === 'string' ? value : JSON.stringify(value)),
    manifest: async (name: string, version: string): Promise<ReleaseManifest> => {
      const path = `plugins/obsidian-plugins/${name.slice(0, 2)}/${name}/${version}.toml`;
      return valueOf(readReleaseManifest(await readFile(at('registry', path)), path));
    },
    run: (options: Partial<ImportObsidianOptions> = {}): Promise<Imported> =>
      importObsidian(ports, {
        list: at('list'),
        directory: at('registry'),
        id: 'notes',
        key: at('importer'),
        dryRun: false,
        artifacts: { directory: at('files'), url: FILES },
        only: [],
        forge: FORGE,
        ...options,
      }),
  };
}

/** What became of each plugin. */
export const outcomes = ({ plugins }: Imported): Readonly<Record<string, string>> =>
  Object.fromEntries(plugins.map(({ name, outcome }) => [name, outcome]));

/** The rules of all findings, in order. */
export const rules = ({ plugins }: Imported): readonly string[] =>
  plugins.flatMap(({ findings }) => findings.map(({ rule }) => rule));

/** One plugin with everything that the list can say of it. */
export async function calendarWorld() {
  const calendar = await obsidianWorld();
  await calendar.write('community-plugins.json', [plugin('calendar')]);
  await calendar.write('community-plugin-stats.json', {
    calendar: stats({ '1.0.0': 100, '1.1.0': 20, '1.2.0': 5, '2.0.0-beta.1': 1 }, 130),
  });
  await calendar.write('community-plugin-deprecation.json', { calendar: ['1.2.0'] });
  const base = calendar.release('calendar', '1.1.0');
  calendar.published.set(`${base}/styles.css`, 'body {}');
  return { ...calendar, base };
}
