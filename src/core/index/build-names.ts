import type { PluginName } from '../plugin-name.ts';
import type { BuiltRuns } from './build-runs.ts';
import { buildRuns } from './build-runs.ts';
import { cutPriority, cutRuns } from './cut-runs.ts';
import { writeNames } from './names.ts';

/**
 * Cuts the names of a registry into runs.
 *
 * @param names ascending by code unit, without repetition.
 */
export function buildNameRuns(names: readonly PluginName[]): BuiltRuns {
  const starts = cutRuns(
    names.map((name) => name.length + 1),
    names.map(cutPriority),
  );
  const runs = starts.map((start, position) => {
    const run = names.slice(start, starts[position + 1]);
    return { key: run[0] ?? '', bytes: writeNames(run) };
  });
  return buildRuns('names', runs);
}
