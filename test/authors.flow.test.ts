import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { TEMPLATE_NAMES, type TemplateName } from '../src/core/authoring/template-names.ts';
import { exampleModule } from '../src/core/scanning/wasm-example.ts';
import { createToolchain } from '../src/io/author-toolchain.ts';
import { type AuthorWorld, authorWorld } from './support/author-world.ts';
import { publishWorld } from './support/publish-world.ts';
import type { RunResult } from './support/run-sheaf.ts';
import { assemble } from './support/runner-world.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

let world: AuthorWorld;
const at: AuthorWorld['at'] = (...path) => world.at(...path);

beforeAll(async () => {
  world = await authorWorld();
  process.chdir(world.workshop);
});
// Compilers and dozens of processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 300_000 });
afterAll(async () => {
  process.chdir(ROOT);
  await world.remove();
});

const sheaf = (...argv: string[]): Promise<RunResult> => world.sheaf(...argv);
const files: AuthorWorld['files'] = (...given) => world.files(...given);
const script: AuthorWorld['script'] = (...given) => world.script(...given);
const dataOf: AuthorWorld['dataOf'] = (...given) => world.dataOf(...given);

/** Compilers that not every machine has, and a call of each that shows whether it makes wasm. */
const PROBES: Partial<
  Record<TemplateName, readonly { readonly names: readonly string[]; readonly args: readonly string[] }[]>
> = {
  c: [
    { names: ['clang', 'clang-19'], args: ['--target=wasm32', '--version'] },
    { names: ['wasm-ld', 'wasm-ld-19'], args: ['--version'] },
  ],
  rust: [
    {
      names: ['rustc'],
      args: ['--target', 'wasm32-unknown-unknown', '--crate-type', 'lib', '-o', 'probe.rlib', 'probe.rs'],
    },
  ],
};

/** Why this machine cannot build a template; undefined when it can. */
async function whyNot(template: TemplateName): Promise<string | undefined> {
  const toolchain = createToolchain(process.env, new AbortController().signal);
  await files('probe', { 'probe.rs': 'pub fn text() -> String { String::new() }' });
  for (const { names, args } of PROBES[template] ?? []) {
    const result = await toolchain.run({ directory: at('probe'), names, args });
    if (result.kind === 'missing') return `${names[0]} is not on this machine`;
    if (result.status !== 0) return `${names[0]} does not compile to wasm here`;
  }
  return undefined;
}

describe.each(TEMPLATE_NAMES)('a new plugin in %s', (template) => {
  it('is created, built, tested, checked, scanned and packed, twice to the same bytes', async (context) => {
    const missing = await whyNot(template);
    context.skip(missing !== undefined, `${template}: ${missing}`);
    const digests = new Set<unknown>();
    for (const folder of [`first-${template}`, `elsewhere/second-${template}`]) {
      const category = template === 'rust' ? 'context-generators' : 'visualizers';
      const created = await dataOf(
        0,
        'create',
        'lens',
        '--template',
        template,
        '--dir',
        folder,
        '--category',
        category,
        '--author',
        'Ada',
      );
      expect(created).toMatchObject({ name: 'lens', template, dryRun: false });
      const built = await dataOf(0, 'build', folder);
      expect(built).toMatchObject({ name: 'lens', recipe: template, findings: [] });
      digests.add(((await dataOf(0, 'pack', folder))['artifact'] as { sha256: string }).sha256);
    }
    expect(digests.size).toBe(1);
    const folder = `first-${template}`;
    const tested = await dataOf(0, 'test', folder);
    expect(tested).toMatchObject({ passed: true, results: { length: 7 } });
    const checked = await dataOf(0, 'check', folder);
    expect(checked).toMatchObject({ passed: true, findings: [{ rule: 'described', severity: 'warning' }] });
    const scanned = await dataOf(0, 'scan', folder);
    expect(scanned).toMatchObject({ score: 100, rejected: false, findings: [] });
    const packed = await dataOf(0, 'pack', folder);
    expect(await dataOf(0, 'scan', packed['file'] as string)).toMatchObject({ name: 'lens', score: 100 });
  });
});

describe('create', () => {
  it('never overwrites anything, and makes nothing when something is there', async () => {
    await files('taken', { LICENSE: 'mine' });
    expect(await sheaf('create', 'taken')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('SHEAF_EXISTS'),
    });
    expect(await readFile(at('taken/LICENSE'), 'utf8')).toBe('mine');
    await expect(readFile(at('taken/sheaf.plugin.toml'))).rejects.toThrow('ENOENT');
  });

  it('shows what it would make', async () => {
    const data = await dataOf(0, 'create', 'shown', '--template', 'javascript', '--dry-run');
    expect(data).toMatchObject({ dryRun: true, created: expect.arrayContaining(['shown.js']) });
    await expect(readFile(at('shown/shown.js'))).rejects.toThrow('ENOENT');
  });

  it.each([
    [['create', 'Bad_Name'], 'is not a plugin name'],
    [['create', 'fine', '--template', 'cobol'], 'cobol'],
    [['create', 'fine', '--category', 'No such'], 'cannot be a category'],
    [['create', 'fine', '--repository', 'git@example.org:x'], 'cannot be the address'],
    [['create', 'fine', '--author', 'a\u001bb'], 'cannot be the author'],
  ])('refuses %j', async (args, sentence) => {
    expect(await sheaf(...args)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining(sentence),
    });
  });
});

