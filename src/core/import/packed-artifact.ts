import { type FileToPack, packArchive } from '../archives/pack-archive.ts';
import { sha256 } from '../digest.ts';
import type { Artifact } from '../formats/manifest.ts';

/** An archive that an import packs, because the list publishes its files one by one or not at all. */
export interface PackedArtifact {
  readonly artifact: Artifact;
  readonly bytes: Uint8Array;
  /** Where the archive belongs below the directory that is served. */
  readonly path: string;
}

/**
 * Packs files into the artifact of a release: an archive under its digest, as mirrors keep artifacts.
 *
 * @param base URL prefix, ending with a slash, under which the archives will be served.
 * @param entry the file to load, among `files`.
 * @throws SheafError `SHEAF_ARCHIVE` for what could not be unpacked.
 */
export function packArtifact(
  files: readonly FileToPack[],
  { name, base, entry }: { readonly name: string; readonly base: string; readonly entry?: string },
): PackedArtifact {
  const bytes = packArchive(files, name);
  const digest = sha256(bytes);
  const path = `${digest.slice(0, 2)}/${digest}`;
  const artifact: Artifact = {
    kind: 'archive',
    platform: 'any',
    url: `${base}${path}`,
    size: bytes.byteLength,
    sha256: digest,
    ...(entry === undefined ? {} : { entry }),
  };
  return { artifact, bytes, path };
}
