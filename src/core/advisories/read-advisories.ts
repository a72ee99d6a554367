import { type JsonContext, parseJson, readMap, readText } from '../documents/strict-json.ts';
import { valueOf } from '../finding.ts';
import { type Advisory, readAdvisory } from '../formats/advisory.ts';

/**
 * Reads the index's copy of all advisories, exact texts by path. One that is broken refuses all of them: passed
 * over, it could not warn anybody.
 *
 * @throws SheafError `SHEAF_INDEX` or `SHEAF_INVALID_FILE` when it is malformed.
 */
export function readAdvisories(bytes: Uint8Array): readonly Advisory[] {
  const context: JsonContext = { what: 'The list of advisories', code: 'SHEAF_INDEX' };
  const files = readMap(parseJson(bytes, context), context, readText);
  return Object.entries(files).map(([path, text]) =>
    valueOf(readAdvisory(new TextEncoder().encode(text), path)),
  );
}
