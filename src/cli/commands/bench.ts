import { type BenchResult, benchPlugin } from '../../ops/authors/bench-plugin.ts';
import { connectAuthor, connectStarter } from '../../wiring/author.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { bold, green, type Line, red, type Span, yellow } from '../render/line.ts';
import { formatBytes } from '../render/size.ts';
import { tableLines } from '../render/table.ts';

export async function run(call: Call): Promise<Outcome> {
  const path = call.arguments[0] ?? '.';
  const against = call.value('against');
  const starter = connectStarter(call.environment);
  try {
    const benched = await benchPlugin(
      { ...connectAuthor(call), starter, reporter: call.reporter },
      { path, ...(against === undefined ? {} : { against }) },
    );
    const { name, version, budgetUs, results, passed } = benched;
    return {
      data: { ...benched },
      lines: () => [
        [bold(name), ` ${version}`, budgetUs === undefined ? '' : `, budget ${budgetUs} µs`],
        ...tableLines(['CASE', 'P50', 'P95', 'MEMORY', 'BUDGET', 'BEFORE'], results.map(cells), call.columns),
        ...results.flatMap(comparisonLines),
      ],
      ...(passed ? {} : { exitStatus: EXIT_STATUS.SHEAF_PLUGIN }),
    };
  } finally {
    await starter.close();
  }
}

const BUDGET: Readonly<Record<BenchResult['verdict'], Span>> = {
  within: green('within'),
  'slow-tail': yellow('p95 over'),
  over: red('over'),
  unstated: yellow('unstated'),
};

function cells({ name, p50, p95, memoryBytes, verdict, comparison }: BenchResult): (string | Span)[] {
  const before =
    comparison === undefined ? '' : comparison.verdict === 'slower' ? red('slower') : comparison.verdict;
  return [name, `${p50} µs`, `${p95} µs`, formatBytes(memoryBytes), BUDGET[verdict], before];
}

function comparisonLines({ name, comparison }: BenchResult): readonly Line[] {
  if (comparison === undefined) return [];
  const { ratio, lowerBound, differenceUs, control } = comparison;
  const change = `${Math.abs(differenceUs).toFixed(1)} µs ${differenceUs < 0 ? 'less' : 'more'}`;
  return [
    `${name}: ${ratio.toFixed(3)} times as long (at least ${lowerBound.toFixed(3)}), ${change}; the version before against itself ${control.toFixed(3)}`,
  ];
}
