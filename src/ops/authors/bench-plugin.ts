import { CaseHost } from '../../core/authoring/judge-answer.ts';
import type { PluginFolders, PluginStarter } from '../../core/authoring/ports.ts';
import { invalidFile, SheafError } from '../../core/errors.ts';
import type { PluginCase } from '../../core/formats/plugin-case.ts';
import { type BudgetVerdict, judgeBudget } from '../../core/measuring/budget.ts';
import { type Comparison, compare, LEAST_QUADS } from '../../core/measuring/comparison.ts';
import type { NamedFiles, Reporter } from '../../core/ports.ts';
import type { PluginCode } from '../../core/runtime/found-plugin.ts';
import { memoryCap } from '../../core/runtime/wasm-limits.ts';
import { quote } from '../../core/text.ts';
import { type AuthorPlugin, codeOf, pathOf, readAuthorPlugin, readEntry } from './author-plugin.ts';
import { type Measured, measureQuads, runBatch, warmUp } from './measure-case.ts';
import { readSuite } from './read-suite.ts';

/** What `sheaf bench` was asked for; directories are absolute. */
export interface BenchOptions {
  readonly path: string;
  readonly directory: string;
  /** The version before: a folder or an artifact. */
  readonly against?: { readonly path: string; readonly directory: string };
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

interface Side {
  readonly plugin: AuthorPlugin;
  readonly code: PluginCode;
}

/** Single calls of which the quantiles are taken, at least. */
const LEAST_SAMPLES = 200;

/**
 * Measures the cases of a plugin's benchmarks, alone against its budgets, or interleaved with the version before in
 * one session, never with figures of another day. What looks slower is measured again in fresh processes.
 *
 * @throws SheafError `SHEAF_PATH` when there is nothing to measure, `SHEAF_INVALID_FILE`, and what a call fails with.
 */
export async function benchPlugin(
  ports: {
    readonly folders: PluginFolders;
    readonly files: NamedFiles;
    readonly starter: PluginStarter;
    readonly reporter: Pick<Reporter, 'note'>;
  },
  options: BenchOptions,
): Promise<BenchedPlugin> {
  const side = await readSide(ports, options);
  const before = options.against === undefined ? undefined : await readSide(ports, options.against);
  const { manifest } = side.plugin;
  const results: BenchResult[] = [];
  for (const one of casesOf(side.plugin)) {
    ports.reporter.note(`Measuring ${one.name}.`);
    const alone = await measureAlone(ports.starter, side, one);
    const comparison = before && (await measureAgainst(ports.starter, before, side, one));
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

async function readSide(
  { folders, files }: { readonly folders: PluginFolders; readonly files: NamedFiles },
  { path, directory }: { readonly path: string; readonly directory: string },
): Promise<Side> {
  const plugin = await readAuthorPlugin(folders, path);
  return { plugin, code: codeOf(plugin, await readEntry(files, plugin), directory) };
}

function casesOf(plugin: AuthorPlugin): readonly PluginCase[] {
  const { value, findings } = readSuite(plugin, 'bench');
  if (findings.length > 0) throw invalidFile(findings);
  if (value.length > 0) return value;
  const folder = pathOf(plugin.path, plugin.manifest.testing.benchmarkSuite ?? 'bench/');
  throw new SheafError(
    'SHEAF_PATH',
    `${plugin.manifest.name} has nothing to measure: no case is in ${quote(folder)}.`,
    {
      hint: 'Add a file such as bench/first.json: {"command": "…", "input": …}.',
    },
  );
}

async function measureAlone(
  starter: PluginStarter,
  side: Side,
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

/** A regression is one only if fresh processes show it again. */
async function measureAgainst(
  starter: PluginStarter,
  before: Side,
  after: Side,
  one: PluginCase,
): Promise<Comparison> {
  const first = await compareOnce(starter, before, after, one);
  return first.verdict === 'slower' ? compareOnce(starter, before, after, one) : first;
}

function compareOnce(
  starter: PluginStarter,
  before: Side,
  after: Side,
  one: PluginCase,
): Promise<Comparison> {
  return withStarted(starter, [before, after, before], one, async ([a, b, again]) => {
    const calls = Math.max(await warmUp(a), await warmUp(b), await warmUp(again));
    const quads = await measureQuads(a, b, calls, LEAST_QUADS);
    return compare(quads, await measureQuads(a, again, calls, LEAST_QUADS));
  });
}

/** One process for each side, for as long as `work` needs them. */
async function withStarted<S extends readonly [Side, ...Side[]], T>(
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
