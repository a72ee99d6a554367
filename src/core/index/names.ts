import type { JsonContext } from '../documents/strict-json.ts';
import { jsonFault } from '../documents/strict-json.ts';
import type { PluginName } from '../plugin-name.ts';
import { isPluginName } from '../plugin-name.ts';
import type { FetchObject, IndexHead } from './index-head.ts';
import { allRuns } from './runs.ts';

// A name has at most 64 characters, so a shared prefix of 0 to 63 fits in one printable character from "0" on.
const ZERO = 0x30;

/**
 * Writes names in front coding: a line is one character for the length of the prefix shared with the name
 * before it ("0" for none, then upwards in ASCII), and the rest of the name.
 */
export function writeNames(names: readonly PluginName[]): Uint8Array {
  let previous = '';
  const lines = names.map((name) => {
    let shared = 0;
    while (shared < previous.length && previous[shared] === name[shared]) shared++;
    previous = name;
    return `${String.fromCharCode(ZERO + shared)}${name.slice(shared)}\n`;
  });
  return new TextEncoder().encode(lines.join(''));
}

/**
 * Reads one run of names.
 *
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readNames(bytes: Uint8Array, what: string): readonly PluginName[] {
  const context: JsonContext = { what: `The list of names ${JSON.stringify(what)}`, code: 'SHEAF_INDEX' };
  const lines = new TextDecoder().decode(bytes).split('\n');
  if (lines.pop() !== '') throw jsonFault(context, 'breaks off within a line');
  let previous = '';
  return lines.map((line) => {
    const shared = line.charCodeAt(0) - ZERO;
    const name = previous.slice(0, shared) + line.slice(1);
    if (!(shared >= 0 && shared <= previous.length) || !isPluginName(name) || name <= previous) {
      throw jsonFault(context, 'has a line that continues no name');
    }
    previous = name;
    return name;
  });
}

/** Every plugin name of a registry, in order: for completion and did-you-mean. */
export async function allNames(
  head: Pick<IndexHead, 'runs'>,
  fetchObject: FetchObject,
): Promise<readonly PluginName[]> {
  const found = await allRuns('names', head.runs.names, fetchObject);
  const runs = await Promise.all(
    found.map(async ({ object }) => readNames(await fetchObject(object), object.path)),
  );
  return runs.flat();
}
