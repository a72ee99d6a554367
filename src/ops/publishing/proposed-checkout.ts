import type { NamedFiles } from '../../core/ports.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import { treeWith } from '../submissions/tree-with.ts';

/** A registry that nobody has checked out, into which commands for a checkout write all the same. */
export interface ProposedCheckout {
  /** The registry with what has been written. */
  readonly tree: ReadableTree;
  /** The files of this machine; those below the root of the registry are held back. */
  readonly files: NamedFiles;
  /** What has been written, by path in the registry. */
  readonly written: ReadonlyMap<string, Uint8Array>;
}

/** Holds back what is written into a registry, so that it can be proposed. */
export function proposedCheckout(registry: ReadableTree, files: NamedFiles): ProposedCheckout {
  const written = new Map<string, Uint8Array>();
  const root = `${registry.root}/`;
  const inRegistry = (path: string): string | undefined =>
    path.startsWith(root) ? path.slice(root.length) : undefined;
  const tree = treeWith(registry, written);
  return {
    tree,
    written,
    files: {
      async read(path, maxBytes) {
        const inside = inRegistry(path);
        const bytes = inside === undefined ? undefined : await tree.read(inside);
        return bytes ?? files.read(path, maxBytes);
      },
      async readIfExists(path, maxBytes) {
        const inside = inRegistry(path);
        return inside === undefined ? files.readIfExists(path, maxBytes) : tree.read(inside);
      },
      async write(path, bytes) {
        const inside = inRegistry(path);
        if (inside === undefined) await files.write(path, bytes);
        else written.set(inside, bytes);
      },
      async create(path, bytes) {
        const inside = inRegistry(path);
        if (inside === undefined) return files.create(path, bytes);
        if ((await tree.read(inside)) !== undefined) return false;
        written.set(inside, bytes);
        return true;
      },
    },
  };
}
