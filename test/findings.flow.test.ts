import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sha256 } from '../src/core/digest.ts';
import { exampleProgram } from '../src/core/scanning/program-example.ts';
import { exampleModule } from '../src/core/scanning/wasm-example.ts';
import { createPrograms } from '../src/io/programs.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../src/testkit/index.ts';
import { type BuiltTools, buildTools } from './support/built-tool.ts';
import { expectForm } from './support/json-output.ts';
import { type RunResult, runSheaf } from './support/run-sheaf.ts';
import { assemble } from './support/runner-world.ts';

/** What `sheaf check` and `sheaf scan` leave for machines and forges, as a job calls them. */

const HOSTILE = '::stop-commands::x\\n##[add-path]/tmp';

let directory: TemporaryDirectory;
const at = (...path: string[]): string => join(directory.path, ...path);

// A compiler, clamscan and other programs, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });
beforeAll(async () => {
  directory = await temporaryDirectory();
});
afterAll(() => directory.remove());

async function plugin(
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  more = '',
  tier = 'wasm',
): Promise<string> {
  await mkdir(at(name), { recursive: true });
  const toml = `[plugin]\nname = "specimen"\nversion = "1.0.0"\ndescription = "x"\nlicense = "MIT"
[security]\ntier = "${tier}"\ncapabilities = []\n[provides]\ncommands = ["run"]\n${more}`;
  for (const [path, contents] of Object.entries({ 'sheaf.plugin.toml': toml, LICENSE: 'MIT', ...files }))
    await writeFile(at(name, path), contents);
  return at(name);
}

