import { sameJson } from '../authoring/same-json.ts';
import type { Path } from '../documents/source-text.ts';
import type { Manifest } from '../formats/manifest.ts';
import { toToml } from '../formats/manifest-toml.ts';

/** A field that two manifests have differently, as it is written in the file. */
export interface FieldDifference {
  /** `["plugin", "description"]` */
  readonly path: Path;
  /** JSON texts; undefined for a field that is not there. */
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** What is added when a plugin is released; everything else its author wrote. */
const ADDED: ReadonlySet<string> = new Set(['release', 'source', 'artifact']);

/** The fields of the author's tables in which two manifests differ, by path. */
export function differencesBetween(left: Manifest, right: Manifest): readonly FieldDifference[] {
  return differ(authored(left), authored(right), []);
}

function authored(manifest: Manifest): Record<string, unknown> {
  return Object.fromEntries(Object.entries(toToml(manifest)).filter(([table]) => !ADDED.has(table)));
}

function differ(left: unknown, right: unknown, path: readonly string[]): readonly FieldDifference[] {
  if (isTable(left) && isTable(right)) {
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].toSorted();
    return keys.flatMap((key) => differ(left[key], right[key], [...path, key]));
  }
  return sameJson(left, right) ? [] : [{ path, left: JSON.stringify(left), right: JSON.stringify(right) }];
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
