import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR } from '../src/core/instant.ts';
import { pluginName } from '../src/core/plugin-name.ts';
import type { ClientPorts, IndexSource } from '../src/core/ports.ts';
import { readTrustState } from '../src/core/trust/trust-state.ts';
import type { Version } from '../src/core/version.ts';
import { gitLocation } from '../src/io/git/git-location.ts';
import { openRegistries } from '../src/ops/registries/open-registry.ts';
import { registryAdd } from '../src/ops/registries/registry-add.ts';
import { sync } from '../src/ops/registries/sync.ts';
import {
  answeringPrompt,
  RegistrySimulator,
  recordingReporter,
  type TemporaryDirectory,
  temporaryDirectory,
} from '../src/testkit/index.ts';
import { connectClient } from '../src/wiring/client.ts';
import { bundle } from './support/bundle.ts';
import { gitInProcess } from './support/git-in-process.ts';
import { TRANSPORTS, type TransportHost } from './support/transports.ts';

const NAME = pluginName('graph-lens');
const NEW = '1.1.0' as Version;
/** A step over Git takes two processes: of these every fourth, and all with SHEAF_FUZZ_RUNS (test/support/fuzzing.ts). */
const isLong = process.env['SHEAF_FUZZ_RUNS'] !== undefined;

let child: string;
let worker: string;
let hook: string;
let scratch: TemporaryDirectory;

beforeAll(async () => {
  [child, worker, hook] = await Promise.all([
    bundle(new URL('support/sync-crash-child.ts', import.meta.url)),
    bundle(new URL('../src/io/git/git-worker.ts', import.meta.url)),
    bundle(new URL('support/crash-hook.ts', import.meta.url)),
  ]);
  scratch = await temporaryDirectory();
});

afterAll(async () => {
  await scratch.remove();
});

/** A process that synchronises, and dies where `crash` says. */
function run(
  home: string,
  now: number,
  environment: Record<string, string>,
): Promise<{ signal: string | null; said: string }> {
  const started = spawn(process.execPath, ['--import', hook, child, home, String(now), worker], {
    env: { PATH: process.env['PATH'], HOME: home, NODE_OPTIONS: `--import=${hook}`, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  started.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  started.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return new Promise((resolve) => started.on('close', (_code, signal) => resolve({ signal, said })));
}

describe.each(TRANSPORTS)('a sync over $name', (transport) => {
  let registry: RegistrySimulator;
  let host: TransportHost;
  let base: string;
  let now: number;

  const portsIn = (home: string): ClientPorts => ({
    ...connectClient({
      project: join(home, 'project'),
      global: false,
      offline: false,
      environment: { SHEAF_HOME: home, PATH: process.env['PATH'] },
      prompt: answeringPrompt('nobody'),
      reporter: recordingReporter(),
    }),
    clock: { now: () => now },
    openSource: (url) => opened(url, home),
  });

  /** The same clone that the process used which died. */
  const opened = (url: string, home: string): IndexSource => {
    const location = gitLocation(url);
    const gitdir = join(home, 'git', clone);
    return location === undefined ? transport.open(url, home) : gitInProcess(location, gitdir, { url });
  };
  let clone = 'none';

  /** What a new process finds: the trusted root and checkpoint. */
  async function found(home: string): Promise<string> {
    const bytes = await portsIn(home).user.readTrust(registry.rootId);
    if (bytes === undefined) return 'nothing';
    const { root, checkpoint } = readTrustState(bytes, registry.rootId);
    return `root ${root.version}, ${checkpoint?.epoch}-${checkpoint?.version}`;
  }

  beforeAll(async () => {
    const directory = await mkdtemp(join(scratch.path, 'registry-'));
    registry = new RegistrySimulator();
    registry.addRelease({ name: NAME, version: '1.0.0' });
    await registry.publish();
    now = registry.now + 2 * HOUR;
    const served = join(directory, 'served');
    await mkdir(served);
    host = await transport.start(served);
    await host.show(await transport.honest(registry));
    base = join(directory, 'base');
    await mkdir(base);
    await registryAdd(portsIn(base), { url: host.url, root: registry.rootId, yes: false });
    await run(base, now, {});
    clone = (await readdir(join(base, 'git')).catch(() => [])).find((name) => name !== 'none') ?? 'none';
    await rm(join(base, 'git', 'none'), { recursive: true, force: true });
    // The next sync finds a new root as well as a new checkpoint, so that it keeps a state twice.
    registry.now += HOUR;
    registry.rotateRoot({});
    registry.addRelease({ name: NAME, version: NEW });
    await registry.publish();
    await host.show(await transport.honest(registry));
  });
  afterAll(() => host.close());

  async function freshCopy(): Promise<string> {
    const home = await mkdtemp(join(scratch.path, 'copy-'));
    await cp(base, home, { recursive: true, preserveTimestamps: true });
    return home;
  }

  const programs = transport.name === 'Git' ? ['sync-crash-child', 'git-worker'] : ['sync-crash-child'];
  it.each(programs)(
    'that is killed at any step of its %s leaves a state that holds, and the next one goes on',
    async (program) => {
      const file = program === 'git-worker' ? worker : child;
      const log = join(scratch.path, `${program}-${transport.name.replace(' ', '')}.log`);
      const whole = await freshCopy();
      expect(await found(whole)).toBe('root 1, 1-1');
      expect(await run(whole, now, { CRASH: `${file} 0`, CRASH_LOG: log })).toEqual({
        signal: null,
        said: 'done',
      });
      expect(await found(whole)).toBe('root 2, 1-2');
      const steps = (await readFile(log, 'utf8')).trim().split('\n');
      expect(steps.length).toBeGreaterThan(program === 'git-worker' ? 3 : 15);

      const stride = isLong || transport.name !== 'Git' ? 1 : 4;
      const deaths = steps.flatMap((name, index) => {
        if ((steps.length - 1 - index) % stride !== 0) return [];
        return /write/i.test(name) ? [`${index + 1} clean`, `${index + 1} torn`] : [`${index + 1} clean`];
      });
      const seen = new Set<string>();
      const next = async (): Promise<void> => {
        for (let death = deaths.shift(); death !== undefined; death = deaths.shift()) {
          const home = await freshCopy();
          const { signal, said } = await run(home, now, { CRASH: `${file} ${death}`, CRASH_LOG: log });
          // A worker that dies is told of by the process that waits for it.
          const died = program === 'git-worker' ? /could not be read|ended/ : /^$/;
          expect({ death, signal, said }).toEqual({
            death,
            signal: program === 'git-worker' ? null : 'SIGKILL',
            said: expect.stringMatching(died) as unknown,
          });
          const state = await found(home);
          expect(['root 1, 1-1', 'root 2, 1-1', 'root 2, 1-2'], death).toContain(state);
          seen.add(state);

          const ports = portsIn(home);
          await sync(ports, { aliases: [], full: true });
          expect(await found(home), death).toBe('root 2, 1-2');
          const [again] = await openRegistries(ports);
          expect((await again!.release(NAME, NEW)).manifest.version).toBe(NEW);
          await rm(home, { recursive: true });
        }
      };
      await Promise.all([next(), next(), next()]);
      // Otherwise the kills came all before or all after the steps that decide.
      expect(seen).toEqual(
        new Set(program === 'git-worker' ? ['root 1, 1-1'] : ['root 1, 1-1', 'root 2, 1-1', 'root 2, 1-2']),
      );
    },
    600_000,
  );
});
