import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type LoopbackServer,
  serveDirectory,
  serveGit,
  type TemporaryDirectory,
  temporaryDirectory,
} from '../src/testkit/index.ts';
import { writeSheafProgram } from './support/sheaf-program.ts';

/** docs/operating.md keeps its word: its commands, as they stand there, by three people with a home each. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

/** What the page says in all. */
const COUNTED = 5;

/** The shell lines of the page, by the heading that they stand under. */
async function commandsOf(page: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const [, ...sections] = (await readFile(join(ROOT, page), 'utf8')).split(/^## /m);
  return new Map(
    sections.map((section) => {
      const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
      return [section.split('\n')[0] ?? '', blocks.flatMap((block) => block.trim().split('\n'))];
    }),
  );
}

let directory: TemporaryDirectory;
let git: LoopbackServer;
let web: LoopbackServer;
let commands: ReadonlyMap<string, readonly string[]>;
const at = (...parts: readonly string[]): string => join(directory.path, ...parts);

/** Everything that this machine is asked to be: a Git server, the author's web server, and closed to the outside. */
beforeAll(async () => {
  directory = await temporaryDirectory();
  commands = await commandsOf('docs/operating.md');
  for (const name of ['bin', 'forge/acme', 'work/www', 'somebody-else']) {
    await mkdir(at(name), { recursive: true });
  }
  for (const name of ['plugins', 'hub-plugins', 'lab-plugins']) {
    const repository = at(`forge/acme/${name}.git`);
    await run('git', ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', repository]);
    await run('git', ['config', 'http.receivepack', 'true'], { cwd: repository });
  }
  git = await serveGit(at('forge'), { push: true });
  web = await serveDirectory(at('work/www'));
  await writeSheafProgram(at('bin/sheaf'), 'loopback');
});
afterAll(async () => {
  await git.close();
  await web.close();
  await directory.remove();
});

/** Runs a line as a person does; addresses are replaced by those of this machine, and nothing else. */
async function shell(line: string, person: string, digest = '…'): Promise<string> {
  const here = line
    .replaceAll(/https:\/\/(?:git\.example\.org|github\.com|gitlab\.com)\/acme\//g, `${git.url}acme/`)
    .replaceAll('https://ada.example.org/', web.url)
    .replace('sha256:…', `sha256:${digest}`);
  const env = {
    PATH: [at('bin'), process.env['PATH']].join(delimiter),
    HOME: at(`home-of-${person}`),
    SHEAF_HOME: at(`home-of-${person}`, 'sheaf'),
    CI: '',
  };
  const cwd = person === 'user' ? at('somebody-else') : at('work');
  const { stdout } = await run('sh', ['-c', here], { cwd, env });
  return stdout;
}

const gitAt = async (repository: string, ...argv: readonly string[]): Promise<string> =>
  (await run('git', argv, { cwd: at('forge/acme', repository) })).stdout.trim();

describe('docs/operating.md', () => {
  it('takes somebody from nothing to a plugin that somebody else installed, in five commands', async () => {
    // What the page asks for beforehand: a plugin of an author, and a key.
    await shell('sheaf key create ada-key', 'author');
    await shell(
      'sheaf create graph-lens --template javascript --category visualizers --author Ada --repository https://git.example.org/ada/graph-lens',
      'author',
    );
    const lines = commands.get('From nothing to a plugin that somebody else installed') ?? [];
    expect(lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'sheaf registry',
      'sheaf publish',
      'sheaf registry',
      'sheaf registry',
      'sheaf install',
    ]);
    expect(lines.length).toBeLessThanOrEqual(COUNTED);
    const [init = '', publish = '', accept = '', add = '', install = ''] = lines;

    const founded = await shell(init, 'operator');
    const [, digest = ''] = /sha256:([0-9a-f]{64})/.exec(founded) ?? [];
    expect(founded).toContain('is signed');
    expect(await gitAt('plugins.git', 'ls-tree', '-r', '--name-only', 'main')).not.toMatch(/keys|\bci\b/);
    expect(await shell(publish, 'author')).toContain('Proposed graph-lens 0.1.0');
    const accepted = await shell(accept, 'operator');
    expect(accepted).toContain('1 plugin, 1 release');
    // The line that it prints for users is the one of the page.
    const told = /^Users add it with: (.*)$/m.exec(accepted)?.[1];
    expect(told).toBe(add.replace('https://git.example.org/', git.url).replace('…', digest));
    await shell(add, 'user', digest);
    await shell(install, 'user');

    expect(await shell('sheaf list', 'user')).toContain('graph-lens');
    expect(await shell('sheaf verify', 'user')).toContain('as signed');
    expect(await gitAt('plugins.git', 'log', '--format=%s', 'main')).toContain(
      'Merge release/graph-lens-0.1.0',
    );

    // From then on: the same command without a proposal goes on with the next checkpoint.
    const again = await shell(accept.replace(' --merge release/graph-lens-0.1.0', ''), 'operator');
    expect(again).toContain('checkpoint 1-2');
    expect(await shell('sheaf sync', 'user')).toContain('1-2');
  });

  it.each([
    ['On GitHub', 'hub-plugins.git', '.github/workflows/publish.yml'],
    ['On GitLab', 'lab-plugins.git', '.gitlab-ci.yml'],
  ])('founds one with workflows in one command: %s', async (heading, repository, file) => {
    const [line = '', ...more] = commands.get(heading) ?? [];
    expect(more).toEqual([]);
    const said = await shell(line, 'operator');
    expect(said).toContain('is signed');
    expect(await gitAt(repository, 'ls-tree', '-r', '--name-only', 'main')).toContain(file);
  });

  it('has no command that this test does not run', async () => {
    const shown = [...commands.values()].flat();
    expect(shown).toHaveLength(COUNTED + 2);
  });
});

describe('README', () => {
  it('lists every page of docs/, and none that is not there', async () => {
    const text = await readFile(join(ROOT, 'README.md'), 'utf8');
    const list = text.slice(text.indexOf('## Documentation'));
    const pages = (await readdir(join(ROOT, 'docs'))).filter((name) => name.endsWith('.md'));
    const listed = [...list.matchAll(/\(docs\/([\w-]+\.md)\)/g)].map(([, name]) => name);
    expect(new Set(listed)).toEqual(new Set(pages));
    expect(listed).toHaveLength(pages.length);
  });
});