describe('build', () => {
  it('says what to install when the compiler is missing', async () => {
    await sheaf('create', 'nocc', '--template', 'c');
    const env = { SHEAF_HOME: at('home'), PATH: at('empty') };
    const refused = await run(process.execPath, [world.main, 'build', 'nocc'], {
      cwd: world.workshop,
      env,
    }).catch((error: { code: number; stderr: string }) => error);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain('nocc needs "clang" to be built, and it is not here.');
    expect(refused.stderr).toContain('apt-get install clang lld');
  });

  it('shows what the compiler says, and does not test what an earlier source made', async () => {
    await script('broken', '', {
      'make.mjs': "console.error('broken.x:3: no such word');\nprocess.exit(4);",
    });
    const manifest = await readFile(at('broken/sheaf.plugin.toml'), 'utf8');
    const build = '[build]\ncommand = ["node", "make.mjs"]\noutput = "made.js"\n';
    await files('broken', { 'sheaf.plugin.toml': manifest + build });
    const refused = await sheaf('build', 'broken');
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('broken.x:3: no such word');
    expect(refused.stderr).toMatch(/specimen does not compile \(\[build\]\): .*node ended with status 4\./);
    expect((await sheaf('test', 'broken')).stderr).toContain('has not been built');
  });

  it('refuses a module that uses more than its manifest declares, and one without a command that it provides', async () => {
    await script('greedy', '');
    await rm(at('greedy/specimen.js'));
    const asking = exampleModule('(import "network" "fetch" (func (param i32 i32) (result i64)))');
    await writeFile(at('greedy/plugin.wasm'), await assemble(asking));
    expect(await sheaf('build', 'greedy')).toMatchObject({
      status: 11,
      stderr: expect.stringContaining(
        'The module of specimen uses "network", which its manifest does not declare.',
      ),
    });
    await writeFile(at('greedy/plugin.wasm'), await assemble(exampleModule()));
    expect(await dataOf(0, 'build', 'greedy')).toMatchObject({ findings: [{ rule: 'unused-capability' }] });
    const manifest = await readFile(at('greedy/sheaf.plugin.toml'), 'utf8');
    await files('greedy', { 'sheaf.plugin.toml': manifest.replace('["run"]', '["run", "walk"]') });
    expect(await sheaf('build', 'greedy')).toMatchObject({
      status: 11,
      stderr: expect.stringContaining('does not export "walk"'),
    });
  });

  it('runs the command of [build] in the folder of the plugin', async () => {
    await script('by-make', '', {
      'make.mjs':
        "import { writeFileSync } from 'node:fs';\nwriteFileSync('made.js', 'export const run = () => 1;');",
    });
    const manifest = await readFile(at('by-make/sheaf.plugin.toml'), 'utf8');
    const build = '[build]\ncommand = ["node", "make.mjs"]\noutput = "made.js"\n';
    await files('by-make', { 'sheaf.plugin.toml': manifest + build });
    expect(await dataOf(0, 'build', 'by-make')).toMatchObject({ recipe: '[build]', output: 'made.js' });
  });
});

describe('what is refused', () => {
  it('by scan ends with 9, by check with 1, each with what to do', async () => {
    await script('shady', 'export const run = (input) => eval(input.code);');
    await run('ln', ['-s', '/etc', at('shady/data')]);
    const scanned = await dataOf(9, 'scan', 'shady');
    expect(scanned).toMatchObject({ rejected: true, score: 72 });
    const { findings } = await dataOf(1, 'check', 'shady');
    expect((findings as { rule: string }[]).map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['required-files', 'described', 'artifact', 'tests']),
    );
    expect((await sheaf('scan', 'shady')).stdout).toContain('Refused');
    expect((await sheaf('check', 'shady')).stdout).toContain(
      'Put the text into LICENSE'.replace('the text', 'it'),
    );
  });

  it('shows every fault of a manifest at once', async () => {
    await files('bad', { 'sheaf.plugin.toml': '[plugin]\nname = "Bad"\nversion = "1"\nlicence = "MIT"\n' });
    const { findings } = await dataOf(1, 'check', 'bad');
    expect((findings as unknown[]).length).toBeGreaterThan(2);
    expect(await sheaf('check', 'nowhere')).toMatchObject({ status: 6 });
  });
});

