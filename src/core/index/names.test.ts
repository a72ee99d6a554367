import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPluginName, type PluginName } from '../plugin-name.ts';
import { buildNameRuns } from './build-names.ts';
import type { IndexHead } from './index-head.ts';
import { allNames, readNames, writeNames } from './names.ts';

const name = fc.stringMatching(/^[a-z][a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,3}$/).filter(isPluginName);
const names = fc.uniqueArray(name, { maxLength: 300 }).map((list) => list.toSorted());

describe('front-coded names', () => {
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(names, (list) => {
        expect(readNames(writeNames(list), 'names')).toEqual(list);
      }),
    );
  });

  it('take about half of the plain text for names that begin alike', () => {
    const list = Array.from(
      { length: 1000 },
      (_, index) => `language-server-${index}` as PluginName,
    ).toSorted();
    expect(writeNames(list).length).toBeLessThan(list.join('\n').length / 2);
  });

  it('of a long name shared to the last character are read back', () => {
    const long = 'a'.repeat(63) as PluginName;
    expect(readNames(writeNames([long, `${long}b` as PluginName]), 'names')).toEqual([long, `${long}b`]);
  });

  it.each([
    ['a prefix longer than the name before', '0ab\n9c\n'],
    ['names out of order', '0bb\n0aa\n'],
    ['a name twice', '0aa\n2\n'],
    ['what is no name', '0A!\n'],
    ['no final newline', '0ab'],
    ['an empty line', '\n'],
  ])('are refused with %s', (_, text) => {
    expect(() => readNames(new TextEncoder().encode(text), 'names')).toThrowError(
      expect.objectContaining({ code: 'SHEAF_INDEX' }),
    );
  });

  it('come back whole from their runs', async () => {
    const list = Array.from({ length: 9000 }, (_, index) => `plugin-${index}` as PluginName).toSorted();
    const { ref, objects } = buildNameRuns(list);
    expect(ref.nodes.length).toBeGreaterThan(2);
    const head = { runs: { names: ref } } as unknown as IndexHead;
    const fetchObject = async ({ path }: { path: string }): Promise<Uint8Array> =>
      objects.find((object) => object.path === path)!.bytes;
    expect(await allNames(head, fetchObject)).toEqual(list);
  });
});
