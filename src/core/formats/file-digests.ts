import { SheafError } from '../errors.ts';
import { isSha256, type Sha256 } from '../object-ref.ts';
import { quote } from '../text.ts';

/** The files of an installed plugin: path with `/`, relative to its directory, to the digest of the bytes. */
export type FileDigests = ReadonlyMap<string, Sha256>;

/**
 * Writes digests in the form of sha256sum(1), sorted by path, so that anybody can check them with
 * `sha256sum -c` inside the plugin's directory.
 */
export function writeFileDigests(digests: FileDigests): Uint8Array {
  const lines = [...digests].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new TextEncoder().encode(lines.map(([path, digest]) => `${digest}  ${path}\n`).join(''));
}

/**
 * Reads what {@link writeFileDigests} wrote.
 *
 * @param plugin names it in the refusal.
 * @throws SheafError `SHEAF_MODIFIED` when it is anything else.
 */
export function readFileDigests(bytes: Uint8Array, plugin: string): FileDigests {
  const lines = new TextDecoder().decode(bytes).split('\n');
  const digests = new Map<string, Sha256>();
  for (const line of lines.slice(0, -1)) {
    const [digest, path] = [line.slice(0, 64), line.slice(66)];
    if (!isSha256(digest) || path === '' || line.slice(64, 66) !== '  ') throw damaged(plugin);
    digests.set(path, digest);
  }
  if (lines.at(-1) !== '') throw damaged(plugin);
  return digests;
}

/** What differs between two sets of files, one sentence each, sorted by path. */
export function fileDifferences(
  expected: FileDigests,
  found: ReadonlyMap<string, Sha256 | undefined>,
): readonly string[] {
  const paths = [...new Set([...expected.keys(), ...found.keys()])].toSorted();
  return paths.flatMap((path) => {
    const wanted = expected.get(path);
    if (wanted === undefined) return [`${quote(path)} was added.`];
    if (!found.has(path)) return [`${quote(path)} is missing.`];
    return found.get(path) === wanted ? [] : [`${quote(path)} was changed.`];
  });
}

function damaged(plugin: string): SheafError {
  return new SheafError('SHEAF_MODIFIED', `The digests of the files of ${plugin} are damaged.`, {
    hint: 'Run `sheaf install --force` to install it again.',
  });
}
