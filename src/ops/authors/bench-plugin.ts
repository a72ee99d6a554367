import { CaseHost } from '../../core/authoring/judge-answer.ts';
import type { PluginStarter } from '../../core/authoring/ports.ts';
import { invalidFile, SheafError } from '../../core/errors.ts';
import type { PluginCase } from '../../core/formats/plugin-case.ts';
import { type BudgetVerdict, judgeBudget } from '../../core/measuring/budget.ts';
import { type Comparison, compare, LEAST_QUADS, type Quad } from '../../core/measuring/comparison.ts';
import type { Reporter } from '../../core/ports.ts';
import { memoryCap } from '../../core/runtime/wasm-limits.ts';
import { quote } from '../../core/text.ts';
import { type AuthorPlugin, pathOf } from './author-plugin.ts';
import { type Measured, measureQuads, runBatch, warmUp } from './measure-case.ts';
import { type OpenPlugin, type OpenPorts, withPlugin } from './open-plugin.ts';
import { readSuite } from './read-suite.ts';

/** What `sheaf bench` was asked for: folders or artifacts. */
export interface BenchOptions {
  readonly path: string;
  /** The version before. */
  readonly against?: string;
}

/** What one case costs. Times are microseconds inside the plugin. */
export interface BenchResult extends BudgetVerdict {
  readonly name: string;
  /** The most memory it had, in bytes; exact for wasm, 0 where the plugin does not say. */
  readonly memoryBytes: number;
  readonly comparison?: Comparison;
}

/** What all cases cost. */
export interface BenchedPlugin {
  readonly name: string;
  readonly version: string;
  readonly against?: string;
  readonly budgetUs?: number;
  readonly memoryCapBytes: number;
  readonly results: readonly BenchResult[];
  /** No budget is exceeded by half of the calls, no case is slower than before. */
  readonly passed: boolean;
}

interface BenchPorts {
  readonly starter: PluginStarter;
  readonly reporter: Pick<Reporter, 'note'>;
}

/** Single calls of which the quantiles are taken, at least. */
const LEAST_SAMPLES = 200;
/** How often the quads are added to when they do not tell: on a busy machine they need company. */
const MOST_ROUNDS = 2;
/** How often fresh processes are asked until two answers are the same. */
const MOST_SESSIONS = 3;

/**
 * Measures the cases of a plugin's benchmarks, alone against its budgets, or interleaved with the version before in
 * one session, never with figures of another day. A verdict is what two sessions in fresh processes agree on.
 *
 * @throws SheafError `SHEAF_PATH` when there is nothing to measure, `SHEAF_INVALID_FILE`, and what a call fails with.
 */
export async function benchPlugin(
  ports: BenchPorts & OpenPorts,
  { path, against }: BenchOptions,
): Promise<BenchedPlugin> {
  return withPlugin(ports, path, async (side) => {
    requireCases(side.plugin);
    if (against === undefined) return benchSides(ports, side, undefined);
    return withPlugin(ports, against, (before) => benchSides(ports, side, before));
  });
}

function requireCases(plugin: AuthorPlugin): void {
  if (benchCases(plugin).length > 0) return;
  const folder = pathOf(plugin.path, plugin.manifest.testing.benchmarkSuite ?? 'bench/');
  throw new SheafError(
    'SHEAF_PATH',
    `${plugin.manifest.name} has nothing to measure: no case is in ${quote(folder)}.`,
    { hint: 'Add a file such as bench/first.json: {"command": "…", "input": …}.' },
  );
}

/**
 * {@link benchPlugin} for one, and perhaps the version before, that are there already. A case that the version before
 * does not answer with a value is measured alone: there is nothing to compare it with.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for cases with faults, and what a call of the plugin fails with.
 */
export async function benchSides(
  { starter, reporter }: BenchPorts,
  side: OpenPlugin,
  before: OpenPlugin | undefined,
): Promise<BenchedPlugin> {
  const { manifest } = side.plugin;
  const results: BenchResult[] = [];
  for (const one of benchCases(side.plugin)) {
    reporter.note(`Measuring ${one.name}.`);
    const alone = await measureAlone(starter, side, one);
    const comparison = before && (await measureAgainst(starter, before, side, one));
    results.push({ name: one.name, ...alone, ...(comparison === undefined ? {} : { comparison }) });
  }
  const budgetUs = manifest.performance.maxQueryTimeUs;
  return {
    name: manifest.name,
    version: manifest.version,
    ...(before === undefined ? {} : { against: before.plugin.manifest.version }),
    ...(budgetUs === undefined ? {} : { budgetUs }),
    memoryCapBytes: memoryCap(manifest.performance.maxMemoryMb),
    results,
    passed: results.every(
      ({ verdict, comparison }) => verdict !== 'over' && comparison?.verdict !== 'slower',
    ),
  };
}

