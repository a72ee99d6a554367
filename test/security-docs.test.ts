import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePluginFile } from '../src/core/formats/plugin-file.ts';
import { pluginName } from '../src/core/plugin-name.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../src/testkit/index.ts';
import { buildRelease } from '../src/testkit/simulated-release.ts';
import { type BuiltCli, buildCli } from './support/built-cli.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = join(ROOT, 'docs/security.md');
const LENS = 'plugins/integrations/gr/graph-lens';
const GRANT = 'registry/security/status/gr/graph-lens/2026-11-20-grant-tier.toml';
const run = promisify(execFile);

/** A fenced block with the heading that it stands under. */
interface Block {
  readonly heading: string;
  readonly language: string;
  readonly lines: readonly string[];
}

function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let open: { language: string; lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    if (open === undefined && line.startsWith('#')) heading = line.replace(/^#+ /, '');
    if (!line.startsWith('```')) open?.lines.push(line);
    else if (open === undefined) open = { language: line.slice(3), lines: [] };
    else {
      blocks.push({ heading, ...open });
      open = undefined;
    }
  }
  return blocks;
}

describe('docs/security.md', () => {
  let directory: TemporaryDirectory;
  let cli: BuiltCli;
  let document: string;

  /** Runs one line as a person would, in the checkout. */
  async function shell(line: string): Promise<string> {
    const path = `${join(directory.path, 'bin')}${delimiter}${process.env['PATH']}`;
    const env = { ...process.env, CI: '', SHEAF_HOME: join(directory.path, 'home'), PATH: path };
    const { stdout } = await run('sh', ['-c', line], { cwd: join(directory.path, 'my-plugins'), env });
    return stdout;
  }

  async function write(path: string, content: string | Uint8Array): Promise<void> {
    const place = join(directory.path, 'my-plugins', path);
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, content);
  }

  beforeAll(async () => {
    [directory, cli, document] = await Promise.all([
      temporaryDirectory(),
      buildCli(),
      readFile(DOCUMENT, 'utf8'),
    ]);
    const at = (path: string): string => join(directory.path, path);
    for (const name of ['bin', 'keys', 'my-plugins']) await mkdir(at(name));
    await writeFile(at('bin/sheaf'), `#!/bin/sh\nexec '${process.execPath}' '${cli.main}' "$@"\n`);
    await chmod(at('bin/sheaf'), 0o755);
    for (const name of ['alice', 'bob', 'carol', 'frank', 'ci', 'dana', 'erin']) {
      await shell(`sheaf key create ../keys/${name}`);
    }
    const roots = ['alice', 'bob', 'carol'].map((name) => `--root-key ../keys/${name}.pub`).join(' ');
    await shell(`sheaf registry init . ${roots} --threshold 2 --ci-key ../keys/ci.pub`);
    for (const name of ['alice', 'bob']) {
      await shell(`sheaf sign registry/trust/root/1.signers --key ../keys/${name} --as ${name}`);
    }
    for (const name of ['dana', 'erin']) {
      await shell(`sheaf owner add ${name} --key ../keys/${name}.pub`);
      await shell(`sheaf sign registry/trust/owners/${name}/1.signers --key ../keys/${name} --as ${name}`);
    }
    const release = { name: 'graph-lens', version: '1.0.0' };
    await write(
      `${LENS}/1.0.0.toml`,
      buildRelease(release, 'my-plugins', 'https://plugins.example/').manifest,
    );
    await write(
      `${LENS}/plugin.toml`,
      writePluginFile({
        registry: 'my-plugins',
        name: pluginName('graph-lens'),
        revision: 1,
        owner: 'dana',
        keywords: [],
        repositories: [],
        yanked: {},
        deprecatedVersions: {},
      }),
    );
    await shell(`sheaf sign ${LENS}/1.0.0.toml ${LENS}/plugin.toml --key ../keys/dana`);
    const event = [
      'kind = "grant-tier"',
      'tier = "native"',
      'date = "2026-11-20T09:00:00Z"',
      'reason = "Reviewed."',
    ];
    await write(GRANT, `[event]\nregistry = "my-plugins"\nplugin = "graph-lens"\n${event.join('\n')}\n`);
    for (const name of ['alice', 'bob']) {
      await shell(`sheaf sign ${GRANT} --namespace status@sheaf --key ../keys/${name} --as ${name}`);
    }
    await shell('sheaf index build . --out ../built');
    await shell('sheaf index sign ../built --key ../keys/ci');
    await shell('sheaf index publish ../built --to ../public');
  });

  afterAll(() => directory.remove());

  it('shows no command that does not work, in the order of the page', async () => {
    const blocks = blocksOf(document);
    expect(new Set(blocks.map(({ language }) => language))).toEqual(new Set(['sh', 'toml']));
    const good: string[] = [];
    const states: string[] = [];
    for (const { language, lines } of blocks) {
      const [first = ''] = lines;
      if (language === 'toml') {
        await write(first.slice('# '.length), `${lines.join('\n')}\n`);
        continue;
      }
      for (const line of lines) {
        const output = await shell(line);
        if (line.startsWith('ssh-keygen')) good.push(output.split(' with ')[0] ?? '');
        if (line === 'sheaf registry trust show .') states.push(output);
      }
    }
    // Every kind of signature that the table on top of the page names, by a key that may make it.
    expect(good).toEqual([
      'Good "root@sheaf" signature for alice',
      'Good "root@sheaf" signature for bob',
      'Good "checkpoint@sheaf" signature for ci',
      'Good "owner@sheaf" signature for dana',
      'Good "release@sheaf" signature for dana',
      'Good "release@sheaf" signature for dana',
      'Good "status@sheaf" signature for alice',
      'Good "status@sheaf" signature for bob',
      'Good "owner@sheaf" signature for dana',
      'Good "owner@sheaf" signature for erin',
      'Good "root@sheaf" signature for alice',
      'Good "recovery@sheaf" signature for alice',
      'Good "status@sheaf" signature for frank',
    ]);
    expect(states[0]).toContain('registry/trust/root/2.signers  waits for signatures');
    expect(states[1]).toContain('Root 2, epoch 1');
  });

  it('names only tests that are there', async () => {
    const claims = [...document.matchAll(/\["([^"]+)"\]\(\.\.\/([^)]+)\)/g)];
    expect(claims.length).toBeGreaterThan(12);
    const missing: string[] = [];
    for (const [, claim = '', file = ''] of claims) {
      const text = await readFile(join(ROOT, file), 'utf8');
      if (!text.includes(`it('${claim}'`)) missing.push(`${file}: ${claim}`);
    }
    expect(missing).toEqual([]);
  });
});
