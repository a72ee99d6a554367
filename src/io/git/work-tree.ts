import { closeSync, constants, type Dirent, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { quote } from '../../core/text.ts';
import { isErrno, toSheafError } from '../files.ts';

/** Paths of all regular files below a directory of `root`, sorted by code unit; links are not followed. */
export function listFiles(root: string, directory: string): readonly string[] {
  const paths: string[] = [];
  const pending = [directory];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    for (const entry of entriesOf(placeOf(root, below))) {
      const path = `${below}/${entry.name}`;
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile()) paths.push(path);
    }
  }
  return paths.toSorted();
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw toSheafError(error, `reading ${quote(directory)}`);
  }
}

/**
 * The bytes of a regular file; undefined where there is none.
 *
 * Synchronous on purpose, as the listing is: a build reads hundreds of thousands of small files, and the way
 * through the thread pool costs several times what the read itself does.
 *
 * @throws SheafError `SHEAF_SIZE` beyond `LIMITS.indexObjectBytes`, `SHEAF_PATH` for a path that leaves `root`.
 */
export function readRegularFile(root: string, path: string): Uint8Array | undefined {
  const place = placeOf(root, path);
  let descriptor: number;
  try {
    // A link could bring a file of this machine into a public index.
    descriptor = openSync(place, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EMLINK')) return undefined;
    throw toSheafError(error, `reading ${quote(place)}`);
  }
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile()) return undefined;
    if (status.size > LIMITS.indexObjectBytes) {
      throw new SheafError(
        'SHEAF_SIZE',
        `${quote(place)} has ${status.size} bytes; at most ${LIMITS.indexObjectBytes} are read.`,
      );
    }
    return readAll(descriptor, status.size);
  } finally {
    closeSync(descriptor);
  }
}

/** The bytes up to `size`, or up to the end when the file has become shorter. */
function readAll(descriptor: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const read = readSync(descriptor, bytes, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return length === size ? bytes : bytes.slice(0, length);
}

function placeOf(root: string, path: string): string {
  refuseOutside(path);
  return join(root, ...path.split('/'));
}

/**
 * Refuses what is no path inside of a registry.
 *
 * @throws SheafError `SHEAF_PATH`.
 */
export function refuseOutside(path: string): void {
  if (OUTSIDE.test(path)) {
    throw new SheafError('SHEAF_PATH', `${quote(path)} is no path inside of the registry.`);
  }
}

// A component that is empty or leads up, or what separates components on other systems.
const OUTSIDE = /(?:^|\/)(?:\.\.)?(?:\/|$)|\\/;
