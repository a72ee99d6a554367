import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundle } from '../../test/support/bundle.ts';
import { hasEnded, parseIdentity, thisProcess } from './process-identity.ts';
import { withProcessLock } from './process-lock.ts';

let program: string;
let directory: string;
let path: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  program = await bundle(new URL('../../test/support/lock-child.ts', import.meta.url));
});
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-lock-'));
  path = join(directory, 'deep', 'lock');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

function start(...parameters: string[]): ChildProcess {
  const child = spawn(process.execPath, [program, ...parameters], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return child;
}

async function holder(): Promise<ChildProcess> {
  const child = start('hold', path);
  await once(child.stdout!, 'data');
  return child;
}

const what = 'the test';
const done = () => Promise.resolve('done');

describe('withProcessLock', () => {
  it('runs the work, passes on its result or error, and leaves nothing behind', async () => {
    expect(await withProcessLock(path, { what }, done)).toBe('done');
    await expect(withProcessLock(path, { what }, () => Promise.reject(new Error('no')))).rejects.toThrow(
      'no',
    );
    expect(await readdir(join(directory, 'deep'))).toEqual([]);
  });

  it('lets one in at a time within a process', async () => {
    const log: string[] = [];
    const enter = (name: string) =>
      withProcessLock(path, { what }, async () => {
        log.push(`${name} in`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        log.push(`${name} out`);
      });
    await Promise.all([enter('a'), enter('b')]);
    expect(log).toHaveLength(4);
    expect(log[0]!.replace(' in', '')).toBe(log[1]!.replace(' out', ''));
  });

  it('lets one in at a time among processes', async () => {
    const file = join(directory, 'log');
    const others = [
      start('count', path, file, '15'),
      start('count', path, file, '15'),
      start('count', path, file, '15'),
    ];
    await Promise.all(others.map((child) => once(child, 'exit')));
    expect(await readFile(file, 'utf8')).toBe('in\nout\n'.repeat(45));
  });

  it('says once whom it waits for, and goes on when that one ends', async () => {
    const child = await holder();
    const messages: string[] = [];
    const entered = withProcessLock(path, { what, onWait: (message) => messages.push(message) }, done);
    while (messages.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    child.kill('SIGKILL');
    expect(await entered).toBe('done');
    expect(messages).toEqual([`Waiting for another sheaf (process ${child.pid}) to finish with the test.`]);
  });

  it('takes over from a process that was killed, and only one of several does', async () => {
    const child = await holder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    let inside = 0;
    let most = 0;
    const enter = () =>
      withProcessLock(path, { what }, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 2));
        inside--;
      });
    await Promise.all(Array.from({ length: 8 }, enter));
    expect(most).toBe(1);
    expect(await readdir(join(directory, 'deep'))).toEqual([]);
  });

  it('takes over from a process whose number was given to another one', async () => {
    const child = await holder();
    const held = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
    child.kill('SIGKILL');
    await once(child, 'exit');
    // This process lives and has the number now, but it did not start when the owner did.
    await writeFile(path, `${JSON.stringify({ ...held, pid: process.pid })}\n`);
    const waits = process.platform === 'linux' ? 0 : 1;
    const messages: string[] = [];
    const options = { what, maxWait: 1, onWait: (message: string) => messages.push(message) };
    await withProcessLock(path, options, done).catch(() => undefined);
    expect(messages).toHaveLength(waits);
  });

  it('takes over a file that its owner never got to fill, but not before its owner had the time', async () => {
    await withProcessLock(path, { what }, () => writeFile(join(directory, 'x'), ''));
    await writeFile(path, '');
    const failed = withProcessLock(path, { what, maxWait: 1 }, done);
    await expect(failed).rejects.toMatchObject({ code: 'SHEAF_IN_USE' });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path, longAgo, longAgo);
    expect(await withProcessLock(path, { what, maxWait: 1 }, done)).toBe('done');
  });

  it('gives up after its time and names the process and the file', async () => {
    const child = await holder();
    await expect(withProcessLock(path, { what, maxWait: 30 }, done)).rejects.toMatchObject({
      code: 'SHEAF_IN_USE',
      message: `Another sheaf (process ${child.pid}) still works on the test.`,
      hint: expect.stringContaining(path),
    });
  });

  it('can be aborted while it waits', async () => {
    await holder();
    const controller = new AbortController();
    const waiting = withProcessLock(
      path,
      { what, signal: controller.signal, onWait: () => controller.abort() },
      done,
    );
    await expect(waiting).rejects.toMatchObject({ code: 'SHEAF_INTERRUPTED' });
  });

  it('refuses a place that is taken by a file', async () => {
    await writeFile(join(directory, 'deep'), 'a file');
    await expect(withProcessLock(path, { what }, done)).rejects.toMatchObject({ code: 'SHEAF_PATH' });
  });
});

describe('hasEnded', () => {
  const self = {
    pid: process.pid,
    host: 'here',
    boot: 'b1',
    namespace: 'n1',
    started: thisProcess().started,
  };

  it('knows a running process, and one of an earlier start of the machine', () => {
    expect(hasEnded(thisProcess())).toBe(false);
    expect(hasEnded({ ...self, boot: 'b0' }, self)).toBe(true);
    expect(hasEnded({ ...self, boot: 'b0', host: 'there' }, { ...self, host: 'here' })).toBe(false);
  });

  it('does not judge processes of other machines and containers', () => {
    expect(hasEnded({ ...self, pid: 2 ** 30, boot: 'b2', host: 'there' }, self)).toBe(false);
    expect(hasEnded({ ...self, pid: 2 ** 30, namespace: 'n2' }, self)).toBe(false);
    expect(hasEnded({ ...self, pid: 2 ** 30 }, self)).toBe(true);
  });

  it('reads back what it writes, and nothing else', () => {
    expect(parseIdentity(JSON.stringify(thisProcess()))).toEqual(thisProcess());
    for (const text of ['', '{}', 'null', '{"pid":-1}', '{"pid":"1"}'])
      expect(parseIdentity(text)).toBeUndefined();
  });
});
