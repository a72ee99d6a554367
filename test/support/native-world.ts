import { copyFileSync, readdirSync, symlinkSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConnectionHandlers } from '../../src/host/connection.ts';
import { startNative } from '../../src/host/native-plugin.ts';
import type { RunningPlugin } from '../../src/host/running-plugin.ts';
import type { ProcessSpec, Sandbox } from '../../src/host/sandbox.ts';
import { compileC, compiler } from './native/compiler.ts';
import { commandLines } from './process-census.ts';
import { type TestPlugin, testManifest } from './runner-world.ts';

const SOURCES = fileURLToPath(new URL('native', import.meta.url));

/** What the plugins of a world are written in. */
export type NativeLanguage = 'C' | 'JavaScript';

/** What a plugin of it may differ in. */
export interface NativeTestPlugin extends TestPlugin {
  readonly network?: boolean;
  readonly language?: NativeLanguage;
}

/** Real native plugins in real processes, each of which does one thing that its file is named after. */
export interface NativeWorld {
  /** The directory that all of them are installed in. */
  readonly directory: string;
  readonly pids: readonly number[];
  start(deed: string, plugin?: NativeTestPlugin): Promise<RunningPlugin>;
  /** Command lines of processes of this world that are still there. */
  survivors(): readonly string[];
  /** Directories that they had to write in and that are still there. */
  leftovers(): readonly string[];
  close(): Promise<void>;
}

/** Compiles the hostile plugin; `close` removes all of it. Directories of plugins are made below its own. */
export async function createNativeWorld(sandbox: Sandbox): Promise<NativeWorld> {
  const root = await mkdtemp(join(tmpdir(), 'sheaf-native-'));
  const [directory, workdirs] = [join(root, 'installed'), join(root, 'workdirs')];
  for (const path of [directory, workdirs]) await mkdir(path);
  await chmod(directory, 0o755);
  const tag = root.slice(-6);
  const temporary = process.env['TMPDIR'];
  process.env['TMPDIR'] = workdirs;
  const program = join(directory, 'hostile');
  if (compiler !== undefined) await compileC(join(SOURCES, 'hostile.c'), program);
  const pids: number[] = [];
  const spawn = (spec: ProcessSpec) => {
    const started = sandbox.spawn(spec);
    if (started.pid !== undefined) pids.push(started.pid);
    return started;
  };
  return {
    directory,
    pids,
    start(deed, plugin = {}) {
      const { language = 'C', network = false, config = {} } = plugin;
      const entry = language === 'C' ? `${deed}~${tag}` : `${deed}~${tag}.mjs`;
      const isThere = readdirSync(directory).includes(entry);
      if (!isThere && language === 'C') symlinkSync('hostile', join(directory, entry));
      if (!isThere && language !== 'C') copyFileSync(join(SOURCES, 'hostile.mjs'), join(directory, entry));
      const manifest = testManifest({ name: deed, ...plugin, tier: 'native' });
      const granted = manifest.security.capabilities.map(({ id }) => id);
      const handlers: ConnectionHandlers = {
        hostCall: () => Promise.resolve(null),
        log: () => {},
        ...plugin.handlers,
      };
      return startNative(
        { manifest, directory, entry, granted, config, network },
        { ...sandbox, spawn },
        handlers,
      );
    },
    survivors: () => commandLines().filter((line) => line.includes(`~${tag}`)),
    leftovers: () => readdirSync(workdirs),
    async close() {
      if (temporary === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = temporary;
      await rm(root, { recursive: true, force: true });
    },
  };
}