/**
 * The benchmark cases of a plugin.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for those with faults.
 */
export function benchCases(plugin: AuthorPlugin): readonly PluginCase[] {
  const { value, findings } = readSuite(plugin, 'bench');
  if (findings.length > 0) throw invalidFile(findings);
  return value;
}

async function measureAlone(
  starter: PluginStarter,
  side: OpenPlugin,
  one: PluginCase,
): Promise<BudgetVerdict & { readonly memoryBytes: number }> {
  return withStarted(starter, [side], one, async ([measured]) => {
    const calls = await warmUp(measured);
    const batches = Math.max(LEAST_QUADS, Math.ceil(LEAST_SAMPLES / calls));
    const samples: number[] = [];
    let memoryBytes = 0;
    for (let batch = 0; batch < batches; batch++) {
      const run = await runBatch(measured, calls);
      samples.push(...run.samples);
      memoryBytes = Math.max(memoryBytes, run.memoryBytes);
    }
    return { ...judgeBudget(samples, side.plugin.manifest.performance.maxQueryTimeUs), memoryBytes };
  });
}

/**
 * What two sessions agree on: fresh processes differ from each other by more than what is measured within them.
 * Undefined when there is nothing to compare with.
 */
async function measureAgainst(
  starter: PluginStarter,
  before: OpenPlugin,
  after: OpenPlugin,
  one: PluginCase,
): Promise<Comparison | undefined> {
  const verdicts = new Set<Comparison['verdict']>();
  for (let session = 1; ; session++) {
    const comparison = await compareOnce(starter, before, after, one);
    if (comparison === undefined) return undefined;
    const { verdict } = comparison;
    if (verdict !== 'inconclusive' && verdicts.has(verdict)) return comparison;
    if (session === MOST_SESSIONS) return { ...comparison, verdict: 'inconclusive' };
    verdicts.add(verdict);
  }
}

function compareOnce(
  starter: PluginStarter,
  before: OpenPlugin,
  after: OpenPlugin,
  one: PluginCase,
): Promise<Comparison | undefined> {
  return withStarted(starter, [before, after, before], one, async ([a, b, again]) => {
    if (!(await answers(a))) return undefined;
    const calls = Math.max(await warmUp(a), await warmUp(b), await warmUp(again));
    const quads: Quad[] = [];
    const control: Quad[] = [];
    for (let round = 1; ; round++) {
      quads.push(...(await measureQuads(a, b, calls, LEAST_QUADS)));
      control.push(...(await measureQuads(a, again, calls, LEAST_QUADS)));
      const comparison = compare(quads, control);
      if (comparison.verdict !== 'inconclusive' || round === MOST_ROUNDS) return comparison;
    }
  });
}

/** Whether a plugin answers its case with a value. */
async function answers(measured: Measured): Promise<boolean> {
  try {
    await runBatch(measured, 1);
    return true;
  } catch (error) {
    if (error instanceof SheafError) return false;
    throw error;
  }
}

/** One process for each side, for as long as `work` needs them. */
async function withStarted<S extends readonly [OpenPlugin, ...OpenPlugin[]], T>(
  starter: PluginStarter,
  sides: S,
  one: PluginCase,
  work: (measured: { readonly [K in keyof S]: Measured }) => Promise<T>,
): Promise<T> {
  const measured: Measured[] = [];
  try {
    for (const { plugin, code } of sides) {
      const host = new CaseHost();
      const granted = plugin.manifest.security.capabilities.map(({ id }) => id);
      const { answer } = host;
      const started = await starter.start({ manifest: plugin.manifest, code, granted, answer });
      measured.push({ started, host, one });
    }
    return await work(measured as unknown as { readonly [K in keyof S]: Measured });
  } finally {
    await Promise.all(measured.map(({ started }) => started.dispose()));
  }
}
