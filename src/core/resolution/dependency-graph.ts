import type { LockedEntry } from '../formats/lock-entries.ts';
import type { ProjectFile } from '../formats/project-file.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';

/** A plugin and in which range, or from which path, the one before it asks for it. */
export interface Link {
  readonly name: PluginName;
  readonly asked: string;
}

/** A way from sheaf.toml, whose wish is the first link, to a plugin, the last one. */
export type Chain = readonly Link[];

/** A plugin in the tree of what needs what. */
export interface TreeNode extends Link {
  readonly version: Version;
  readonly verified: boolean;
  /** Its own dependencies are shown where it stands first. */
  readonly repeated: boolean;
  readonly dependencies: readonly TreeNode[];
}

/** What sheaf.toml itself asks for, in its order. */
export function wishesOf({ plugins, local }: Pick<ProjectFile, 'plugins' | 'local'>): readonly Link[] {
  return [
    ...plugins.map(({ name, range }) => ({ name, asked: range })),
    ...local.map(({ name, path }) => ({ name, asked: `path:${path}` })),
  ];
}

/**
 * Why a plugin is in a set: for sheaf.toml, and for every plugin that needs it directly, the shortest chain
 * through that one. All simple paths would grow with the power of the depth and say nothing more about who would
 * have to change.
 */
export function chainsTo(
  name: PluginName,
  wishes: readonly Link[],
  entries: readonly LockedEntry[],
): readonly Chain[] {
  const dependencies = new Map(entries.map((entry) => [entry.name, linksOf(entry)]));
  // Breadth first, and never on through the plugin itself: a chain that visits it twice explains nothing.
  const shortest = new Map<PluginName, Chain>();
  const open: Chain[] = wishes.map((wish) => [wish]);
  const chains: Chain[] = open.filter((chain) => chain[0]?.name === name);
  for (let position = 0; position < open.length; position++) {
    const chain = open[position] ?? [];
    const last = chain.at(-1)?.name;
    if (last === undefined || last === name || shortest.has(last)) continue;
    shortest.set(last, chain);
    for (const link of dependencies.get(last) ?? []) {
      if (link.name === name) chains.push([...chain, link]);
      else open.push([...chain, link]);
    }
  }
  return chains;
}

/**
 * A set as a tree from what sheaf.toml asks for. Plugins that nothing asks for any more, which a forced removal
 * leaves behind, are not in it. Dependencies are shown once, so that cycles end and the tree has no more lines
 * than there are dependencies.
 */
export function dependencyTree(
  wishes: readonly Link[],
  entries: readonly LockedEntry[],
): readonly TreeNode[] {
  const installed = new Map(entries.map((entry) => [entry.name, entry]));
  const shown = new Set<PluginName>();
  const nodesOf = (links: readonly Link[]): readonly TreeNode[] =>
    links.flatMap((link) => {
      const entry = installed.get(link.name);
      if (entry === undefined) return [];
      const children = linksOf(entry);
      const repeated = shown.has(link.name) && children.length > 0;
      shown.add(link.name);
      const { version, verified } = entry;
      return [{ ...link, version, verified, repeated, dependencies: repeated ? [] : nodesOf(children) }];
    });
  return nodesOf(wishes);
}

function linksOf({ dependencies }: LockedEntry): readonly Link[] {
  const links = Object.entries(dependencies).map(([name, asked]) => ({ name: name as PluginName, asked }));
  return links.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
