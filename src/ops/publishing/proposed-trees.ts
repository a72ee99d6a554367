import type { ReadableTree, SourceTree } from '../../core/publishing-ports.ts';
import type { ProposedTrees } from '../../core/submission-ports.ts';
import { treeWith } from '../submissions/tree-with.ts';

/** A registry, and what it would be with the files of a proposal: what CI will compare, before there is a commit. */
export function proposedTrees(registry: ReadableTree, files: ReadonlyMap<string, Uint8Array>): ProposedTrees {
  const base = treeOf(registry);
  const head = treeOf(treeWith(registry, files));
  return {
    base,
    head,
    changedFiles: () =>
      Promise.all(
        [...files]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(async ([path, after]) => {
            const before = await registry.read(path);
            return {
              path,
              change: before === undefined ? 'added' : 'modified',
              kind: 'file',
              size: after.byteLength,
              ...(before === undefined ? {} : { before }),
              after,
            } as const;
          }),
      ),
  };
}

/** Nothing has been committed, so nothing can be told of commits. */
function treeOf(tree: ReadableTree): SourceTree {
  return {
    root: tree.root,
    list: (directory) => tree.list(directory),
    read: (path) => tree.read(path),
    readAll: (paths) => Promise.all(paths.map((path) => tree.read(path))),
    commit: () => Promise.resolve(null),
    changedSince: () => Promise.resolve(undefined),
  };
}
