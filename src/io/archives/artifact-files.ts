import { isWasmModule } from '../../core/archives/wasm-section.ts';
import { filesInModule } from '../../core/authoring/carried-files.ts';
import type { PluginFile } from '../../core/authoring/ports.ts';
import { type StoredArtifact, unpacked } from './archive.ts';

/**
 * The files that an artifact becomes, sorted by path; beside a module that stands alone, the manifest and the other
 * files that it carries. Nothing is written.
 *
 * @param maxBytes what all of them together may have.
 * @throws SheafError `SHEAF_ARCHIVE`, `SHEAF_SIZE`.
 */
export async function artifactFiles(order: StoredArtifact, maxBytes: number): Promise<readonly PluginFile[]> {
  const files = [...(await unpacked(order, maxBytes))].map(
    ([path, bytes]): PluginFile => ({ path, kind: 'file', bytes }),
  );
  const carried = order.artifact.kind === 'wasm' ? files.flatMap(carriedFiles) : [];
  return [...files, ...carried].toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function carriedFiles({ path, bytes }: PluginFile): readonly PluginFile[] {
  return isWasmModule(bytes) ? filesInModule(bytes, path) : [];
}
