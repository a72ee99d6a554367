import { valueOf } from '../../core/finding.ts';
import { readCapabilityPolicy } from '../../core/formats/capability-policy.ts';
import { readLicensePolicy } from '../../core/formats/license-policy.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { parseSourcePath, SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Clock } from '../../core/ports.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import type { ExamineArtifact, ProposedTrees } from '../../core/submission-ports.ts';
import type { Change, ChangedFile, ChangedPlugin, Submitter } from '../../core/submissions/change.ts';
import { readReviewTrust } from '../reviews/registry-standing.ts';
import { readPolicy } from '../reviews/review-queue.ts';
import { readCompleteRoots, registryIdOf } from '../trust/checkout.ts';
import { readRegistryAdvisories } from './read-advisories.ts';
import { type OwnerTrees, readChangedOwner, readOwnerFiles } from './read-owners.ts';
import { type PluginPlace, type PluginTrees, readChangedPlugin } from './read-plugins.ts';
import { treeWith } from './tree-with.ts';

/** What a change is read from. */
export interface ChangePorts {
  readonly trees: ProposedTrees;
  readonly clock: Clock;
  /** Absent: artifacts are not looked at. */
  readonly examine?: ExamineArtifact;
}

/**
 * Reads a proposal with everything that rules need to judge it. Policies, names, keys and categories come from the
 * base; of the head nothing counts but the files that differ.
 *
 * @throws SheafError `SHEAF_PATH` when the base is no registry, `SHEAF_ROOT`, `SHEAF_INVALID_FILE` for what is wrong
 *   in the base, `SHEAF_SIZE` for a change that is too large to be judged.
 */
export async function readChange(
  { trees, clock, examine }: ChangePorts,
  submitter?: Submitter,
): Promise<Change> {
  const { base } = trees;
  const id = await registryIdOf({ tree: base });
  const path = sourcePath({ kind: 'registry' });
  const registry = valueOf(readRegistryFile((await base.read(path)) ?? new Uint8Array(), path));
  const [first, ...later] = await readCompleteRoots({ tree: base });
  const roots: OwnerTrees['roots'] = [first.file, ...later.map(({ file }) => file)];
  const { reviewers, revoked } = await readReviewTrust(base);
  const files = await readFiles(trees);
  // The proposed commit itself may come from before the newest base, with keys that have been replaced since.
  const after = treeWith(base, new Map(files.map((file) => [file.path, file.after])));
  const names = await readNames(base);
  const pluginTrees: PluginTrees = {
    base,
    after,
    registry: id,
    names,
    files,
    ...(examine === undefined ? {} : { examine }),
  };
  const plugins: ChangedPlugin[] = [];
  for (const place of placesOf(files, names)) plugins.push(await readChangedPlugin(pluginTrees, place));
  const touched = ownersTouched(files);
  const owners: Change['owners'] = new Map(
    await Promise.all(
      [...new Set([...touched, ...ownersOf(plugins)])].map(
        async (name) =>
          [name, await readChangedOwner({ base, after, roots }, name, touched.has(name))] as const,
      ),
    ),
  );
  return {
    registry,
    root: roots.at(-1) ?? roots[0],
    licenses: await readPolicy(base, 'licenses', readLicensePolicy),
    advisories: await readRegistryAdvisories(base),
    capabilities: await readPolicy(base, 'capabilities', readCapabilityPolicy),
    categories: await readCategories(base),
    files,
    ...(submitter === undefined ? {} : { submitter }),
    names,
    owners,
    plugins,
    otherOwners: await readOtherOwners(base, files),
    revoked,
    reviewers,
    now: clock.now(),
  };
}

/**
 * The files that differ, each with what the newest base has in its place: since the change was begun, somebody may
 * have added the same file.
 */
async function readFiles(trees: ProposedTrees): Promise<readonly ChangedFile[]> {
  const files: ChangedFile[] = [];
  for (const file of await trees.changedFiles()) {
    const source = parseSourcePath(file.path);
    const there = source === undefined ? file.before : await trees.base.read(file.path);
    const { before: _, ...rest } = file;
    files.push({
      ...rest,
      source,
      change: file.change === 'added' && there !== undefined ? 'modified' : file.change,
      ...(there === undefined ? {} : { before: there }),
    });
  }
  return files;
}

async function readNames(base: ReadableTree): Promise<Change['names']> {
  const names = new Map<PluginName, string[]>();
  for (const path of await base.list(SOURCE_DIRECTORIES.plugins)) {
    const source = parseSourcePath(path);
    if (source?.kind !== 'plugin' && source?.kind !== 'release') continue;
    const categories = names.get(source.plugin) ?? [];
    if (!categories.includes(source.category)) names.set(source.plugin, [...categories, source.category]);
  }
  return names;
}

async function readCategories(base: ReadableTree): Promise<Change['categories']> {
  const paths = await base.list(SOURCE_DIRECTORIES.categories);
  return new Set(
    paths.flatMap((path) => {
      const source = parseSourcePath(path);
      return source?.kind === 'category' ? [source.category] : [];
    }),
  );
}

/** Where the plugins lie of which the change touches a file. */
function placesOf(files: readonly ChangedFile[], names: Change['names']): readonly PluginPlace[] {
  const places = new Map<string, PluginPlace>();
  for (const { source } of files) {
    if (source === undefined || !('plugin' in source)) continue;
    const name = source.plugin;
    const category = 'category' in source ? source.category : names.get(name)?.[0];
    if (category !== undefined) places.set(`${category}/${name}`, { category, name });
  }
  return [...places.values()];
}

function ownersTouched(files: readonly ChangedFile[]): ReadonlySet<string> {
  return new Set(
    files.flatMap(({ source }) => (source !== undefined && 'owner' in source ? [source.owner] : [])),
  );
}

/** Owners on whose keys it depends whether a plugin may be changed. */
function ownersOf(plugins: readonly ChangedPlugin[]): readonly string[] {
  return plugins.flatMap(({ before, after, transfers }) => [
    ...[before, after].flatMap((file) => (file === undefined ? [] : [file.owner])),
    ...('length' in transfers ? transfers.flatMap(({ file }) => [file.from, file.to]) : []),
  ]);
}

async function readOtherOwners(
  base: ReadableTree,
  files: readonly ChangedFile[],
): Promise<Change['otherOwners']> {
  const stated = files.flatMap(({ source }) => (source?.kind === 'owner' ? [source.owner] : []));
  if (stated.length === 0) return new Map();
  const owners = await readOwnerFiles(base);
  return new Map([...owners].filter(([name]) => !stated.includes(name)));
}
