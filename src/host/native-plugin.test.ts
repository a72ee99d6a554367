import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testManifest } from '../../test/support/runner-world.ts';
import { bestSandbox } from './best-sandbox.ts';
import { type NativePlugin, startNative } from './native-plugin.ts';
import { createPlainSandbox } from './plain-sandbox.ts';
import type { ProcessSpec, Sandbox } from './sandbox.ts';

const { sandbox, available } = await bestSandbox();
if (available.whyNotBetter !== undefined) console.warn(`skipped: filters, because ${available.whyNotBetter}`);

/** Answers each call with what it was initialized with, or with what becomes of a connection to a port. */
const PLUGIN = `
  import { connect } from 'node:net';
  import { createInterface } from 'node:readline';
  let initialized;
  const answer = (id, result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
  const reach = (port) => new Promise((resolve) => {
    connect(port, '127.0.0.1').on('connect', () => resolve('reached')).on('error', ({ code }) => resolve(code));
  });
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params } = JSON.parse(line);
    if (method === 'initialize') { initialized = params; answer(id, { protocol: 1, commands: ['run', 'more'] }); }
    else if (method === 'shutdown') { answer(id, null); process.exit(); }
    else if (method === 'execute') {
      const { port, waitMs } = params.input ?? {};
      if (waitMs !== undefined) setTimeout(() => answer(id, waitMs), waitMs);
      else answer(id, port === undefined ? { initialized, environment: process.env } : await reach(port));
    }
  }`;

let directory: string;
let server: Server;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-native-'));
  await chmod(directory, 0o755);
  await writeFile(join(directory, 'plugin.mjs'), PLUGIN);
  server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
  server.close();
});

const HANDLERS = { hostCall: () => Promise.resolve(null), log: () => {} };

function start(
  manifest: Parameters<typeof testManifest>[0],
  where: Sandbox,
  more: Partial<NativePlugin> = {},
) {
  const plugin = {
    directory,
    entry: 'plugin.mjs',
    granted: ['query'],
    config: { a: 1 },
    network: false,
    ...more,
  };
  return startNative({ manifest: testManifest({ ...manifest, tier: 'native' }), ...plugin }, where, HANDLERS);
}

/** How it was started. */
async function specOf(manifest: Parameters<typeof testManifest>[0], more: Partial<NativePlugin> = {}) {
  const specs: ProcessSpec[] = [];
  const plain = createPlainSandbox();
  const spawn = (spec: ProcessSpec) => {
    specs.push(spec);
    return plain.spawn(spec);
  };
  await (await start(manifest, { ...plain, spawn }, more)).dispose();
  return specs[0]!;
}

it('is initialized with its configuration, its capabilities and its memory, and told nothing else', async () => {
  const plugin = await start({ name: 'lens', memoryMb: 10 }, createPlainSandbox());
  const { output, isolation } = await plugin.execute('run', null);
  expect(output).toMatchObject({
    initialized: {
      plugin: 'lens',
      config: { a: 1 },
      capabilities: ['query'],
      limits: { memory_bytes: 10_485_760 },
    },
    environment: { PATH: '/usr/local/bin:/usr/bin:/bin' },
  });
  expect(isolation).toBe('process');
  await plugin.dispose();
});

it('answers several calls at the same time', async () => {
  const plugin = await start({}, createPlainSandbox());
  const answered: unknown[] = [];
  const call = async (waitMs: number) => answered.push((await plugin.execute('run', { waitMs })).output);
  await Promise.all([call(400), call(1)]);
  expect(answered).toEqual([1, 400]);
  await plugin.dispose();
});

it('has no commands but those that its manifest provides, and must have all of them', async () => {
  const plugin = await start({ commands: ['run'] }, createPlainSandbox());
  expect(plugin.commands).toEqual(['run']);
  await plugin.dispose();
  await expect(start({ commands: ['run', 'lost'] }, createPlainSandbox())).rejects.toMatchObject({
    code: 'SHEAF_ABI',
  });
});

it('has bounds on memory, processes and its directory, which the manifest may lower', async () => {
  const [small, ordinary] = [await specOf({ memoryMb: 10 }), await specOf({})];
  expect((ordinary.memoryBytes ?? 0) - (small.memoryBytes ?? 0)).toBe(54 * 2 ** 20);
  expect(ordinary).toMatchObject({ processes: 64, workdirBytes: 67_108_864, network: false });
  expect(ordinary.cpuSeconds).toBeUndefined();
});

it('has no network under the level high, whoever allows it', async () => {
  expect((await specOf({}, { network: true })).network).toBe(true);
  expect((await specOf({ level: 'high' }, { network: true })).network).toBe(false);
});

describe.skipIf(sandbox.level !== 'os')('its own seccomp.json', () => {
  const reach = async () => {
    const plugin = await start({}, sandbox, { network: true });
    const { port } = server.address() as { readonly port: number };
    const { output } = await plugin.execute('run', { port });
    await plugin.dispose();
    return output;
  };
  const file = () => join(directory, 'seccomp.json');

  it('forbids what the host would allow', async () => {
    expect(await reach()).toBe('reached');
    await writeFile(file(), '{ "forbid": ["connect"] }');
    expect(await reach()).toBe('EPERM');
    await rm(file());
  });

  it('refuses the plugin when it cannot be read: it must not be taken for none', async () => {
    await writeFile(file(), '{ "forbid": ["conect"] }');
    await expect(reach()).rejects.toMatchObject({ code: 'SHEAF_INVALID_FILE' });
    await rm(file());
  });
});
