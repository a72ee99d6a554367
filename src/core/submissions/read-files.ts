import type { Finding, Reading } from '../finding.ts';
import { readReleaseManifest } from '../formats/manifest.ts';
import { readOwnerFile } from '../formats/owner-file.ts';
import { readPluginFile } from '../formats/plugin-file.ts';
import { readReviewFile } from '../formats/review-file.ts';
import { readTransferFile } from '../formats/transfer-file.ts';
import type { SourceFile } from '../index/source-layout.ts';
import { readSigners } from '../signatures/signers.ts';
import type { Change, ChangedFile } from './change.ts';

/** The name under which findings of the strict readers are reported, whatever the reader calls them. */
export const SCHEMA_RULE = 'schema';

/**
 * What the strict readers find in the files that a change brings. Only what people besides maintainers may bring is
 * read: everything else is refused whatever it says.
 */
export function readChangedFiles({ registry, files }: Change): readonly Finding[] {
  return files.flatMap((file) =>
    (readFile(file, registry.id)?.findings ?? []).map((finding) => ({ ...finding, rule: SCHEMA_RULE })),
  );
}

type Reader = (bytes: Uint8Array, file: string) => Reading<unknown>;

const READERS: Partial<Readonly<Record<SourceFile['kind'], Reader>>> = {
  release: readReleaseManifest,
  plugin: readPluginFile,
  owner: readOwnerFile,
  'owner-signers': readSigners,
  review: readReviewFile,
};

function readFile({ path, source, after }: ChangedFile, registry: string): Reading<unknown> | undefined {
  if (after === undefined || source === undefined) return undefined;
  if (source.kind === 'transfer') {
    const { plugin, revision } = source;
    return readTransferFile(after, path, { registry, plugin, revision });
  }
  return READERS[source.kind]?.(after, path);
}
