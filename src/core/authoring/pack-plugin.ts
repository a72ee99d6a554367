import { type FileToPack, packArchive } from '../archives/pack-archive.ts';
import { withCustomSection } from '../archives/wasm-section.ts';
import type { Artifact, Manifest } from '../formats/manifest.ts';
import { ANY_PLATFORM, type Platform } from '../platform.ts';
import { AUTHOR_MANIFEST } from './author-manifest.ts';
import { type CarriedFile, carriedSuites, withCarriedFiles } from './carried-files.ts';
import type { PluginFile } from './ports.ts';

/** A plugin as it is packed. */
export interface PluginToPack {
  readonly manifest: Manifest;
  /** The exact bytes of the author's manifest. */
  readonly manifestBytes: Uint8Array;
  /** The file that is loaded, and where it lies in the folder. */
  readonly entry: { readonly path: string; readonly bytes: Uint8Array };
  /** Everything in the folder. */
  readonly files: readonly PluginFile[];
  /** Where it runs; anywhere when absent. */
  readonly platform?: Platform;
}

/** An artifact and the name of its file. */
export interface PackedPlugin {
  readonly file: string;
  readonly kind: Extract<Artifact['kind'], 'wasm' | 'archive'>;
  /** The file to load, inside an archive. */
  readonly entry?: string;
  readonly bytes: Uint8Array;
}

/** Name of the file of an artifact, which says for which platform it is where there may be several. */
export function artifactFileName(
  { name, version }: Pick<Manifest, 'name' | 'version'>,
  platform: Platform,
  ending: 'wasm' | 'tar.gz' | 'zip',
): string {
  return `${name}-${version}${platform === ANY_PLATFORM ? '' : `-${platform}`}.${ending}`;
}

/** The file to load in an archive, by where its build leaves it. */
export function entryInArchive(built: string): string {
  return built.endsWith('.wasm') ? 'plugin.wasm' : built;
}

/** Texts that go along with every archive. */
const TEXTS = /^(licen[cs]e|copying|notice|readme|changelog)(\.|-|$)/i;

/**
 * Packs a plugin: the same files give the same bytes on every machine. A module that needs no file beside it is
 * released as it is, with the author's manifest as a custom section; everything else is an archive, which holds the
 * manifest as a file. The cases of the suites that the manifest names go along, because registries test and measure
 * what they are handed; other tests stay behind, and a plugin of the native tier may need any other file.
 *
 * @throws SheafError `SHEAF_ARCHIVE` for what could not be unpacked, or a module that is none.
 */
export function packPlugin({
  manifest,
  manifestBytes,
  entry,
  files,
  platform = ANY_PLATFORM,
}: PluginToPack): PackedPlugin {
  const { security, bin, configSchema } = manifest;
  const isModule = entry.path.endsWith('.wasm');
  const needed = new Set([...Object.values(bin), ...(configSchema === undefined ? [] : [configSchema])]);
  const suites = carriedSuites(manifest, files);
  if (isModule && needed.size === 0) {
    const bytes = withCustomSection(entry.bytes, AUTHOR_MANIFEST, manifestBytes);
    const file = artifactFileName(manifest, platform, 'wasm');
    return { file, kind: 'wasm', bytes: withCarriedFiles(bytes, suites) };
  }
  const carried = new Set(suites.map(({ path }: CarriedFile) => path));
  const inside = entryInArchive(entry.path);
  const belongs = ({ path, kind }: PluginFile): boolean =>
    kind === 'file' &&
    path !== entry.path &&
    path !== AUTHOR_MANIFEST &&
    (needed.has(path) ||
      carried.has(path) ||
      TEXTS.test(path) ||
      (security.tier === 'native' && !isTest(path, manifest)));
  const packed: FileToPack[] = [
    { path: AUTHOR_MANIFEST, bytes: manifestBytes },
    { path: inside, bytes: entry.bytes },
    ...files.filter(belongs).map(({ path, bytes }) => ({ path, bytes })),
  ];
  const file = artifactFileName(manifest, platform, 'tar.gz');
  return { file, kind: 'archive', entry: inside, bytes: packArchive(packed, file) };
}

function isTest(path: string, { testing }: Manifest): boolean {
  const suites = [testing.testSuite ?? 'tests/', testing.benchmarkSuite ?? 'bench/'];
  return suites.some((suite) => path.startsWith(suite.endsWith('/') ? suite : `${suite}/`));
}
