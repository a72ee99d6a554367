import type { ReadableTree } from '../../core/publishing-ports.ts';

/**
 * A registry as it would be with other files over its own.
 *
 * @param files by path, undefined for one that is removed; looked at anew with every question.
 */
export function treeWith(
  base: ReadableTree,
  files: ReadonlyMap<string, Uint8Array | undefined>,
): ReadableTree {
  return {
    root: base.root,
    async list(directory) {
      const there = (await base.list(directory)).filter((path) => !files.has(path));
      const added = [...files].flatMap(([path, bytes]) =>
        bytes !== undefined && path.startsWith(`${directory}/`) ? [path] : [],
      );
      return [...there, ...added].toSorted();
    },
    read: async (path) => (files.has(path) ? files.get(path) : base.read(path)),
  };
}
