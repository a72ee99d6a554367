import type { Reading } from '../finding.ts';
import { parseToml, type TomlDocument } from './toml-document.ts';

/**
 * Parses a TOML file that lies on the user's own disk and is not signed. Such files pass through editors and
 * Git on Windows, so CRLF is a line end here; lines and columns of findings are those of the file.
 */
export function parseLocalToml(bytes: Uint8Array, file: string): Reading<TomlDocument> {
  return parseToml(withoutCarriageReturns(bytes), file);
}

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

function withoutCarriageReturns(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(CARRIAGE_RETURN)) return bytes;
  return bytes.filter((byte, index) => byte !== CARRIAGE_RETURN || bytes[index + 1] !== LINE_FEED);
}
