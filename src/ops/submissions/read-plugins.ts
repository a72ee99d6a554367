import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { type ReleaseManifest, readReleaseManifest } from '../../core/formats/manifest.ts';
import { type PluginFile, readPluginFile } from '../../core/formats/plugin-file.ts';
import { readReviewFile } from '../../core/formats/review-file.ts';
import { parseSourcePath, releaseDirectory, sourcePath } from '../../core/index/source-layout.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import type { SignedReview } from '../../core/reviewing/judge-review.ts';
import type { ExamineArtifact } from '../../core/submission-ports.ts';
import type {
  Change,
  ChangedFile,
  ChangedPlugin,
  NearPlugin,
  NeededPlugin,
  SubmittedRelease,
} from '../../core/submissions/change.ts';
import { nearNames } from '../../core/submissions/near-names.ts';
import { type SignedTransfer, transfersAmong } from '../../core/trust/transfers.ts';
import type { Version } from '../../core/version.ts';

/** What the plugins of a change are read from. */
export interface PluginTrees {
  readonly base: ReadableTree;
  readonly after: ReadableTree;
  readonly registry: string;
  readonly names: Change['names'];
  readonly files: readonly ChangedFile[];
  /** Absent: artifacts are not looked at. */
  readonly examine?: ExamineArtifact;
}

/** A place of a plugin: its category and name. */
export interface PluginPlace {
  readonly category: string;
  readonly name: PluginName;
}

/** A plugin as it is in the registry and as the change would leave it. */
export async function readChangedPlugin(trees: PluginTrees, place: PluginPlace): Promise<ChangedPlugin> {
  const { base, after, names } = trees;
  const { category, name } = place;
  const known = names.get(name)?.[0];
  const [before, next] = [
    known === undefined ? undefined : await readPlugin(base, { category: known, name }),
    await readPlugin(after, place),
  ];
  const { published, digests } = await readReleases(base, { category: known ?? category, name });
  return {
    name,
    category,
    ...(before === undefined ? {} : { before }),
    ...(next === undefined ? {} : { after: next }),
    published,
    digests,
    releases: await readSubmitted(trees, place),
    transfers: await readTransfers(trees, place),
    reviews: readReviews(trees, name),
    near: known === undefined ? await readNear(trees, name) : [],
  };
}

async function readPlugin(
  tree: ReadableTree,
  { category, name }: PluginPlace,
): Promise<PluginFile | undefined> {
  const path = sourcePath({ kind: 'plugin', category, plugin: name });
  const bytes = await tree.read(path);
  return bytes === undefined ? undefined : readPluginFile(bytes, path).value;
}

async function readReleases(
  tree: ReadableTree,
  { category, name }: PluginPlace,
): Promise<Pick<ChangedPlugin, 'published' | 'digests'>> {
  const published = new Map<Version, ReleaseManifest>();
  const digests = new Map<Version, Sha256>();
  for (const path of await tree.list(releaseDirectory(category, name))) {
    const source = parseSourcePath(path);
    const bytes = source?.kind === 'release' ? await tree.read(path) : undefined;
    if (source?.kind !== 'release' || bytes === undefined) continue;
    digests.set(source.version, sha256(bytes));
    const manifest = readReleaseManifest(bytes, path).value;
    if (manifest !== undefined) published.set(source.version, manifest);
  }
  return { published, digests };
}

async function readSubmitted(
  trees: PluginTrees,
  { category, name }: PluginPlace,
): Promise<readonly SubmittedRelease[]> {
  const releases: SubmittedRelease[] = [];
  for (const { path, source, after, change } of trees.files) {
    const isOwn = source?.kind === 'release' && source.plugin === name && source.category === category;
    if (!isOwn || after === undefined || change !== 'added') continue;
    // Where it belongs is for rules to judge, and they need to see what it says.
    const manifest = readReleaseManifest(after, path).value;
    if (manifest === undefined) continue;
    const signature = await trees.after.read(`${path}.sig`);
    const { examine } = trees;
    releases.push({
      path,
      bytes: after,
      ...(signature === undefined ? {} : { signature }),
      manifest,
      artifacts: await Promise.all(
        manifest.artifacts.map(async (artifact) =>
          examine === undefined ? { artifact } : examine(artifact),
        ),
      ),
      needed: await readNeeded(trees, manifest),
    });
  }
  return releases;
}

/** Plugins of the same registry that a release needs, and those that any of their releases needs. */
async function readNeeded(
  { base, names, registry }: PluginTrees,
  manifest: ReleaseManifest,
): Promise<ReadonlyMap<PluginName, NeededPlugin>> {
  const needed = new Map<PluginName, NeededPlugin>();
  const waiting: ReleaseManifest[] = [manifest];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const [key, dependency] of Object.entries(next.dependencies)) {
      const name = key as PluginName;
      const category = names.get(name)?.[0];
      const isHere = dependency.registry === undefined || dependency.registry === registry;
      if (category === undefined || !isHere || needed.has(name)) continue;
      if (needed.size === LIMITS.neededPlugins) {
        throw new SheafError(
          'SHEAF_SIZE',
          `${manifest.name} needs more than ${LIMITS.neededPlugins} plugins.`,
          { hint: 'Depend on fewer of them: what they need counts, too, in each of their releases.' },
        );
      }
      const file = await readPlugin(base, { category, name });
      if (file === undefined) continue;
      const { published } = await readReleases(base, { category, name });
      needed.set(name, { file, releases: published });
      waiting.push(...published.values());
    }
  }
  return needed;
}

async function readTransfers(
  { after, registry }: PluginTrees,
  { category, name }: PluginPlace,
): Promise<readonly SignedTransfer[] | SheafError> {
  const texts: Record<string, string> = {};
  for (const path of await after.list(releaseDirectory(category, name))) {
    const kind = parseSourcePath(path)?.kind;
    const bytes = kind === 'transfer' || kind === 'transfer-signature' ? await after.read(path) : undefined;
    if (bytes === undefined) continue;
    texts[path.slice(path.lastIndexOf('/') + 1)] = new TextDecoder().decode(bytes);
  }
  try {
    return transfersAmong(texts, registry, name);
  } catch (error) {
    if (error instanceof SheafError) return error;
    throw error;
  }
}

function readReviews({ files }: PluginTrees, name: PluginName): ReadonlyMap<string, SignedReview> {
  const signatures = new Map(files.map(({ path, after }) => [path, after]));
  return new Map(
    files.flatMap(({ path, source, after }) => {
      if (source?.kind !== 'review' || source.plugin !== name || after === undefined) return [];
      const review = readReviewFile(after, path).value;
      return review === undefined
        ? []
        : [[path, { review, bytes: after, signature: signatures.get(`${path}.sig`) }] as const];
    }),
  );
}

/** Names that the new one could be mistaken for; whose they are tells whether anybody would mind. */
async function readNear({ base, names }: PluginTrees, name: PluginName): Promise<readonly NearPlugin[]> {
  return Promise.all(
    nearNames(name, names.keys()).map(async (near) => {
      const [category = ''] = names.get(near.name) ?? [];
      const file = await readPlugin(base, { category, name: near.name });
      return file === undefined ? near : { ...near, owner: file.owner };
    }),
  );
}
