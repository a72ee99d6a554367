import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { readReleaseManifest } from '../src/core/formats/manifest.ts';
import { type AuthorWorld, authorWorld, caseOf as CASE } from './support/author-world.ts';
import type { RunResult } from './support/run-sheaf.ts';

/** What authors learn of a plugin by running it, in its folder and as it was packed. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));

let world: AuthorWorld;
const at: AuthorWorld['at'] = (...path) => world.at(...path);
const sheaf = (...argv: string[]): Promise<RunResult> => world.sheaf(...argv);
const files: AuthorWorld['files'] = (...given) => world.files(...given);
const script: AuthorWorld['script'] = (...given) => world.script(...given);
const dataOf: AuthorWorld['dataOf'] = (...given) => world.dataOf(...given);

beforeAll(async () => {
  world = await authorWorld();
  process.chdir(world.workshop);
});
// Dozens of processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 300_000 });
afterAll(async () => {
  process.chdir(ROOT);
  await world.remove();
});

describe('test', () => {
  it('gives capabilities the answers of the case, with the codes of their errors', async () => {
    const source = `export function run(input) {
      try { return host.query.run(input); } catch (error) { throw Object.assign(new Error('no'), { code: error.code }); }
    }`;
    await script('asking', source, {
      'tests/answers.json': `[${CASE({ host: { 'query.run': [{ ok: { a: [1] } }] }, expect: { a: [1] } })},
        ${CASE({ host: { 'query.run': [{ error: { code: 'NOT_FOUND', message: 'm' } }] }, error: 'NOT_FOUND' })},
        ${CASE({ error: 'UNEXPECTED' })}]`,
    });
    expect(await dataOf(0, 'test', 'asking')).toMatchObject({ passed: true, results: { length: 8 } });
  });

  it('says what was expected, goes on after a case that cost the plugin its life, and ends with 11', async () => {
    const source = 'export function run(input) { if (input === 2) for (;;); return input; }';
    await script('failing', source, {
      'tests/a.json': CASE({ expect: 7 }),
      'tests/b.json': CASE({ input: 2, expect: 2 }),
      'tests/c.json': CASE({ input: 3, expect: 3 }),
    });
    const { results } = await dataOf(11, 'test', 'failing');
    expect((results as unknown[]).slice(0, 3)).toMatchObject([
      { name: 'a', passed: false, fault: '"7" was expected, but it answered "1".' },
      { name: 'b', passed: false, fault: expect.stringMatching(/longer than 2000 ms/) as string },
      { name: 'c', passed: true },
    ]);
  });

  it('finds a plugin that does not stand garbage, a refusal or a long text', async () => {
    const source = `export function run(input) {
      if (input === null || input?.text?.length > 1e5) for (;;);
      for (;;) try { return input === 1 ? host.query.run(1) : 1; } catch {}
    }`;
    await script('fragile', source, {
      'tests/a.json': CASE({ host: { 'query.run': [{ ok: 1 }] }, expect: 1 }),
    });
    const { results } = await dataOf(11, 'test', 'fragile');
    const failed = (results as { name: string; passed: boolean }[]).filter(({ passed }) => !passed);
    expect(failed.map((one) => one.name)).toEqual([
      'answers garbage with a value or an error, and lives on',
      'lives on when it is denied its capabilities',
      'keeps to the memory that its manifest states',
    ]);
  });

  it('tries both ends of the engine ranges, too, when it is asked to', async () => {
    await script('engines', 'export const run = (input) => input;', { 'tests/a.json': CASE({ expect: 2 }) });
    const manifest = await readFile(at('engines/sheaf.plugin.toml'), 'utf8');
    const ranges = '[compatibility]\nparseltongue_version = ">=0.3.0 <2"\nrust_version = "1.70.0"\n';
    await files('engines', { 'sheaf.plugin.toml': manifest.replace('[security]', `${ranges}[security]`) });
    const fault = 'a: "2" was expected, but it answered "1".';
    expect(await dataOf(11, 'test', 'engines', '--engines')).toMatchObject({
      passed: false,
      compatibility: [
        { engine: 'parseltongue', version: '0.3.0', loads: true, tests: 'failed', fault },
        { engine: 'parseltongue', version: '1.0.0', loads: true, tests: 'failed', fault },
        { engine: 'rust', version: '1.70.0', loads: true, tests: 'failed', fault },
      ],
    });
  });

  it('refuses cases with faults before it runs any', async () => {
    await script('typo', 'export const run = () => 1;', { 'tests/a.json': CASE({ expects: 1 }) });
    expect(await sheaf('test', 'typo')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/typo\/tests\/a\.json:1:\d+/) as string,
    });
  });

  it('passes the example plugins, which ask for capabilities', async () => {
    await cp(join(ROOT, 'examples/plugins/sdk'), at('sdk'), { recursive: true });
    await cp(join(ROOT, 'examples/plugins/advanced-query-engine'), at('advanced-query-engine'), {
      recursive: true,
    });
    expect(await dataOf(0, 'build', 'advanced-query-engine')).toMatchObject({ capabilities: ['query'] });
    expect(await dataOf(0, 'test', 'advanced-query-engine')).toMatchObject({
      passed: true,
      results: { length: 11 },
    });
  });
});

describe('pack', () => {
  it('writes a release manifest that a registry accepts, and nothing over another artifact', async () => {
    await script('packed', 'export const run = () => 1;', { LICENSE: 'MIT' });
    const address = ['--registry', 'acme', '--release-url', 'https://git.example.org/me/specimen/v1'];
    const data = await dataOf(0, 'pack', 'packed', '--out', 'out', ...address);
    const bytes = await readFile(at(data['manifest'] as string));
    const expected = { name: 'specimen', version: '1.0.0', registry: 'acme' };
    const manifest = valueOf(readReleaseManifest(bytes, 'out/1.0.0.toml', { expected }));
    expect(manifest.artifacts).toEqual([data['artifact']]);
    expect(manifest.artifacts[0]?.url).toBe('https://git.example.org/me/specimen/v1/specimen-1.0.0.tar.gz');
    expect(await dataOf(0, 'pack', 'packed', '--out', 'out', ...address)).toEqual(data);
    await writeFile(at('packed/specimen.js'), 'export const run = () => 2;');
    expect(await sheaf('pack', 'packed', '--out', 'out')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('with other contents'),
    });
    expect(await sheaf('pack', 'packed', '--registry', 'acme')).toMatchObject({ status: 2 });
  });

  it('takes the cases along that the manifest names, so that whoever has the artifact can run them', async () => {
    await script('carrying', 'export const run = (input) => input;', { 'tests/a.json': CASE({ expect: 1 }) });
    const manifest = await readFile(at('carrying/sheaf.plugin.toml'), 'utf8');
    const testing = '[testing]\ntest_suite = "tests/"\n';
    await files('carrying', { 'sheaf.plugin.toml': manifest.replace('[security]', `${testing}[security]`) });
    const { file } = await dataOf(0, 'pack', 'carrying');
    const { results } = await dataOf(0, 'test', file as string);
    expect((results as unknown[])[0]).toMatchObject({ kind: 'case', name: 'a', passed: true });
  });

  it('shows what it would write', async () => {
    await script('unpacked', 'export const run = () => 1;');
    const { file } = await dataOf(0, 'pack', 'unpacked', '--dry-run');
    await expect(readFile(at(file as string))).rejects.toThrow('ENOENT');
  });
});

describe('a packed program', () => {
  it('is tested and measured where its artifact is unpacked, which is gone afterwards', async () => {
    await dataOf(0, 'create', 'lens', '--template', 'native-node', '--author', 'Ada');
    await dataOf(0, 'build', 'lens');
    const { file } = await dataOf(0, 'pack', 'lens');
    await mkdir(at('scratch'));
    vi.stubEnv('TMPDIR', at('scratch'));
    try {
      const tested = await dataOf(0, 'test', file as string, '--engines');
      expect(tested).toMatchObject({ name: 'lens', passed: true });
      const measured = await sheaf('bench', 'lens', '--against', file as string, '--json');
      expect(JSON.parse(measured.stdout)).toMatchObject({ data: { against: '0.1.0' } });
      expect((await readdir(tmpdir())).filter((name) => name.startsWith('sheaf-plugin-'))).toEqual([]);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('scan --advisories', () => {
  it('takes files of public databases beside those of a registry, and refuses all when one is broken', async () => {
    await script('built', 'export const run = (input) => input;', { LICENSE: 'MIT' });
    const manifest = await readFile(at('built/sheaf.plugin.toml'), 'utf8');
    const packages = '[dependencies]\ngraphs = "0.8"\nparser = "^1.4"\n';
    await files('built', { 'sheaf.plugin.toml': manifest.replace('[security]', `${packages}[security]`) });
    const advisory = (id: string, ecosystem: string, name: string, fixed: string): string => {
      const ranges = [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed }] }];
      const modified = '2026-03-04T05:06:07.123Z';
      return JSON.stringify({ id, modified, affected: [{ package: { ecosystem, name }, ranges }] });
    };
    await files('osv', {
      'GHSA-2m2x-4v5q-wjx9.json': advisory('GHSA-2m2x-4v5q-wjx9', 'npm', 'parser', '1.5.0'),
      'RUSTSEC-2026-0042.json': advisory('RUSTSEC-2026-0042', 'crates.io', 'graphs', '0.8.1'),
    });
    const { findings } = await dataOf(0, 'scan', 'built', '--advisories', 'osv');
    const said = (findings as { rule: string; message: string }[])
      .filter(({ rule }) => rule === 'package-advisory-medium')
      .map(({ message }) => message);
    expect(said).toEqual([
      expect.stringContaining('GHSA-2m2x-4v5q-wjx9'),
      expect.stringContaining('RUSTSEC-2026-0042'),
    ]);
    await files('osv', { 'GO-2026-1.json': '{"id": "GO-2026-1"}' });
    expect((await sheaf('scan', 'built', '--advisories', 'osv')).status).toBe(1);
    // What a registry publishes is held to its own form, though it would do for a public database.
    await files('own', { 'PLUG-2026-0001.json': advisory('PLUG-2026-0001', 'npm', 'parser', '1.5') });
    expect((await sheaf('scan', 'built', '--advisories', 'own')).status).toBe(1);
  });
});
