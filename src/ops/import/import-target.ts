import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { writeCategoryFile } from '../../core/formats/category-file.ts';
import { writeOwnerFile } from '../../core/formats/owner-file.ts';
import { type RegistryFile, readRegistryFile } from '../../core/formats/registry-file.ts';
import { IMPORT_OWNER } from '../../core/import/import-owner.ts';
import { inventoryOf, type SourceInventory } from '../../core/index/source-inventory.ts';
import { SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import { foldName, type PluginName } from '../../core/plugin-name.ts';
import type { SourceTree } from '../../core/publishing-ports.ts';
import { refuseDemoKeys } from '../../core/signatures/demo-keys.ts';
import { readSigners, type SignersFile, writeSigners } from '../../core/signatures/signers.ts';
import { fingerprint, type SshPrivateKey, sameKey } from '../../core/signatures/ssh-key.ts';
import { sign } from '../../core/signatures/sshsig.ts';
import { quote } from '../../core/text.ts';

/** A file that an import wants to write, by its path in the registry. */
export interface SourceWrite {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Whether it takes the place of an earlier revision; every other file is only ever created. */
  readonly replace?: boolean;
}

/** The registry that is imported into. */
export interface ImportTarget {
  readonly registry: string;
  readonly category: string;
  readonly tree: TargetTree;
  readonly inventory: SourceInventory;
  /** Names of the registry by their folded form: of its plugins, and of those that are being imported. */
  readonly taken: Map<string, PluginName>;
  /** Names that nobody may take, with the reason as the end of a sentence. */
  readonly refused: ReadonlyMap<string, string>;
  /** What the registry lacks for an import: the owner and the category. */
  readonly writes: readonly SourceWrite[];
}

/** A category that an import makes when the registry has none of that name. */
export interface ImportCategory {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly expertise: readonly string[];
}

/** The part of a registry repository that an import reads. */
export type TargetTree = Pick<SourceTree, 'list' | 'read'>;

/** The registry in a work tree; undefined when there is none. */
export async function registryIn(tree: TargetTree): Promise<RegistryFile | undefined> {
  const path = sourcePath({ kind: 'registry' });
  const bytes = await tree.read(path);
  return bytes === undefined ? undefined : valueOf(readRegistryFile(bytes, path));
}

/**
 * Looks at the registry that is imported into.
 *
 * @param wanted the category of new plugins when somebody chose one; it must exist.
 * @throws SheafError `SHEAF_OWNER` when the key is not one that the owner `imported` releases with, `SHEAF_USAGE`
 *   for a category that is not there, `SHEAF_INVALID_FILE`.
 */
export async function openTarget(
  tree: TargetTree,
  options: {
    readonly registry: string;
    readonly key: SshPrivateKey;
    readonly category: ImportCategory;
    readonly wanted: string | undefined;
  },
): Promise<ImportTarget> {
  const { registry, key, wanted } = options;
  const file = await registryIn(tree);
  const inventory = inventoryOf([...(await tree.list('registry')), ...(await tree.list('plugins'))]);
  return {
    registry,
    category: wanted ?? options.category.name,
    tree,
    inventory,
    taken: new Map([...inventory.plugins.keys()].map((name) => [foldName(name), name])),
    refused: new Map([
      ...(file?.reservedNames ?? []).map((name) => [name, 'is reserved in the registry'] as const),
      ...Object.entries(file?.removedNames ?? {}).map(
        ([name, reason]) => [name, `was removed from the registry: ${reason}`] as const,
      ),
    ]),
    writes: [
      ...(await ownerFiles(tree, inventory, registry, key)),
      ...(await categoryFiles(tree, options.category, wanted)),
    ],
  };
}

/** Nothing when the owner is there and releases with this key. */
async function ownerFiles(
  tree: TargetTree,
  inventory: SourceInventory,
  registry: string,
  key: SshPrivateKey,
): Promise<readonly SourceWrite[]> {
  const versions = (inventory.owners.get(IMPORT_OWNER) ?? []).flatMap(({ file }) =>
    file.kind === 'owner-signers' ? [file.version] : [],
  );
  if (versions.length === 0) return newOwner(registry, key);
  const path = sourcePath({ kind: 'owner-signers', owner: IMPORT_OWNER, version: Math.max(...versions) });
  const file = valueOf(readSigners((await tree.read(path)) ?? new Uint8Array(), path));
  const mayRelease = file.signers.some(
    (signer) => sameKey(signer.key, key.publicKey) && signer.namespaces.includes('release@sheaf'),
  );
  if (mayRelease) return [];
  throw new SheafError(
    'SHEAF_OWNER',
    `The key ${fingerprint(key.publicKey)} is not one that the owner ${IMPORT_OWNER} of ${registry} releases with.`,
    { hint: `Give the key of the first import; ${path} lists those that may sign.` },
  );
}

function newOwner(registry: string, key: SshPrivateKey): readonly SourceWrite[] {
  const owner = IMPORT_OWNER;
  const signers: SignersFile = {
    kind: 'owner',
    registry,
    owner,
    version: 1,
    epoch: 0,
    threshold: 1,
    signers: [{ principal: owner, namespaces: ['owner@sheaf', 'release@sheaf'], key: key.publicKey }],
  };
  refuseDemoKeys(signers);
  const bytes = writeSigners(signers);
  return [
    // Each imported plugin lists the repository of its own author, which is narrower than any list here.
    {
      path: sourcePath({ kind: 'owner', owner }),
      bytes: writeOwnerFile({ displayName: 'Imported', repositories: [] }),
    },
    { path: sourcePath({ kind: 'owner-signers', owner, version: 1 }), bytes },
    {
      path: sourcePath({ kind: 'owner-signature', owner, version: 1, principal: owner }),
      bytes: sign(key, 'owner@sheaf', bytes),
    },
  ];
}

async function categoryFiles(
  tree: TargetTree,
  category: ImportCategory,
  wanted: string | undefined,
): Promise<readonly SourceWrite[]> {
  const { name, ...about } = category;
  const path = sourcePath({ kind: 'category', category: wanted ?? name });
  if ((await tree.read(path)) !== undefined) return [];
  if (wanted === undefined || wanted === name) return [{ path, bytes: writeCategoryFile(about) }];
  const there = (await tree.list(SOURCE_DIRECTORIES.categories)).map((file) =>
    file.slice(SOURCE_DIRECTORIES.categories.length + 1).replace(/\.toml$/, ''),
  );
  throw new SheafError('SHEAF_USAGE', `The registry has no category ${quote(wanted)}.`, {
    hint: `Choose one of ${there.join(', ')}, or leave out --category.`,
  });
}
