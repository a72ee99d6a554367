import { CaseHost } from '../../core/authoring/judge-answer.ts';
import type { PluginStarter, StartedPlugin } from '../../core/authoring/ports.ts';
import { SheafError } from '../../core/errors.ts';
import type { Manifest } from '../../core/formats/manifest.ts';
import type { PluginCase } from '../../core/formats/plugin-case.ts';
import type { PluginCode } from '../../core/runtime/found-plugin.ts';
import { memoryCap } from '../../core/runtime/wasm-limits.ts';
import { quote } from '../../core/text.ts';

/** What is checked, and with what. */
export interface ConformanceWorld {
  readonly starter: PluginStarter;
  readonly manifest: Manifest;
  readonly code: PluginCode;
  /** The author's own cases: the only inputs of which it is known that they mean something. */
  readonly cases: readonly PluginCase[];
}

/** Something that every plugin has to stand. */
export interface ConformanceTest {
  readonly name: string;
  /** Why it does not, as a sentence. A thrown `SheafError` is such a sentence, too. */
  readonly check: (world: ConformanceWorld) => Promise<string | undefined>;
}

/** A text that a careless plugin copies until its memory ends. */
const LONG_TEXT = 'x'.repeat(262_144);

/** JSON values that no command means. */
const GARBAGE: readonly unknown[] = [
  null,
  [],
  '',
  -0.5,
  { unexpected: { member: [true, null] } },
  nested(60),
  '\u0000\ud800"\\',
];

/** The fixed tests, in their order. */
export const CONFORMANCE: readonly ConformanceTest[] = [
  { name: 'is loaded, initialized and unloaded, twice', check: loadsTwice },
  { name: 'answers garbage with a value or an error, and lives on', check: survivesGarbage },
  { name: 'lives on when it is denied its capabilities', check: survivesDenial },
  { name: 'can be ended in the middle of a call', check: canBeEnded },
  { name: 'keeps to the memory that its manifest states', check: keepsToMemory },
];

async function loadsTwice({ starter, manifest, code }: ConformanceWorld): Promise<string | undefined> {
  for (let time = 0; time < 2; time++) {
    const started = await start(starter, manifest, code, all(manifest), new CaseHost());
    await started.dispose();
    if (started.commands.length === 0) return 'It has no command.';
    const missing = manifest.provides.commands.find((command) => !started.commands.includes(command));
    if (missing !== undefined) return `It has no command ${quote(missing)}, which its manifest provides.`;
  }
  return undefined;
}

async function survivesGarbage(world: ConformanceWorld): Promise<string | undefined> {
  return withPlugin(world, all(world.manifest), async (started) => {
    for (const command of started.commands) {
      for (const input of GARBAGE) {
        const fault = await endOf(started, command, input);
        if (fault !== undefined) return `${quote(command)} with ${quote(JSON.stringify(input))}: ${fault}`;
      }
    }
    return undefined;
  });
}

async function survivesDenial(world: ConformanceWorld): Promise<string | undefined> {
  if (world.manifest.security.capabilities.length === 0) return undefined;
  return withPlugin(world, [], async (started) => {
    for (const { command, input, name } of world.cases) {
      const fault = await endOf(started, command, input);
      if (fault !== undefined) return `In the case ${quote(name)}: ${fault}`;
    }
    return undefined;
  });
}

/** What a host does to a call that takes too long; the plugin must leave nothing behind that hinders the next one. */
async function canBeEnded({ starter, manifest, code, cases }: ConformanceWorld): Promise<string | undefined> {
  const [first] = cases;
  for (let time = 0; time < 2; time++) {
    const started = await start(starter, manifest, code, all(manifest), new CaseHost());
    const command = first?.command ?? started.commands[0] ?? '';
    const giveUp = new AbortController();
    const call = started.execute(command, first?.input ?? null, { signal: giveUp.signal });
    giveUp.abort();
    await call.catch((error: unknown) => {
      if (!(error instanceof SheafError)) throw error;
    });
    await started.dispose();
  }
  return undefined;
}

async function keepsToMemory(world: ConformanceWorld): Promise<string | undefined> {
  const cap = memoryCap(world.manifest.performance.maxMemoryMb);
  return withPlugin(world, all(world.manifest), async (started) => {
    for (const command of started.commands) {
      const fault = await endOf(started, command, { text: LONG_TEXT });
      if (fault !== undefined) return `${quote(command)} with a text of 256 KiB: ${fault}`;
    }
    const [first] = world.cases;
    if (first === undefined) return undefined;
    const answer = await started.execute(first.command, first.input).catch(onlyOwnErrors);
    if (answer === undefined || answer.metrics.memoryBytes <= cap) return undefined;
    return `It uses ${answer.metrics.memoryBytes} bytes where ${cap} are stated.`;
  });
}

function onlyOwnErrors(error: unknown): undefined {
  if (error instanceof SheafError && error.code === 'SHEAF_PLUGIN') return undefined;
  throw error;
}

/** Why a call was the end of the plugin; undefined when it gave a value or an error. */
async function endOf(started: StartedPlugin, command: string, input: unknown): Promise<string | undefined> {
  try {
    await started.execute(command, input);
    return undefined;
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    return error.code === 'SHEAF_PLUGIN' ? undefined : error.message;
  }
}

async function withPlugin(
  { starter, manifest, code }: ConformanceWorld,
  granted: readonly string[],
  work: (started: StartedPlugin) => Promise<string | undefined>,
): Promise<string | undefined> {
  const started = await start(starter, manifest, code, granted, new CaseHost());
  try {
    return await work(started);
  } finally {
    await started.dispose();
  }
}

function start(
  starter: PluginStarter,
  manifest: Manifest,
  code: PluginCode,
  granted: readonly string[],
  { answer }: CaseHost,
): Promise<StartedPlugin> {
  return starter.start({ manifest, code, granted, answer });
}

function all({ security }: Manifest): readonly string[] {
  return security.capabilities.map(({ id }) => id);
}

function nested(depth: number): unknown {
  return depth === 0 ? {} : { deeper: nested(depth - 1) };
}
