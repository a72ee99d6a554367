import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { anotherRegistry } from './support/another-registry.ts';
import { type BuiltCli, buildCli } from './support/built-cli.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** A project that was cloned from a stranger, in the hands of the program that people run. */

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});

// util-linux; its script gives a program a terminal. What needs one is asked on Linux, where CI runs.
const HAS_TERMINAL = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

interface Clone {
  readonly user: UserOfRegistry;
  readonly asked: readonly { readonly path: string }[];
  /** The words with which the program is run on the clone. */
  readonly argv: readonly string[];
  readonly addCommand: string;
}

async function cloned(): Promise<Clone> {
  const user = await userOfRegistry([]);
  const theirs = await anotherRegistry(
    user,
    'theirs',
    [{ name: 'graph-lens', version: '1.0.0', capabilities: ['net'] }],
    { add: false },
  );
  const { url, asked } = theirs.index;
  const root = `sha256:${theirs.registry.rootId}`;
  await mkdir(user.at('project'), { recursive: true });
  await writeFile(
    user.at('project/sheaf.toml'),
    `[registries.theirs]\nid = "theirs"\nurl = "${url}"\nroot = "${root}"\n[plugins]\ngraph-lens = "^1.0.0"\n`,
  );
  return {
    user,
    asked,
    argv: [cli.main, '--project', user.at('project')],
    addCommand: `sheaf registry add ${url} --root ${root}`,
  };
}

describe('a cloned project that proposes a registry', () => {
  it('is told the command that decides where nobody can be asked, and nothing else happens', async () => {
    const { user, asked, argv, addCommand } = await cloned();
    const env = { ...process.env, ...user.environment, CI: '' };
    const run = (...words: string[]) =>
      promisify(execFile)(process.execPath, [...argv, ...words], { env }).then(
        ({ stderr }) => ({ code: 0, stderr }),
        (error: { readonly code: number; readonly stderr: string }) => error,
      );
    const before = await user.belongings();
    expect(await run('install')).toMatchObject({ code: 6, stderr: expect.stringContaining(addCommand) });
    expect([asked, await user.belongings()]).toEqual([[], before]);

    expect(await run(...addCommand.split(' ').slice(1))).toMatchObject({ code: 0 });
    expect(await run('install')).toMatchObject({
      code: 9,
      stderr: expect.stringContaining('Nobody agreed to the new capabilities of graph-lens 1.0.0: net'),
    });
    expect(await run('install', '--accept-capabilities')).toMatchObject({ code: 0 });
  });

  it.skipIf(!HAS_TERMINAL)(
    'asks the person at a terminal for each step, and takes no for an answer',
    async () => {
      const { user, asked, argv } = await cloned();
      const env = { ...process.env, ...user.environment, CI: '' };
      const command = [process.execPath, ...argv, 'install'].map((word) => `'${word}'`).join(' ');
      /** Answers the questions one after the other as they appear, and gives all that was shown. */
      const answering = async (
        ...answers: readonly string[]
      ): Promise<{ shown: string; code: number | null }> => {
        const child: ChildProcess = spawn('script', ['-qec', command, '/dev/null'], { env });
        onTestFinished(() => void child.kill());
        let shown = '';
        let answered = 0;
        child.stdout?.on('data', (bytes: Buffer) => {
          shown += bytes.toString();
          while (shown.split('[y/N]').length - 1 > answered) {
            child.stdin?.write(`${answers[answered] ?? 'n'}\n`);
            answered += 1;
          }
        });
        const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
        return { shown, code };
      };
      const refused = await answering('n');
      expect(refused).toMatchObject({ code: 3, shown: expect.stringContaining('proposes registry theirs') });
      expect(asked).toEqual([]);
      const looked = await answering('y', 'n');
      expect(looked).toMatchObject({ code: 3, shown: expect.stringMatching(/2 of these keys.*SHA256:/s) });
      expect(await readFile(user.at('home/config/config.toml'), 'utf8')).not.toContain('theirs');
      expect(await answering('y', 'y', 'n')).toMatchObject({ code: 9 });
      expect(await answering('y')).toMatchObject({
        code: 0,
        shown: expect.stringContaining('New capabilities for graph-lens 1.0.0: net'),
      });
    },
  );
});
