import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { LATEST_PATH } from '../core/index/checkpoint.ts';
import { objectPath } from '../core/index/index-head.ts';
import type { IndexTarget, PublishedFile } from '../core/publishing-ports.ts';
import { quote } from '../core/text.ts';
import { createDirectorySource } from './directory-source.ts';
import { isErrno, readFileIfExists, syncDirectory, toSheafError, writeFileAtomic } from './files.ts';
import { withProcessLock } from './process-lock.ts';
import { pruneDirectory } from './prune-directory.ts';

/** Files that are made durable at the same time. */
const SYNCS_AT_ONCE = 32;

/**
 * A published tree in a directory that a web server or nothing at all serves: objects by digest, each written
 * under another name and renamed; checkpoint and `latest` only after all objects are on the disk. Whoever is
 * killed in between leaves objects that nothing refers to. Objects that only checkpoints older than 30 days
 * reach are removed after `latest` has moved on.
 */
export function createDirectoryTarget(directory: string): IndexTarget {
  const root = resolve(directory);
  const source = createDirectorySource(root, root);
  let read: Uint8Array | undefined;
  let wasRead = false;
  return {
    url: root,
    naming: 'digest',
    readObject: (object) => source.readObject(object),
    async readFile(path, maxBytes) {
      const bytes = await source.readFile(path, maxBytes);
      if (path === LATEST_PATH && !wasRead) {
        wasRead = true;
        read = bytes;
      }
      return bytes;
    },
    async has(object) {
      try {
        // Without an error for what is not there: of a new index that is every object.
        const status = statSync(join(root, objectPath(object.sha256)), { throwIfNoEntry: false });
        // A file that a power cut shortened has another size; everything below an object was written before it.
        return status?.size === object.size;
      } catch (error) {
        throw toSheafError(error, `reading ${quote(root)}`);
      }
    },
    async publish(files, issued) {
      await mkdir(root, { recursive: true }).catch((error: unknown) => {
        throw toSheafError(error, `writing ${quote(root)}`);
      });
      // Two at once could each remove what the other is about to refer to.
      await withProcessLock(
        join(root, '.publishing'),
        { what: `the published tree ${quote(root)}` },
        async () => {
          if (wasRead) await refuseLostRace(root, read);
          const isCurrent = await writeTree(root, files);
          if (isCurrent) await pruneDirectory(root, issued);
        },
      );
    },
    close: () => Promise.resolve(),
  };
}

async function refuseLostRace(root: string, read: Uint8Array | undefined): Promise<void> {
  const now = await readFileIfExists(join(root, LATEST_PATH));
  if (now === undefined ? read === undefined : read !== undefined && Buffer.compare(now, read) === 0) return;
  throw new SheafError('SHEAF_EXISTS', `Somebody else published to ${quote(root)} in the meantime.`, {
    hint: 'Build again on top of what is published now.',
  });
}

/** @returns whether `latest` was among the files. */
async function writeTree(root: string, files: AsyncIterable<PublishedFile>): Promise<boolean> {
  const unsynced: string[] = [];
  const mark = randomBytes(6).toString('hex');
  let isCurrent = false;
  for await (const { path, bytes } of files) {
    const place = join(root, ...path.split('/'));
    if (path.startsWith('o/')) {
      writeObject(place, bytes, `${place}.${mark}.tmp`);
      unsynced.push(place);
      continue;
    }
    // From here on things refer to objects, which must survive a power cut before these do.
    await makeDurable(unsynced.splice(0));
    await writeFileAtomic(place, bytes);
    isCurrent ||= path === LATEST_PATH;
  }
  await makeDurable(unsynced);
  return isCurrent;
}

/** Synchronous: an index is many small files, and the way through the thread pool costs several times the write. */
function writeObject(place: string, bytes: Uint8Array, temporary: string): void {
  try {
    const descriptor = create(temporary);
    try {
      writeFileSync(descriptor, bytes);
      // The web server that serves it may be another user, whatever the umask of this one says.
      fchmodSync(descriptor, 0o644);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, place);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw toSheafError(error, `writing ${quote(place)}`);
  }
}

function create(place: string): number {
  try {
    return openSync(place, 'wx');
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    mkdirSync(dirname(place), { recursive: true });
    return openSync(place, 'wx');
  }
}

async function makeDurable(places: readonly string[]): Promise<void> {
  for (let start = 0; start < places.length; start += SYNCS_AT_ONCE) {
    await Promise.all(places.slice(start, start + SYNCS_AT_ONCE).map(syncFile));
  }
  const directories = new Set(places.map((place) => dirname(place)));
  for (const directory of directories) await syncDirectory(directory);
}

async function syncFile(place: string): Promise<void> {
  const handle = await open(place, 'r');
  try {
    await handle.datasync();
  } catch (error) {
    throw toSheafError(error, `writing ${quote(place)}`);
  } finally {
    await handle.close();
  }
}
