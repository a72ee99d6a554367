import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../src/core/digest.ts';
import {
  type LoopbackServer,
  serveDirectory,
  type TemporaryDirectory,
  temporaryDirectory,
} from '../src/testkit/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const KEYS = join(ROOT, 'examples/keys');
const run = promisify(execFile);

/** The shell lines of a file's fenced blocks, by the heading they stand under. */
async function shellBlocks(file: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const blocks = new Map<string, string[]>();
  let heading = '';
  let inside = false;
  for (const line of (await readFile(join(ROOT, file), 'utf8')).split('\n')) {
    if (line.startsWith('#') && !inside) heading = line.replace(/^#+ /, '');
    else if (line === '```sh') inside = true;
    else if (line === '```') inside = false;
    else if (inside) blocks.set(heading, [...(blocks.get(heading) ?? []), line]);
  }
  return blocks;
}

/**
 * What README assumes: `sheaf` on the PATH, the reference registry on the web, a web server's directory and a
 * Git repository to publish to. Addresses are replaced by those of this machine, and nothing else.
 */
interface World {
  readonly directory: TemporaryDirectory;
  readonly web: LoopbackServer;
  readonly root: string;
  /** Publishes the releases that were held back. */
  readonly releaseMore: () => Promise<void>;
}

async function makeWorld(): Promise<World> {
  const directory = await temporaryDirectory();
  const at = (path: string): string => join(directory.path, path);
  await mkdir(at('bin'));
  await writeFile(
    at('bin/sheaf'),
    `#!/bin/sh\nexec '${process.execPath}' '${join(ROOT, 'dist/bin/sheaf.js')}' "$@"\n`,
  );
  await chmod(at('bin/sheaf'), 0o755);
  for (const part of ['registry', 'plugins'])
    await cp(join(ROOT, part), at(`source/${part}`), { recursive: true });

  await run(process.execPath, [join(ROOT, 'tools/reference/main.mjs'), at('pages/o'), at('rebuilt')]);
  const web = await serveDirectory(at('pages'));
  const releases = at('source/plugins/visualizers/me/mermaid-diagram');
  const held = ['1.1.0.toml', '1.1.0.toml.sig'];
  for (const name of held) await rename(join(releases, name), at(name));
  const publish = async (...previous: readonly string[]): Promise<void> => {
    const sheaf = (...args: readonly string[]) =>
      run(at('bin/sheaf'), args, { env: { ...process.env, SHEAF_HOME: at('operator') } });
    await sheaf('index', 'build', at('source'), '--out', at('built'), ...previous);
    await sheaf('index', 'sign', at('built'), '--key', join(KEYS, 'ci'));
    await sheaf('index', 'publish', at('built'), '--to', at('pages'));
  };
  // The manifests name addresses for documentation; the artifacts lie on the host of the index by digest.
  await publish();
  return {
    directory,
    web,
    root: sha256(await readFile(join(ROOT, 'registry/trust/root/1.signers'))),
    async releaseMore() {
      for (const name of held) await rename(at(name), join(releases, name));
      await publish('--previous', at('built'));
    },
  };
}

describe('README', () => {
  let world: World;
  let blocks: ReadonlyMap<string, readonly string[]>;

  beforeAll(async () => {
    [world, blocks] = [await makeWorld(), await shellBlocks('README.md')];
  });
  afterAll(async () => {
    await world.web.close();
    await world.directory.remove();
  });

  /** Runs one line of README as a person would, in `cwd`. */
  async function shell(line: string, cwd: string): Promise<string> {
    const { path } = world.directory;
    const here = line
      .replace('https://plugins.example.org/', world.web.url)
      .replace('sha256:…', `sha256:${world.root}`)
      .replace('/srv/www/plugins', join(path, 'www'))
      .replace('https://git.example.org/my-plugins.git', join(path, 'my-plugins.git'));
    const env = {
      ...process.env,
      CI: '',
      SHEAF_HOME: join(path, 'home'),
      PATH: `${join(path, 'bin')}${delimiter}${process.env['PATH']}`,
    };
    const { stdout } = await run('sh', ['-c', here], { cwd, env });
    return stdout;
  }

  it('names two commands that exist', async () => {
    const { scripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
    expect(blocks.get('Two commands')).toEqual(['npm run quickstart', 'npm test']);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(['quickstart', 'test']));
  });

  it('takes a user through every command it shows', async () => {
    const project = join(world.directory.path, 'project');
    await mkdir(project);
    const lines = blocks.get('Five minutes as a user') ?? [];
    expect(lines).toContain('sheaf install mermaid-diagram');
    const output = new Map<string, string>();
    for (const line of lines) {
      if (line === 'sheaf outdated') await world.releaseMore();
      output.set(line, await shell(line, project));
    }
    expect([...output.keys()]).toEqual(lines);
    expect(output.get('sheaf search diagram')).toMatch(/^mermaid-diagram/m);
    expect(output.get('sheaf list')).toContain('mermaid-diagram');
    expect(output.get('sheaf update')).toContain('1.0.0 → 1.1.0');
    expect(output.get('sheaf rollback')).toContain('1.1.0 → 1.0.0');
    expect(output.get('sheaf verify')).toContain('as signed');
    expect(output.get('sheaf audit')).toContain('Nothing is known against');
    expect(output.get('sheaf log')).toContain('rollback');
  });

  it('takes an author through every command it shows', async () => {
    const source = join(world.directory.path, 'source');
    const release = join(source, 'plugins/query-extensions/gr/graph-query');
    await cp(join(release, '2.0.0.toml'), join(release, '2.1.0.toml'));
    for (const line of blocks.get('Five minutes as an author') ?? []) await shell(line, source);
    const signature = await readFile(join(release, '2.1.0.toml.sig'), 'utf8');
    expect(signature).toMatch(/^-----BEGIN SSH SIGNATURE-----\n/);
  });

  it('takes an operator through every command it shows, up to a registry that a user can add', async () => {
    const { path } = world.directory;
    const workshop = join(path, 'workshop');
    await mkdir(workshop);
    await run('git', ['init', '--quiet', '--bare', join(path, 'my-plugins.git')]);
    for (const line of blocks.get('Five minutes as an operator') ?? []) await shell(line, workshop);
    for (const published of [join(path, 'www'), `${join(path, 'my-plugins.git')}#index`]) {
      await shell('sheaf registry remove my-plugins || true', workshop);
      expect(await shell(`sheaf registry add ${published} --yes`, workshop)).toContain('my-plugins');
    }
  });

  it('has a quickstart that runs to its end and leaves nothing behind', async () => {
    const temporary = join(world.directory.path, 'tmp');
    await mkdir(temporary);
    const { stdout } = await run(process.execPath, [join(ROOT, 'examples/quickstart/main.mjs')], {
      env: { ...process.env, TMPDIR: temporary },
    });
    for (const step of [
      'registry add',
      'sync',
      'search',
      'info',
      'install',
      'list',
      'update',
      'rollback',
      'verify',
      'run',
    ]) {
      expect(stdout).toMatch(new RegExp(`^\\$ sheaf ${step}`, 'm'));
    }
    expect(stdout).toContain('That was all of it');
    expect(await run('ls', ['-A', temporary])).toMatchObject({ stdout: '' });
  });
});
