import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../src/testkit/index.ts';
import { type BuiltCli, buildCli } from './support/built-cli.ts';

/** What only a process of its own can show: loading, pipes, signals and exit statuses. */

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});

const run = (...argv: string[]) => spawnSync(process.execPath, [cli.main, ...argv], { encoding: 'utf8' });

describe('sheaf --version', () => {
  it.each(['--version', '-V'])('answers %s with the version of the package', async (option) => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(run(option)).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('answers without loading the rest of the program', async () => {
    const alone = await temporaryDirectory();
    onTestFinished(() => alone.remove());
    const built = dirname(cli.main);
    const place = join(alone.path, relative(cli.directory, built));
    await cp(join(cli.directory, 'package.json'), join(alone.path, 'package.json'));
    await cp(built, place, {
      recursive: true,
      filter: (from) => from === built || /^(main|version|package)\b/.test(basename(from)),
    });
    const main = join(place, basename(cli.main));
    expect(spawnSync(process.execPath, [main, '--version']).status).toBe(0);
    expect(spawnSync(process.execPath, [main, 'help']).status).not.toBe(0);
  });
});

describe('the process', () => {
  it('ends with the status of the refusal and prints no stack', () => {
    const { status, stdout, stderr } = run('nonsense');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('error: There is no command "nonsense".');
    expect(stderr).not.toContain('    at ');
  });

  it('writes a long document whole into a pipe', () => {
    const { status, stdout } = run('help', '--json');
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { ok: boolean }).ok).toBe(true);
  });

  it('ends in peace when the reader of its output has enough', async () => {
    const line = `"${process.execPath}" "${cli.main}" explain | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', line]);
    expect(stdout.trim().split('\n').at(-1)).toBe('0');
    expect(stderr).toBe('');
  });
});

describe('an interrupt', () => {
  const verify = ['signature', 'verify', '-f', 'a', '-I', 'b', '-n', 'c', '-s', 'd'];

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s ends the command with 130 and one sentence',
    async (signal) => {
      // Waits for standard input, which stays open.
      const child = spawn(process.execPath, [cli.main, ...verify], { stdio: ['pipe', 'pipe', 'pipe'] });
      const said = output(child);
      await reading(child);
      child.kill(signal);
      expect(await exit(child)).toEqual({ status: 130, signal: null });
      expect(await said).toContain('Interrupted; nothing was changed.');
    },
  );
});

/** Resolves when the child reads its input: more than a pipe holds has been taken out of it. */
function reading(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => child.stdin?.write(Buffer.alloc(1 << 20), resolve));
}

function exit(child: ChildProcess): Promise<{ status: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => child.once('exit', (status, signal) => resolve({ status, signal })));
}

async function output(child: ChildProcess): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of child.stderr ?? []) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString();
}
