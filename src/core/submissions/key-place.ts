import type { Path } from '../documents/source-text.ts';
import { parseToml } from '../documents/toml-document.ts';
import type { Place } from '../finding.ts';
import { LIMITS } from '../limits.ts';

/** Where a key of a TOML file stands; the file alone when it cannot be read. */
export function placeOfKey(file: string, bytes: Uint8Array | undefined, path: Path): Place {
  const document =
    bytes === undefined ? undefined : parseToml(bytes, file, { maxBytes: LIMITS.manifestBytes }).value;
  return document?.place(path) ?? { file };
}
