import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBubblewrapSandbox, whyNoBubblewrap } from '../../src/host/bubblewrap-sandbox.ts';
import { createPlainSandbox } from '../../src/host/plain-sandbox.ts';
import type { RunningPlugin } from '../../src/host/running-plugin.ts';
import { compiler } from '../support/native/compiler.ts';
import { createNativeWorld, type NativeLanguage, type NativeWorld } from '../support/native-world.ts';
import { isThere, openDescriptors } from '../support/process-census.ts';

/** Programs that attack the host that started them. Afterwards it is as before, and so is the plugin beside them. */

const why = await whyNoBubblewrap();
if (why !== undefined) console.warn(`skipped: hostile native plugins, because ${why}`);
if (compiler === undefined) console.warn('skipped: hostile plugins in C, because there is no C compiler');

const MEBIBYTE = 2 ** 20;
const failureOf = (call: Promise<unknown>) => call.catch((thrown: unknown) => thrown);
const failure = (code: string, text = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(text) as string });

describe.skipIf(why !== undefined || compiler === undefined)('a hostile native plugin in C', () => {
  attacksBy('C');
});
describe.skipIf(why !== undefined)('a hostile native plugin in JavaScript', () => {
  attacksBy('JavaScript');
});

function attacksBy(language: NativeLanguage): void {
  let world: NativeWorld;
  let bystander: RunningPlugin;
  let descriptors: number;

  beforeAll(async () => {
    world = await createNativeWorld(createBubblewrapSandbox());
    bystander = await world.start('innocent', { language });
    descriptors = openDescriptors();
  });

  afterEach(async () => {
    expect((await bystander.execute('run', null)).output).toBe('well');
    const others = () => world.survivors().filter((line) => !line.includes('/innocent~'));
    await expect.poll(others, { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => world.pids.slice(1).filter(isThere), { timeout: 20_000 }).toEqual([]);
    expect(world.leftovers()).toEqual([]);
    await expect.poll(openDescriptors, { timeout: 20_000 }).toBeLessThanOrEqual(descriptors);
  });

  afterAll(async () => {
    await bystander?.dispose();
    await world.close();
  });

  /** What a call of it comes to; then it is gone. */
  async function outcome(deed: string, input: unknown = null, plugin = {}): Promise<unknown> {
    const started = await world.start(deed, { language, ...plugin });
    const result = await started.execute('run', input).then(
      ({ output }) => output,
      (thrown: unknown) => thrown,
    );
    await started.dispose();
    return result;
  }

  it('that talks nonsense breaks the protocol', async () => {
    const error = await failureOf(world.start('garbage', { language }));
    expect(error).toEqual(failure('SHEAF_PROTOCOL'));
  });

  it('that never answers initialize is ended', async () => {
    const error = await failureOf(world.start('mute', { language }));
    expect(error).toEqual(failure('SHEAF_TIMEOUT', 'took longer than 5000 ms for "initialize"'));
  });

  it('that ignores shutdown, SIGTERM and the end of its input is ended', async () => {
    const plugin = await world.start('deaf', { language });
    await plugin.dispose();
    expect(await plugin.closed).toEqual(failure('SHEAF_TIMEOUT', '"shutdown"'));
    expect(isThere(world.pids.at(-1) ?? 0)).toBe(false);
  });

  it.each([
    ['answers a question that nobody asked', 'another-id', 'which nobody asked'],
    ['sends a line without an end', 'long-line', 'a line of more than 1048576 bytes'],
  ])('that %s breaks the protocol', async (_what, deed, text) => {
    expect(await outcome(deed)).toEqual(failure('SHEAF_PROTOCOL', text));
  });

  it('that answers twice breaks the protocol', async () => {
    const plugin = await world.start('answers-twice', { language });
    await failureOf(plugin.execute('run', null));
    expect(await plugin.closed).toEqual(failure('SHEAF_PROTOCOL', 'which nobody asked or which is answered'));
  });

  it.each([
    ['never ends', 'spins'],
    ['starts processes without end', 'forks'],
  ])('that %s is ended, with all that it started', async (_what, deed) => {
    const error = await outcome(deed, null, { budgetUs: 50_000 });
    expect(error).toEqual(failure('SHEAF_TIMEOUT', 'took longer than 1000 ms'));
  });

  it('that takes memory without end crashes', async () => {
    expect(await outcome('grows', null, { memoryMb: 16 })).toEqual(failure('SHEAF_CRASHED'));
  });

  it('that leaves a process behind when it ends does not', async () => {
    const error = await outcome('leaves');
    expect(error).toMatchObject({ code: 'SHEAF_CRASHED', details: { exitCode: 3 } });
  });

  it('reads nothing of the host', async () => {
    const paths = [
      '/etc/shadow',
      '/etc/passwd',
      homedir(),
      process.cwd(),
      import.meta.filename,
      '/proc/1/root/etc/shadow',
    ];
    const read = (await outcome('reads', { paths })) as Record<string, string>;
    expect(Object.keys(read)).toEqual(paths);
    expect(Object.values(read)).not.toContain('done');
  });

  it('writes nowhere but into its work directory', async () => {
    const outside = [
      '/sheaf/plugin/x',
      '/sheaf/x',
      '/usr/x',
      '/etc/x',
      '/x',
      '/dev/x',
      '/proc/sys/kernel/hostname',
    ];
    const paths = [...outside, '/sheaf/work/own', '/tmp/own'];
    const written = (await outcome('writes', { paths })) as Record<string, string>;
    expect(Object.keys(written).filter((path) => written[path] === 'done')).toEqual([
      '/sheaf/work/own',
      '/tmp/own',
    ]);
    expect(Object.keys(written)).toEqual(paths);
  });

  it('fills its work directory and no more', async () => {
    const { bytes, write } = (await outcome('fills')) as { readonly bytes: number; readonly write: string };
    expect(bytes).toBeLessThanOrEqual(64 * MEBIBYTE);
    expect(write).toMatch(/ENOSPC|EFBIG|No space left|File too large/);
  });

  describe('reaches', () => {
    async function reach(plugin: { readonly network?: boolean; readonly level?: 'high' }) {
      const server = createServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { readonly port: number };
      const reached = (await outcome('reaches', { port }, plugin)) as Record<string, string>;
      await new Promise((resolve) => server.close(resolve));
      return reached['connect'];
    }

    it('no server of the host', async () => {
      expect(await reach({})).not.toBe('done');
    });

    it('a server where the policy of the host gives it the network', async () => {
      expect(await reach({ network: true })).toBe('done');
    });

    it('none under the level high, whatever the policy says', async () => {
      expect(await reach({ network: true, level: 'high' })).toMatch(/EPERM|Operation not permitted|Bad file/);
    });
  });

  it('kills neither its host nor what holds it', async () => {
    expect(await outcome('kills')).toBe('alive');
  });

  it('that floods its error output is listened to all the same', async () => {
    expect(await outcome('floods')).toBe('well');
  });
}

describe('a hostile native plugin where nothing isolates it', () => {
  let world: NativeWorld;
  beforeAll(async () => {
    world = await createNativeWorld(createPlainSandbox());
  });
  afterAll(() => world.close());
  const start = (deed: string, budgetUs = 50_000) => world.start(deed, { language: 'JavaScript', budgetUs });

  it('is said to have no more than a process of its own', async () => {
    const plugin = await start('innocent');
    expect(await plugin.execute('run', null)).toMatchObject({ output: 'well', isolation: 'process' });
    await plugin.dispose();
  });

  it.each([
    ['never ends', 'spins', 'SHEAF_TIMEOUT'],
    ['answers a question that nobody asked', 'another-id', 'SHEAF_PROTOCOL'],
  ])('that %s is ended, and nothing of it is left', async (_what, deed, code) => {
    const plugin = await start(deed);
    expect(await failureOf(plugin.execute('run', null))).toEqual(failure(code));
    await plugin.dispose();
    expect(world.pids.filter(isThere)).toEqual([]);
    expect(world.leftovers()).toEqual([]);
  });
});
