import { customSections, withCustomSection } from '../archives/wasm-section.ts';
import type { Manifest } from '../formats/manifest.ts';
import { LIMITS } from '../limits.ts';
import { AUTHOR_MANIFEST } from './author-manifest.ts';
import type { PluginFile } from './ports.ts';

/** A file that goes along with a released plugin although no host needs it. */
export interface CarriedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The custom section of a bare module that holds a file is named by this and the path. */
const SECTION = 'sheaf.file/';

/** A path that means the same everywhere, so that nothing has to be escaped or refused later. */
const CASES_PATH = /^\w[\w.-]*(?:\/\w[\w.-]*)*\.json$/;

/**
 * The files `*.json` of the suites that a manifest names under `[testing]`, by path; none of them when they are more
 * than `LIMITS.carriedFiles` or `LIMITS.carriedBytes`: half a suite would be judged as if it were the whole.
 */
export function carriedSuites(
  { testing }: Pick<Manifest, 'testing'>,
  files: readonly PluginFile[],
): readonly CarriedFile[] {
  const suites = [testing.testSuite, testing.benchmarkSuite]
    .filter((suite) => suite !== undefined)
    .map((suite) => `${suite.replace(/\/+$/, '')}/`);
  const cases = files
    .filter(({ path, kind }) => kind === 'file' && CASES_PATH.test(path))
    .filter(({ path }) => suites.some((suite) => path.startsWith(suite)))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const size = cases.reduce((total, { bytes }) => total + bytes.byteLength, 0);
  return cases.length <= LIMITS.carriedFiles && size <= LIMITS.carriedBytes ? cases : [];
}

/** The module with a custom section for each file, at its end. */
export function withCarriedFiles(module: Uint8Array, files: readonly CarriedFile[]): Uint8Array {
  return files.reduce(
    (bytes, file) => withCustomSection(bytes, `${SECTION}${file.path}`, file.bytes),
    module,
  );
}

/**
 * The files that a released module holds: its manifest, and what {@link withCarriedFiles} put into it. Of two with one
 * path the first counts; what has no plain path, or is too much, is left out.
 *
 * @param what the module, for messages.
 * @throws SheafError `SHEAF_ARCHIVE` when it is no whole module.
 */
export function filesInModule(module: Uint8Array, what: string): readonly PluginFile[] {
  const files = new Map<string, PluginFile>();
  for (const { name, contents } of customSections(module, what)) {
    const path = name.startsWith(SECTION) ? name.slice(SECTION.length) : name;
    const isFile = name === AUTHOR_MANIFEST || (name.startsWith(SECTION) && CASES_PATH.test(path));
    if (!isFile || files.has(path) || files.size > LIMITS.carriedFiles) continue;
    files.set(path, { path, kind: 'file', bytes: contents });
  }
  return [...files.values()];
}
