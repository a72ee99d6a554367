import type { PluginName } from '../plugin-name.ts';
import type { BuiltRuns, RunFormat } from './build-runs.ts';
import { buildRuns } from './build-runs.ts';
import { cutPriority } from './cut-runs.ts';
import type { FetchObject, RunsRef } from './index-head.ts';
import { readNames, writeNames } from './names.ts';
import { editRuns } from './update-runs.ts';

const FORMAT: RunFormat<PluginName> = {
  kind: 'names',
  keyOf: (name) => name,
  weightOf: (name) => name.length + 1,
  priorityOf: cutPriority,
  write: writeNames,
  read: readNames,
};

/**
 * Cuts the names of a registry into runs.
 *
 * @param names ascending by code unit, without repetition.
 */
export function buildNameRuns(names: readonly PluginName[]): BuiltRuns {
  return buildRuns(FORMAT, names);
}

/** Adds and removes names: of each whether there is such a plugin now. */
export function updateNameRuns(
  previous: RunsRef,
  names: ReadonlyMap<PluginName, boolean>,
  fetchObject: FetchObject,
): Promise<BuiltRuns> {
  const changes = new Map(Array.from(names, ([name, isThere]) => [name, () => (isThere ? name : undefined)]));
  return editRuns(FORMAT, previous, changes, fetchObject);
}
