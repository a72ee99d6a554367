import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import type { Manifest } from '../../core/formats/manifest.ts';
import { type PluginFile, readPluginFile } from '../../core/formats/plugin-file.ts';
import { parseSourcePath, SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ReadableTree } from '../../core/publishing-ports.ts';
import { fingerprint, type SshPublicKey, sameKey } from '../../core/signatures/ssh-key.ts';
import { quote } from '../../core/text.ts';
import { compareVersions, isVersion, type Version } from '../../core/version.ts';
import { registryIdOf } from '../trust/checkout.ts';
import { newestOf, readOwnerKeys } from '../trust/owner-show.ts';

/** What a registry has of a plugin and its owner. */
export interface RegistryView {
  readonly registry: string;
  readonly category: string;
  readonly owner: string;
  readonly isNewOwner: boolean;
  /** Absent for a new plugin. */
  readonly plugin?: PluginFile;
  /** The release manifest of this version, when it is in the registry already. */
  readonly released?: Uint8Array;
}

/**
 * Looks at a registry through the eyes of somebody who wants to release a version, and refuses early what the
 * registry would refuse late.
 *
 * @param owner who releases; the owner that the plugin has when absent.
 * @throws SheafError `SHEAF_OWNER` for a plugin of somebody else, `SHEAF_SIGNATURE` for a key that is none of the
 *   owner's, `SHEAF_EXISTS` for a version that is not newer, `SHEAF_USAGE`, `SHEAF_INVALID_FILE`, `SHEAF_PATH` for
 *   what is no registry.
 */
export async function viewRegistry(
  tree: ReadableTree,
  { name, version, category }: Pick<Manifest, 'name' | 'version' | 'category'>,
  { owner, key }: { readonly owner: string | undefined; readonly key: SshPublicKey },
): Promise<RegistryView> {
  const registry = await registryIdOf({ tree });
  const there = await findPlugin(tree, name);
  const by = owner ?? there?.plugin.owner;
  if (by === undefined) {
    throw new SheafError(
      'SHEAF_USAGE',
      `The registry ${registry} has no plugin ${name} yet, so nobody owns it.`,
      {
        hint: 'Say who will: --owner NAME.',
      },
    );
  }
  if (there !== undefined && there.plugin.owner !== by) {
    throw new SheafError(
      'SHEAF_OWNER',
      `The name ${name} is taken: the plugin belongs to ${there.plugin.owner}.`,
      {
        hint: 'Choose another name, or let its owner hand it over: sheaf owner transfer.',
      },
    );
  }
  const isNewOwner = (await tree.list(`${SOURCE_DIRECTORIES.owners}/${by}`)).length === 0;
  if (!isNewOwner) await requireReleaseKey(tree, by, key);
  const view = {
    registry,
    owner: by,
    isNewOwner,
    category: await categoryOf(tree, registry, name, category, there?.category),
  };
  if (there === undefined) return view;
  const released = await tree.read(
    sourcePath({ kind: 'release', category: there.category, plugin: name, version }),
  );
  if (released === undefined) requireNewer(name, version, there.versions);
  return { ...view, plugin: there.plugin, ...(released === undefined ? {} : { released }) };
}

/** A plugin of the registry, wherever it lies; undefined when there is none. */
export async function findPlugin(
  tree: ReadableTree,
  name: PluginName,
): Promise<
  | { readonly category: string; readonly plugin: PluginFile; readonly versions: readonly Version[] }
  | undefined
> {
  const sources = (await tree.list(SOURCE_DIRECTORIES.plugins)).flatMap((path) => {
    const file = parseSourcePath(path);
    return file !== undefined && 'category' in file && 'plugin' in file && file.plugin === name ? [file] : [];
  });
  const own = sources.find(({ kind }) => kind === 'plugin');
  if (own === undefined) return undefined;
  const path = sourcePath({ kind: 'plugin', category: own.category, plugin: name });
  const bytes = await tree.read(path);
  if (bytes === undefined) return undefined;
  return {
    category: own.category,
    plugin: valueOf(readPluginFile(bytes, path, { expected: { name } })),
    versions: sources.flatMap((file) => (file.kind === 'release' ? [file.version] : [])),
  };
}

/**
 * Makes sure that a key may sign releases of an owner now.
 *
 * @throws SheafError `SHEAF_SIGNATURE`, and as `readOwnerKeys`.
 */
export async function requireReleaseKey(tree: ReadableTree, owner: string, key: SshPublicKey): Promise<void> {
  const { signers, version } = newestOf(await readOwnerKeys({ tree }, owner)).file;
  if (signers.some((one) => one.namespaces.includes('release@sheaf') && sameKey(one.key, key))) return;
  throw new SheafError('SHEAF_SIGNATURE', `The key ${fingerprint(key)} is no release key of ${owner}.`, {
    hint: `Give a key that version ${version} of the keys of ${owner} lists, or add this one: sheaf owner rotate ${owner}.`,
  });
}

async function categoryOf(
  tree: ReadableTree,
  registry: string,
  name: PluginName,
  wanted: string | undefined,
  present: string | undefined,
): Promise<string> {
  if (present !== undefined) {
    if (wanted === undefined || wanted === present) return present;
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      `${name} is in the category ${present}, and its manifest says ${quote(wanted)}.`,
      {
        hint: `Write category = ${quote(present)} under [plugin].`,
      },
    );
  }
  const known = (await tree.list(SOURCE_DIRECTORIES.categories)).flatMap((path) => {
    const file = parseSourcePath(path);
    return file?.kind === 'category' ? [file.category] : [];
  });
  if (wanted !== undefined && known.includes(wanted)) return wanted;
  const problem =
    wanted === undefined
      ? 'The manifest names no category'
      : `The registry ${registry} has no category ${quote(wanted)}`;
  throw new SheafError('SHEAF_INVALID_FILE', `${problem}.`, {
    hint: `Write category = under [plugin], one of: ${known.join(', ')}.`,
  });
}

/** A version may still follow in an older major line; within its own it has to be the newest. */
function requireNewer(name: PluginName, version: Version, versions: readonly Version[]): void {
  const major = version.split('.')[0];
  const newest = versions
    .filter((one) => isVersion(one) && one.split('.')[0] === major)
    .toSorted(compareVersions)
    .at(-1);
  if (newest === undefined || compareVersions(version, newest) > 0) return;
  throw new SheafError(
    'SHEAF_EXISTS',
    `${name} ${version} is not newer than ${newest}, which is published.`,
    {
      hint: 'Raise the version in the manifest.',
    },
  );
}
