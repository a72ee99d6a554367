import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sha256 } from '../object-ref.ts';
import { buildTree, treeBits, updateTree, writeLeaf, writeNode } from './build-tree.ts';
import { documentId, locateLeaf, treePosition } from './document-id.ts';
import type { BuiltObject, FetchObject } from './index-head.ts';
import { documentPosition, nodeWidth, readLeaf, readNode, rootWidth, treeLeaves } from './tree.ts';

const lineOf = (key: string, value: number): string => JSON.stringify({ name: key, value });
const linesOf = (count: number): Map<string, string> =>
  new Map(Array.from({ length: count }, (_, index) => [`plugin-${index}`, lineOf(`plugin-${index}`, index)]));

function fetcher(objects: readonly BuiltObject[], fetched: string[] = []): FetchObject {
  const byDigest = new Map(objects.map((object) => [object.sha256, object.bytes]));
  return async ({ sha256, path }) => {
    fetched.push(path);
    const bytes = byDigest.get(sha256);
    if (bytes === undefined) throw new RangeError(`no ${path}`);
    return bytes;
  };
}

describe('a hash tree', () => {
  it.each([
    [0, 0],
    [48, 0],
    [49, 8],
    [3072, 8],
    [3073, 10],
    [12_288, 10],
    [12_289, 12],
    [65_536, 12],
    [65_537, 14],
    [262_144, 14],
    [262_145, 16],
  ])('of %i keys has %i bits', (keys, bits) => expect(treeBits(keys)).toBe(bits));

  it('puts a document where it puts its key, at every size', () => {
    for (const bits of [0, 8, 10, 12, 14, 16] as const) {
      for (const key of ['graph-lens', 'ab', 'zz-top']) {
        expect(documentPosition(bits, documentId(key))).toEqual(treePosition(bits, key));
      }
    }
  });

  it.each([8, 10, 12, 14, 16] as const)('of %i bits has a root no wider than a byte counts', (bits) => {
    expect(rootWidth(bits) * nodeWidth(bits)).toBe(2 ** bits);
    expect(rootWidth(bits)).toBeLessThanOrEqual(256);
    expect(rootWidth(bits)).toBeGreaterThanOrEqual(nodeWidth(bits));
  });

  it.each([1, 48, 49, 700, 13_000])('of %i keys finds each of them through one leaf', async (count) => {
    const lines = linesOf(count);
    const { ref, objects } = buildTree('plugins', lines);
    const fetched: string[] = [];
    const fetchObject = fetcher(objects, fetched);
    for (const key of ['plugin-0', `plugin-${count - 1}`]) {
      fetched.length = 0;
      const leaf = await locateLeaf('plugins', ref, key, fetchObject);
      expect(readLeaf(await fetchObject(leaf), leaf.path).get(key)).toBe(lines.get(key));
      expect(fetched.length).toBeLessThanOrEqual(3);
    }
  });

  it('has the same bytes in whatever order its lines arrive', () => {
    const lines = linesOf(500);
    expect(buildTree('plugins', new Map([...lines].toReversed()))).toEqual(buildTree('plugins', lines));
  });

  it('has paths of its own for all objects, at most 257 in a directory', () => {
    const paths = buildTree('plugins', linesOf(13_000)).objects.map((object) => object.path);
    expect(new Set(paths).size).toBe(paths.length);
    const perDirectory = new Map<string, number>();
    for (const path of paths) {
      const directory = path.slice(0, path.lastIndexOf('/'));
      perDirectory.set(directory, (perDirectory.get(directory) ?? 0) + 1);
    }
    expect(Math.max(...perDirectory.values())).toBeLessThanOrEqual(257);
  });

  it('changes one leaf, its node, the root and nothing else with one line', async () => {
    const { ref, objects } = buildTree('plugins', linesOf(700));
    const fetched: string[] = [];
    const edits = new Map([['plugin-7', lineOf('plugin-7', 1)]]);
    const updated = await updateTree('plugins', ref, edits, 700, fetcher(objects, fetched));
    expect(updated.objects).toHaveLength(3);
    expect(fetched).toHaveLength(3);
  });

  it('updated is the tree built anew, also where it takes another shape', async () => {
    const key = fc.integer({ min: 0, max: 80 }).map((index) => `plugin-${index}`);
    const edit = fc.tuple(key, fc.option(fc.nat(), { nil: undefined }));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 70 }),
        fc.array(edit, { maxLength: 40 }),
        async (count, list) => {
          const before = linesOf(count);
          const built = buildTree('plugins', before);
          const edits = new Map(
            list.map(([name, value]) => [name, value === undefined ? undefined : lineOf(name, value)]),
          );
          const after = new Map(before);
          for (const [name, line] of edits) {
            if (line === undefined) after.delete(name);
            else after.set(name, line);
          }
          const updated = await updateTree('plugins', built.ref, edits, after.size, fetcher(built.objects));
          const expected = buildTree('plugins', after);
          expect(updated.ref).toEqual(expected.ref);
          const fetchObject = fetcher([...built.objects, ...updated.objects]);
          for await (const leaf of treeLeaves('plugins', updated.ref, fetchObject)) await fetchObject(leaf);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a leaf', () => {
  it.each([
    ['keys out of order', '{"name":"b"}\n{"name":"a"}\n'],
    ['a key twice', '{"name":"a"}\n{"name":"a"}\n'],
    ['a line without a key', '{"value":1}\n'],
    ['no final newline', '{"name":"a"}'],
    ['a key that is no name', '{"name":"A\\u0000"}\n'],
  ])('is refused with %s', (_, text) => {
    expect(() => readLeaf(new TextEncoder().encode(text), 'leaf')).toThrowError(
      expect.objectContaining({ code: 'SHEAF_INDEX' }),
    );
  });

  it('without lines has no bytes', () => expect(writeLeaf(new Map())).toHaveLength(0));
});

describe('a node', () => {
  it('is refused with another number of leaves than its tree demands', () => {
    const bytes = writeNode([{ sha256: 'a'.repeat(64) as Sha256, size: 1 }]);
    expect(() => readNode(bytes, 16, 'node')).toThrowError(expect.objectContaining({ code: 'SHEAF_INDEX' }));
  });
});
