import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { serveDirectory } from '../src/testkit/index.ts';
import { expectForm } from './support/json-output.ts';
import { runSheaf } from './support/run-sheaf.ts';

/** docs/importing.md keeps its word: its commands are run, and what comes out is installed. */

const LISTS: Readonly<Record<string, string>> = {
  'krew-index/plugins/ctx.yaml': `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata: {name: ctx}
spec:
  version: v1.0.0
  shortDescription: Switches contexts
  platforms:
  - {uri: "https://github.com/acme/ctx/releases/download/v1.0.0/a.zip", sha256: ${'ab'.repeat(32)}, bin: ctx, selector: {matchLabels: {os: linux, arch: amd64}}}
`,
  'obsidian-releases/community-plugins.json': JSON.stringify([
    { id: 'calendar', name: 'Calendar', author: 'Ann', description: 'Shows a month.', repo: 'ann/calendar' },
  ]),
  'obsidian-releases/community-plugin-stats.json': JSON.stringify({
    calendar: { '1.5.0': 70, '1.4.0': 30, downloads: 1234, updated: Date.UTC(2026, 0, 2) },
  }),
  'obsidian-releases/community-plugins-removed.json': JSON.stringify([
    { id: 'stolen', name: 'Stolen', reason: 'Malware' },
  ]),
  'executors/rust/plugin.yaml': 'name: rust-executor\nversion: 1.0.0\ndescription: Runs Rust\n',
  'executors/rust/rust-executor.so': '\u007fELF',
  'forge/ann/calendar/releases/download/1.5.0/main.js': 'module.exports = 1;',
  'forge/ann/calendar/releases/download/1.5.0/manifest.json': JSON.stringify({
    id: 'calendar',
    version: '1.5.0',
    minAppVersion: '1.0.0',
  }),
};

/** What the page names of the directory it is read in. */
const FILES =
  /^(importer|alice|alice\.pub|ci|ci\.pub|public|files|executors|krew-index|obsidian-releases|[a-z]+-registry(\/.*)?)$/;

async function commands(): Promise<readonly string[]> {
  const text = await readFile(new URL('../docs/importing.md', import.meta.url), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) => block.trim().split('\n'));
}

/** The lists of three ecosystems on disk, their forge, and the directory of the archives on a web server. */
async function world() {
  const scratch = await mkdtemp(join(tmpdir(), 'sheaf-importing-'));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const at = (...path: string[]): string => join(scratch, ...path);
  for (const [path, content] of Object.entries(LISTS)) {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), content);
  }
  await mkdir(at('files'));
  const [forge, files] = [await serveDirectory(at('forge')), await serveDirectory(at('files'))];
  onTestFinished(() => Promise.all([forge.close(), files.close()]).then(() => undefined));
  const environment = { PATH: process.env['PATH'], SHEAF_HOME: at('home') };
  return {
    at,
    /** The words of a command line, with the files of the directory it is run in and the hosts as they are here. */
    words: (line: string): string[] => {
      const [, ...words] = line.split(' ');
      const isFile = (word: string, index: number): boolean =>
        FILES.test(word) && !['import', '--as', '--id'].includes(words[index - 1] ?? '');
      const here = words
        .map((word, index) => (isFile(word, index) ? at(word) : word))
        .map((word) => word.replace('https://files.example.org/', files.url));
      return words[1] === 'obsidian' ? [...here, '--forge', forge.url] : here;
    },
    does: async (...argv: string[]): Promise<string> => {
      const { status, stdout, stderr } = await runSheaf(argv, { environment });
      expect({ argv, status, stderr }).toEqual({ argv, status: 0, stderr });
      return stdout;
    },
  };
}

it('takes an operator through every command it shows, to a registry that people install from', async () => {
  const { at, words, does } = await world();
  const lines = await commands();
  expect(lines).toHaveLength(11);
  const outputs: string[] = [];
  for (const line of lines) {
    const argv = words(line);
    // The page was written on another day.
    const grant = argv.findIndex((word) => word.endsWith('-grant-tier.toml'));
    if (grant !== -1) {
      const [name = ''] = await readdir(dirname(argv[grant] ?? ''));
      argv[grant] = join(dirname(argv[grant] ?? ''), name);
    }
    outputs.push(await does(...argv));
  }
  const all = outputs.join('');
  expect(all.match(/Imported 1 plugin into the new registry/g)).toHaveLength(3);
  expect(all).toContain('1 name that the list has removed cannot be taken any more.');
  await does('registry', 'add', at('public'), '--yes');
  const found = JSON.parse(await does('search', 'month', '--json')) as { data: { plugins: object[] } };
  expect(found.data.plugins).toMatchObject([
    { name: 'calendar', version: '1.5.0', downloads: 1234, displayName: 'Calendar', author: 'Ann' },
  ]);
  await does('--project', at('project'), 'install', 'calendar', '--yes', '--accept-capabilities');
  const installed = at('project/.sheaf/generations/1/calendar');
  expect(existsSync(join(installed, 'manifest.json'))).toBe(true);
  expect(await readFile(join(installed, 'main.js'), 'utf8')).toBe('module.exports = 1;');
});

it.each(['krew', 'obsidian', 'forgeai'])(
  'says in one document of the schema what an import of %s would do, and does nothing',
  async (ecosystem) => {
    const { at, words, does } = await world();
    const line = (await commands()).find((command) => command.startsWith(`sheaf import ${ecosystem}`)) ?? '';
    await does('key', 'create', at('importer'));
    const planned = JSON.parse(await does(...words(line), '--dry-run', '--json')) as {
      data: { written: number; totals: object };
    };
    expectForm(`cli-output.schema.json#/$defs/import-${ecosystem}`, planned);
    expect(planned.data).toMatchObject({ written: 0, totals: { added: 1, leftOut: 0 } });
    expect(await readdir(at('files'))).toEqual([]);
    expect((await readdir(at())).filter((name) => name.endsWith('-registry'))).toEqual([]);
  },
);

it('ends with the status of a network failure when a release could not be fetched', async () => {
  const { at, words, does } = await world();
  await does('key', 'create', at('importer'));
  const line = (await commands()).find((command) => command.startsWith('sheaf import obsidian')) ?? '';
  const argv = words(line);
  const { status, stdout } = await runSheaf([...argv.slice(0, -1), 'http://127.0.0.1:1/']);
  expect(status).toBe(7);
  expect(stdout).toContain('0 kept as they were, 1 left out');
});

it('says what is wrong with half of a place for archives, or with its URL', async () => {
  const { at } = await world();
  const run = async (...more: string[]) => {
    const argv = ['import', 'forgeai', at('executors'), '--out', at('registry'), '--key', at('none')];
    return await runSheaf([...argv, ...more]);
  };
  const half = await run('--artifacts', at('files'));
  expect([half.status, half.stderr]).toEqual([2, expect.stringContaining('--artifacts-url belong together')]);
  const plain = await run('--artifacts', at('files'), '--artifacts-url', 'ftp://files.example.org');
  expect([plain.status, plain.stderr]).toEqual([2, expect.stringContaining('--artifacts-url: The URL')]);
  expect(existsSync(at('registry'))).toBe(false);
});