describe('dev', () => {
  it('installs the plugin as it is now, again after every change, and asks before it gains capabilities', async () => {
    await script('draft', 'export const run = () => 1;', { LICENSE: 'MIT' });
    await mkdir(at('host'));
    const data = await dataOf(0, 'dev', 'draft', '--project', 'host', '--accept-capabilities');
    expect(data).toMatchObject({ built: { name: 'specimen' }, generation: 1 });
    const installed = (generation: number) =>
      readFile(at(`host/.sheaf/generations/${generation}/specimen/specimen.js`), 'utf8');
    expect(await installed(1)).toBe('export const run = () => 1;');
    await writeFile(at('draft/specimen.js'), 'export const run = () => 2;');
    expect(await dataOf(0, 'dev', 'draft', '--project', 'host')).toMatchObject({ generation: 2 });
    expect(await installed(2)).toBe('export const run = () => 2;');
    const manifest = await readFile(at('draft/sheaf.plugin.toml'), 'utf8');
    await files('draft', { 'sheaf.plugin.toml': manifest.replace('["query"]', '["query", "files"]') });
    expect((await sheaf('dev', 'draft', '--project', 'host', '--no-input')).status).not.toBe(0);
  });

  it('follows the folder with --watch until it is interrupted', async () => {
    await script('watched', 'export const run = () => 1;', { LICENSE: 'MIT' });
    await mkdir(at('watching-host'));
    const args = ['dev', 'watched', '--project', 'watching-host', '--accept-capabilities', '--watch'];
    const env = { ...process.env, CI: '', SHEAF_HOME: at('home') };
    const child = execFile(process.execPath, [world.main, ...args], { cwd: world.workshop, env });
    const ended = new Promise((resolve) => child.on('close', resolve));
    let said = '';
    const until = (text: string) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (said.includes(text)) resolve();
        };
        child.stderr?.on('data', (chunk: string) => {
          said += chunk;
          look();
        });
        look();
      });
    await until('waiting for changes');
    const again = until('Installed specimen 1.0.0 again');
    // The watcher may begin a moment after the note, so the change is made until it is seen.
    const writing = setInterval(
      () => void writeFile(at('watched/specimen.js'), `export const run = () => ${Date.now()};`),
      300,
    );
    await again;
    clearInterval(writing);
    child.kill('SIGINT');
    await ended;
    expect(said).toContain('again');
  });
});

describe('docs/authors.md', () => {
  it('takes an author through every command it shows', async () => {
    const text = await readFile(join(ROOT, 'docs/authors.md'), 'utf8');
    const lines = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
      block.trim().split('\n'),
    );
    const bin = at('bin');
    await files('bin', { sheaf: `#!/bin/sh\nexec '${process.execPath}' '${world.main}' "$@"\n` });
    await chmod(join(bin, 'sheaf'), 0o755);
    await mkdir(at('app'));
    // AssemblyScript is found above the folder; the line that fetches it needs a network.
    const runnable = lines.filter((line) => !line.startsWith('npm install'));
    expect(lines.length - runnable.length).toBe(1);
    const registry = await publishWorld();
    const env = {
      ...process.env,
      CI: '',
      SHEAF_HOME: at('home'),
      PATH: `${bin}${delimiter}${process.env['PATH']}`,
      // The registry of the page is one on this machine.
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${registry.to}.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://git.example.org/acme/plugins.git',
    };
    // The figures of a busy machine are its own: what is shown here is that the commands are understood and run.
    const tolerant = runnable.map((line) =>
      line.startsWith('sheaf bench') ? `${line} || [ $? -eq 11 ]` : line,
    );
    const { stdout } = await run('sh', ['-ec', tolerant.join('\n')], { cwd: world.workshop, env });
    for (const said of [
      'Made the plugin graph-lens',
      'Passed 7 tests',
      '100 of 100',
      'BUDGET',
      '+ plugins/visualizers/gr/graph-lens/0.1.0.toml',
      'Proposed graph-lens 0.1.0 to the registry acme',
    ]) {
      expect(stdout).toContain(said);
    }
    expect(runnable.map((line) => line.split(' ')[1])).toEqual(
      expect.arrayContaining(['create', 'build', 'test', 'check', 'scan', 'bench', 'pack', 'dev', 'publish']),
    );
    const [shown = ''] = [...text.matchAll(/^```json\n(.*?)^```/gms)].map(([, block]) => block);
    await files('graph-lens/tests', { 'shown.json': shown });
    expect((await sheaf('test', 'graph-lens')).stdout).toContain('✓ shown');
    await rm(bin, { recursive: true });
  });
});
