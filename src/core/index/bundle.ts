import type { Sha256 } from '../digest.ts';
import type { JsonContext } from '../documents/strict-json.ts';
import { parseJson, readMap, readText, writeJson } from '../documents/strict-json.ts';
import { LIMITS } from '../limits.ts';
import type { PluginName } from '../plugin-name.ts';
import { namePrefix } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import { compareVersions } from '../version.ts';
import { builtObject } from './built-object.ts';
import type { BuiltObject, IndexObject } from './index-head.ts';
import type { ReleasesRecord } from './records.ts';

/**
 * File name to exact text: `plugin.toml`, `<version>.toml`, each with its `.sig`, and `transfer-<revision>.toml`
 * with one `.<principal>.sig` for each signer.
 */
export type BundleFiles = Readonly<Record<string, string>>;

/** One release in the form it was signed. */
export interface SignedRelease {
  readonly version: Version;
  /** Exact text of `<version>.toml`. */
  readonly manifest: string;
  /** Exact text of `<version>.toml.sig`. */
  readonly signature: string;
}

/** The bundles of a plugin and where each version went. */
export interface BuiltBundles {
  readonly objects: readonly BuiltObject[];
  readonly position: ReadonlyMap<Version, number>;
}

/** The path of a plugin's n-th bundle on the Git branch. */
export function bundlePath(plugin: PluginName, position: number): string {
  return `bundles/${namePrefix(plugin)}/${plugin}/${position}.json`;
}

/** A bundle that a record of releases names. */
export function bundleObject(
  record: Pick<ReleasesRecord, 'name' | 'bundles'>,
  position: number,
): IndexObject | undefined {
  const ref = record.bundles[position];
  return ref === undefined
    ? undefined
    : { sha256: ref.sha256, size: ref.size, path: bundlePath(record.name, position) };
}

/**
 * Packs the signed files of a plugin into objects of about `LIMITS.bundleBytes` at most: `plugin.toml` and the
 * transfers first, then releases in ascending order, so that a new release changes the last bundle only. A
 * release that is larger than a bundle gets one of its own.
 *
 * @param plugin exact texts of plugin.toml and its signature, and of the transfers with theirs by file name.
 */
export function buildBundles(
  name: PluginName,
  plugin: { readonly file: string; readonly signature: string; readonly transfers?: BundleFiles },
  releases: readonly SignedRelease[],
): BuiltBundles {
  const transfers = Object.entries(plugin.transfers ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  let bundle: Record<string, string> = {
    'plugin.toml': plugin.file,
    'plugin.toml.sig': plugin.signature,
    ...Object.fromEntries(transfers),
  };
  let size = transfers.reduce(
    (sum, [, text]) => sum + sizeOf(text, ''),
    sizeOf(plugin.file, plugin.signature),
  );
  const bundles = [bundle];
  const position = new Map<Version, number>();
  for (const release of releases.toSorted((a, b) => compareVersions(a.version, b.version))) {
    const added = sizeOf(release.manifest, release.signature);
    if (size + added > LIMITS.bundleBytes) {
      bundle = {};
      bundles.push(bundle);
      size = 0;
    }
    bundle[`${release.version}.toml`] = release.manifest;
    bundle[`${release.version}.toml.sig`] = release.signature;
    position.set(release.version, bundles.length - 1);
    size += added;
  }
  const objects = bundles.map((files, index) => builtObject(bundlePath(name, index), writeJson(files)));
  return { objects, position };
}

/**
 * Reads a bundle. What the files say is unverified: their signatures decide.
 *
 * @param sha256 names the bundle in errors.
 * @throws SheafError `SHEAF_INDEX`.
 */
export function readBundle(bytes: Uint8Array, name: PluginName, sha256?: Sha256): BundleFiles {
  const which = sha256 === undefined ? '' : ` ${sha256.slice(0, 12)}`;
  const context: JsonContext = { what: `A bundle${which} of ${name}`, code: 'SHEAF_INDEX' };
  return readMap(parseJson(bytes, context), context, readText);
}

/**
 * About how many bytes two texts and their names take in a bundle: an eighth for escapes. It depends on nothing
 * else, so what went into a bundle once stays there.
 */
function sizeOf(file: string, signature: string): number {
  const NAMES = 160;
  return Math.ceil((file.length + signature.length) * 1.125) + NAMES;
}
