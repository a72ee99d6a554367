import { SheafError } from '../errors.ts';
import { valueOf } from '../finding.ts';
import { readReleaseManifest } from '../formats/manifest.ts';
import { readOwnerFile } from '../formats/owner-file.ts';
import { readPluginFile } from '../formats/plugin-file.ts';
import { sourcePath } from '../index/source-layout.ts';
import { LIMITS } from '../limits.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { isVersion, type Version } from '../version.ts';

/** What the registry knows of the plugin that a release is submitted of. */
export interface KnownPlugin {
  readonly category: string;
  readonly owner: string;
}

/** Files of a forge's release as those of a registry. */
export interface SubmittedFiles {
  readonly version: Version;
  readonly owner: string;
  readonly isNewOwner: boolean;
  /** The account that a new owner names. */
  readonly githubId?: number;
  /** By path in the registry. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * How large an asset of a release may be that belongs into a registry, by its name; undefined for every other asset.
 * They lie beside the artifacts: `<version>.toml`, `plugin.toml`, `owner.toml`, `<N>.signers`, each with its signatures.
 */
export function submittedBytes(name: string): number | undefined {
  if (name.endsWith('.sig'))
    return submittedBytes(signed(name)) === undefined ? undefined : LIMITS.signatureBytes;
  if (name === 'plugin.toml' || name === 'owner.toml') return LIMITS.manifestBytes;
  if (/^[1-9]\d{0,3}\.signers$/.test(name)) return LIMITS.signersBytes;
  return isVersion(name.replace(/\.toml$/, '')) && name.endsWith('.toml') ? LIMITS.manifestBytes : undefined;
}

/** What a signature is over: `1.signers.alice.sig` is one of `1.signers`. */
function signed(name: string): string {
  return name.replace(/^([1-9]\d{0,3}\.signers)\.[a-z0-9-]+\.sig$/, '$1').replace(/\.sig$/, '');
}

/**
 * Puts the assets of a release to their places in a registry. Their shapes are judged here, what they mean and who
 * signed them by the validator, as of every pull request.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` with the sentence that the author is told.
 */
export function placeSubmittedFiles(
  assets: ReadonlyMap<string, Uint8Array>,
  plugin: PluginName,
  registry: string,
  known: KnownPlugin | undefined,
): SubmittedFiles {
  const manifests = [...assets.keys()].filter(
    (name) => isVersion(name.replace(/\.toml$/, '')) && name.endsWith('.toml'),
  );
  const [manifestName] = manifests;
  if (manifestName === undefined || manifests.length > 1) {
    throw refused(`The release has ${manifests.length} files named VERSION.toml, and must have one.`);
  }
  const bytes = required(assets, manifestName);
  const manifest = valueOf(readReleaseManifest(bytes, manifestName));
  if (manifest.name !== plugin) {
    throw refused(`${quote(manifestName)} is of the plugin ${manifest.name}, and the form names ${plugin}.`);
  }
  if (manifest.registry !== registry) {
    throw refused(
      `${quote(manifestName)} is for the registry ${quote(manifest.registry)}, and this is ${registry}.`,
    );
  }
  const { version } = manifest;
  const category = known?.category ?? manifest.category;
  if (category === undefined) throw refused(`${quote(manifestName)} names no category.`);
  const files = new Map<string, Uint8Array>();
  const release = { category, plugin, version } as const;
  files.set(sourcePath({ kind: 'release', ...release }), bytes);
  files.set(sourcePath({ kind: 'release-signature', ...release }), required(assets, `${manifestName}.sig`));
  if (known !== undefined) return { version, owner: known.owner, isNewOwner: false, files };

  const about = required(assets, 'plugin.toml');
  const { owner, name } = valueOf(readPluginFile(about, 'plugin.toml'));
  if (name !== plugin) throw refused(`"plugin.toml" is of the plugin ${name}, and the form names ${plugin}.`);
  files.set(sourcePath({ kind: 'plugin', category, plugin }), about);
  files.set(sourcePath({ kind: 'plugin-signature', category, plugin }), required(assets, 'plugin.toml.sig'));
  const ownerFile = assets.get('owner.toml');
  if (ownerFile === undefined) return { version, owner, isNewOwner: false, files };
  const { githubId } = valueOf(readOwnerFile(ownerFile, 'owner.toml'));
  files.set(sourcePath({ kind: 'owner', owner }), ownerFile);
  files.set(sourcePath({ kind: 'owner-signers', owner, version: 1 }), required(assets, '1.signers'));
  for (const [asset, signature] of assets) {
    const [, principal] = /^1\.signers\.([a-z0-9-]+)\.sig$/.exec(asset) ?? [];
    if (principal === undefined) continue;
    files.set(sourcePath({ kind: 'owner-signature', owner, version: 1, principal }), signature);
  }
  return { version, owner, isNewOwner: true, ...(githubId === undefined ? {} : { githubId }), files };
}

function required(assets: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const bytes = assets.get(name);
  if (bytes === undefined) throw refused(`The release has no file ${quote(name)}.`);
  return bytes;
}

function refused(sentence: string): SheafError {
  return new SheafError('SHEAF_INVALID_FILE', sentence, {
    hint: 'Publish the release anew and open a new issue.',
  });
}