function sheaf(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<RunResult> {
  return runSheaf(argv, { environment: { PATH: process.env['PATH'], ...environment } });
}

async function dataOf(status: number, ...argv: string[]): Promise<Record<string, unknown>> {
  const result = await sheaf([...argv, '--json']);
  const document = JSON.parse(result.stdout) as { data: Record<string, unknown> };
  expect(result, result.stdout).toMatchObject({ status });
  expectForm(`cli-output.schema.json#/$defs/${argv[0]}`, document);
  return document.data;
}

describe('a check that fails', () => {
  it('still writes every file that was asked for', async () => {
    const folder = await plugin('failing', {});
    const outputs = ['--sarif', at('a.sarif'), '--code-quality', at('a.json'), '--summary', at('a.md')];
    const { status, stdout } = await sheaf(['check', folder, ...outputs]);
    expect(status).toBe(1);
    expect(stdout).not.toContain('::');
    const sarif = JSON.parse(await readFile(at('a.sarif'), 'utf8')) as {
      runs: { results: { ruleId: string }[]; tool: { driver: { rules: { id: string }[] } } }[];
    };
    const found = sarif.runs[0]?.results.map(({ ruleId }) => ruleId) ?? [];
    expect(found).toContain('required-files');
    expect(sarif.runs[0]?.tool.driver.rules.map(({ id }) => id)).toEqual(expect.arrayContaining(found));
    const issues = JSON.parse(await readFile(at('a.json'), 'utf8')) as { check_name: string }[];
    expect(issues.map(({ check_name }) => check_name)).toEqual(found);
    expect(await readFile(at('a.md'), 'utf8')).toContain('### ❌ sheaf check specimen 1.0.0');
  });

  it('also of a manifest that cannot be read at all', async () => {
    const folder = await plugin('unreadable', { 'sheaf.plugin.toml': '[plugin' });
    expect(await sheaf(['check', folder, '--sarif', at('u.sarif')])).toMatchObject({ status: 1 });
    expect(await readFile(at('u.sarif'), 'utf8')).toContain('sheaf.plugin.toml');
  });
});

describe('a job of GitHub Actions', () => {
  it('gets annotations and its summary without being asked, and no command out of a plugin', async () => {
    const folder = await plugin('hostile', { 'plugin.js': `import("${HOSTILE}"); eval(1);` });
    await writeFile(at('summary.md'), '# Before\n');
    const environment = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: at('summary.md') };
    const { stdout } = await sheaf(['scan', folder], environment);
    const [first = '', ...lines] = stdout.trimEnd().split('\n');
    const word = /^::stop-commands::([0-9a-f-]{36})$/.exec(first)?.[1] ?? '';
    const end = lines.indexOf(`::${word}::`);
    // Whatever is quoted for people stands where the runner takes no commands.
    expect(lines.slice(0, end).join('\n')).toContain('The script calls eval.');
    expect(lines.slice(end + 1)).toEqual([
      expect.stringMatching(
        /^::error file=.*plugin\.js,line=1,col=\d+,title=dynamic-code::The script calls eval\./,
      ),
    ]);
    const summary = await readFile(at('summary.md'), 'utf8');
    expect(summary).toMatch(/^# Before\n### ❌ sheaf scan specimen 1\.0\.0\n/);
    const other = await sheaf(['scan', folder], environment);
    expect(other.stdout).not.toContain(word);
    expect((await readFile(at('summary.md'), 'utf8')).match(/^### /gm)).toHaveLength(2);
  });

  it('gets one JSON document and nothing else with --json', async () => {
    const folder = await plugin('json', { 'plugin.js': 'eval(1);' });
    const { stdout } = await sheaf(['scan', folder, '--json'], { GITHUB_ACTIONS: 'true' });
    expect(JSON.parse(stdout)).toMatchObject({ ok: true });
    expect(await sheaf(['scan', folder, '--json', '--annotations'])).toMatchObject({ status: 2 });
  });
});

describe('a scan', () => {
  it('proves what a module can call', async () => {
    const wasm = await assemble(exampleModule('(import "query" "run" (func (param i32 i32) (result i64)))'));
    const folder = await plugin('module', { 'plugin.wasm': wasm });
    expect(await dataOf(9, 'scan', folder)).toMatchObject({
      coverage: 1,
      rejected: true,
      modules: [{ path: `${folder}/plugin.wasm`, imports: ['query.run'] }],
    });
    const alone = await plugin('alone', { 'plugin.wasm': await assemble(exampleModule()) });
    expect((await sheaf(['scan', alone])).stdout).toContain(
      'plugin.wasm imports nothing, so it can call nothing outside itself.',
    );
  });

  it('compares programs with the platform of the artifact, and lists what they load', async () => {
    const files = { helper: exampleProgram(183, ['libc.so.6', 'libcurl.so.4']) };
    const folder = await plugin('native', files, '', 'native');
    expect(await dataOf(0, 'scan', folder, '--platform', 'linux-x64')).toMatchObject({
      score: 70,
      findings: [{ rule: 'native-format' }, { rule: 'native-imports', points: 0 }],
      programs: [{ platforms: ['linux-arm64'], imports: ['libc.so.6', 'libcurl.so.4'] }],
    });
    expect(await dataOf(0, 'scan', folder, '--platform', 'linux-arm64')).toMatchObject({
      findings: [{ rule: 'native-imports' }],
    });
  });

  it('refuses an artifact of another digest than the stated one', async () => {
    const folder = await plugin('digest', { 'specimen.js': 'export const run = () => 1;' });
    const packed = await sheaf(['pack', folder, '--json']);
    expect(packed.status, packed.stdout).toBe(0);
    const { file } = (JSON.parse(packed.stdout) as { data: { file: string } }).data;
    const right = sha256(await readFile(file));
    expect(await dataOf(0, 'scan', file, '--sha256', `sha256:${right}`)).toMatchObject({ rejected: false });
    expect(await dataOf(9, 'scan', file, '--sha256', `sha256:${'0'.repeat(64)}`)).toMatchObject({
      rejected: true,
      findings: [{ rule: 'digest-mismatch', level: 'critical' }],
    });
  });

  it('compares [dependencies] with the advisories of a registry', async () => {
    await mkdir(at('advisories'));
    const advisory = {
      id: 'PLUG-2026-0001',
      modified: '2026-01-01T00:00:00Z',
      summary: 'Reads beyond its buffer',
      severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
      affected: [
        {
          package: { ecosystem: 'crates.io', name: 'parser' },
          ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.5.0' }] }],
        },
      ],
    };
    await writeFile(at('advisories/PLUG-2026-0001.json'), JSON.stringify(advisory));
    await writeFile(at('advisories/README.md'), 'What this is.');
    const old = await plugin('old', {}, '[dependencies]\nparser = "1.2"\n');
    expect(await dataOf(0, 'scan', old, '--advisories', at('advisories'))).toMatchObject({
      score: 80,
      findings: [
        { rule: 'package-advisory-high', message: expect.stringContaining('PLUG-2026-0001') as string },
      ],
    });
    expect(await dataOf(0, 'scan', old)).toMatchObject({ score: 100, findings: [] });
    await writeFile(at('advisories/PLUG-2026-0002.json'), '{}');
    expect(await sheaf(['scan', old, '--advisories', at('advisories')])).toMatchObject({ status: 1 });
  });

  it('says that there is no ClamAV rather than that there is no malware', async () => {
    const folder = await plugin('unseen', {});
    const { status, stderr } = await sheaf(['scan', folder, '--clamav'], { PATH: at('advisories') });
    expect(status).toBe(1);
    expect(stderr).toContain('There is no clamscan on the PATH.');
  });
});

const CLAMSCAN = await createPrograms(process.env).find('clamscan');

it.skipIf(CLAMSCAN === undefined)(
  'ClamAV refuses a plugin with malware in it (skipped where clamscan is not installed)',
  async () => {
    const marker = ['sheaf-malware', 'of-a-test'].join('-');
    await mkdir(at('signatures'));
    await writeFile(at('signatures/x.ndb'), `Sheaf.Test:0:*:${Buffer.from(marker).toString('hex')}\n`);
    const folder = await plugin('infected', { 'notes.md': `# ${marker}` });
    const options = ['--clamav-database', at('signatures')];
    expect(await dataOf(9, 'scan', folder, ...options)).toMatchObject({
      rejected: true,
      antivirus: expect.stringMatching(/^ClamAV /) as string,
      findings: [{ rule: 'malware', level: 'critical', place: { file: `${folder}/notes.md` } }],
    });
    const { stdout } = await sheaf(['scan', await plugin('healthy', {}), ...options]);
    expect(stdout).toMatch(/^ClamAV .* looked at all files\.$/m);
  },
);

describe('tools/security-scanner', () => {
  let tools: BuiltTools;
  beforeAll(async () => {
    tools = await buildTools(['security-scanner']);
  });
  afterAll(() => tools.remove());

  it('is sheaf scan', async () => {
    const folder = await plugin('tool', { 'plugin.js': 'eval(1);' });
    const { status, stdout } = await tools.run('security-scanner', [folder, '--json'], {
      GITHUB_STEP_SUMMARY: '',
    });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ data: { name: 'specimen', score: 80 } });
  });
});
