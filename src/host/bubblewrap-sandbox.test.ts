import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seccompFilter } from '../core/runtime/seccomp-filter.ts';
import { createBubblewrapSandbox, whyNoBubblewrap } from './bubblewrap-sandbox.ts';
import type { ProcessSpec } from './sandbox.ts';

/** Real programs in a real sandbox. What each tries is what a hostile plugin would try. */

const MEBIBYTE = 2 ** 20;
const why = await whyNoBubblewrap();
if (why !== undefined) console.warn(`skipped: the sandbox, because ${why}`);

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-sandbox-'));
  await chmod(directory, 0o755);
  await writeFile(join(directory, 'data.txt'), 'read me\n');
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs a line of shell inside; its outputs and its end. */
async function inside(line: string, spec: Partial<ProcessSpec> = {}) {
  const started = createBubblewrapSandbox().spawn({
    command: ['/bin/sh', '-c', line],
    readOnly: [{ from: directory, to: '/sheaf/plugin' }],
    environment: { PATH: '/usr/bin' },
    workdirBytes: MEBIBYTE,
    network: false,
    ...spec,
  });
  const [stdout, stderr, end] = await Promise.all([
    text(started.stdout),
    text(started.stderr),
    started.ended,
  ]);
  return { stdout, stderr, ...end };
}

/** The same with JavaScript. */
const script = (source: string, spec: Partial<ProcessSpec> = {}) =>
  inside('', {
    command: ['/sheaf/node', '-e', source],
    readOnly: [{ from: process.execPath, to: '/sheaf/node' }],
    ...spec,
  });

describe.skipIf(why !== undefined)('a process inside bubblewrap', () => {
  it('gives a process what it was handed, a directory of its own, and its output back', async () => {
    const { stdout, exitCode } = await inside('cat /sheaf/plugin/data.txt; echo 1 > own; cat own; pwd');
    expect({ stdout, exitCode }).toEqual({ stdout: 'read me\n1\n/sheaf/work\n', exitCode: 0 });
  });

  it('finds what it was handed below /tmp, too, and its temporary files go where it may write', async () => {
    const readOnly = [{ from: directory, to: '/tmp/kit' }];
    const { stdout } = await inside('cat /tmp/kit/data.txt; dirname "$(mktemp)"', { readOnly });
    expect(stdout).toBe('read me\n/sheaf/work\n');
  });

  it('hides the files, the processes and the environment of the host', async () => {
    process.env['SHEAF_TEST_SECRET'] = 'secret';
    const { stdout } = await inside('ls /; ls /proc | grep -c "^[0-9]"; env');
    delete process.env['SHEAF_TEST_SECRET'];
    for (const hidden of ['home', 'root', 'etc/shadow', 'secret', 'mnt', 'var']) {
      expect(stdout.split('\n')).not.toContain(hidden);
    }
    expect(stdout).not.toContain('SECRET');
    const [processes] = /^\d+$/m.exec(stdout) ?? [];
    expect(Number(processes)).toBeLessThan(8);
  });

  it.each([
    ['the system', '/usr/bin/sheaf-was-here'],
    ['the root directory', '/sheaf-was-here'],
    ['what it was handed', '/sheaf/plugin/data.txt'],
    ['devices', '/dev/sheaf-was-here'],
    ['the kernel’s settings', '/proc/sys/kernel/hostname'],
  ])('does not let it write to %s', async (_, path) => {
    const { stdout } = await inside(`echo 1 2>&1 > ${path} && echo written || echo refused`);
    expect(stdout).toContain('refused');
  });

  it('bounds the directory that it may write', async () => {
    const { stdout } = await inside('head -c 4000000 /dev/zero > big || echo full; wc -c < big');
    expect(stdout).toContain('full');
    expect(Number(/^\d+$/m.exec(stdout)?.[0])).toBeLessThanOrEqual(MEBIBYTE);
  });

  it('has no network: not even the loopback of the host', async () => {
    const server = createServer((socket) => socket.end('reached'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const { stdout } = await script(
      `require('net').connect(${port}, '127.0.0.1').on('data', (d) => console.log(String(d))).on('error', (e) => console.log(e.code))`,
    );
    server.close();
    expect(stdout).toMatch(/ECONNREFUSED|ENETUNREACH/);
  });

  it('ends a fork bomb at the bound on its processes', async () => {
    const { stdout } = await inside(
      'i=0; while [ $i -lt 50 ]; do sleep 5 & i=$((i+1)); done 2>&1; echo "started all"',
      { processes: 8 },
    );
    expect(stdout).not.toContain('started all');
  });

  it('bounds its memory and its processor time', async () => {
    const hog = await script('const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1))', {
      memoryBytes: 256 * MEBIBYTE,
    });
    expect(hog.exitCode).not.toBe(0);
    const loop = await inside('while :; do :; done', { cpuSeconds: 1 });
    expect(loop.signal).toMatch(/SIGXCPU|SIGKILL/);
  });

  it('holds no privileges, and cannot get any', async () => {
    const { stdout } = await inside('id -u; grep -E "CapEff|CapBnd|NoNewPrivs|Seccomp:" /proc/self/status');
    expect(stdout).not.toMatch(/^0$/m);
    expect(stdout).toMatch(/CapEff:\s+0{16}/);
    expect(stdout).toMatch(/NoNewPrivs:\s+1/);
    expect(stdout).toMatch(/Seccomp:\s+2/);
    expect((await inside('unshare --user true 2>&1 || echo refused')).stdout).toContain('refused');
  });

  it('opens no sockets at all under the filter of the level high', async () => {
    const seccomp = seccompFilter(process.arch === 'arm64' ? 'arm64' : 'x64', 'high');
    const { stdout } = await script(
      `require('net').createServer().on('error', (e) => console.log(e.code)).listen(0)`,
      { seccomp, network: true },
    );
    expect(stdout).toContain('EPERM');
  });

  it('is gone as a whole when it is killed, with all that it started', async () => {
    const started = createBubblewrapSandbox().spawn({
      command: ['/bin/sh', '-c', 'sleep 1000 & setsid sleep 1000 & echo ready; wait'],
      readOnly: [],
      environment: { PATH: '/usr/bin' },
      workdirBytes: MEBIBYTE,
      network: false,
    });
    await new Promise((resolve) => started.stdout.once('data', resolve));
    started.kill();
    expect(await started.ended).toMatchObject({ signal: 'SIGKILL' });
    // Its pipes were held by the sleepers, too: that they are closed says that nobody is left.
    expect(started.stdout.destroyed).toBe(true);
  });

  it('tells the signal that ended what it ran', async () => {
    expect(await inside('kill -SEGV $$')).toMatchObject({ exitCode: null, signal: 'SIGSEGV' });
  });
});
