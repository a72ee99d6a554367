import { rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { objectPath } from '../core/index/index-head.ts';
import type { MirrorDirectory } from '../core/publishing-ports.ts';
import { quote } from '../core/text.ts';
import { createDirectorySource } from './directory-source.ts';
import { createDirectoryTarget } from './directory-target.ts';
import { isErrno, toSheafError } from './files.ts';
import { createDownloader } from './http/downloader.ts';
import type { Http } from './http/http.ts';
import { createObjectStore } from './object-store.ts';
import { type LockOptions, withProcessLock } from './process-lock.ts';

/** Where a mirror keeps what is not published: no web server serves, and no client asks for, hidden files. */
const ASIDE = '.mirror';

/** What a mirror works with. */
export interface MirrorDirectoryOptions {
  readonly http: Http;
  readonly signal: AbortSignal;
  readonly onWait: NonNullable<LockOptions['onWait']>;
}

/** A mirror in a directory of this machine; it is made when something is written. */
export function createMirrorDirectory(directory: string, options: MirrorDirectoryOptions): MirrorDirectory {
  const { http, signal, onWait } = options;
  const root = resolve(directory);
  const aside = join(root, ASIDE);
  const published = createObjectStore(join(root, 'o'));
  const staged = createObjectStore(join(aside, 'objects'));
  return {
    tree: createDirectorySource(root, root),
    target: createDirectoryTarget(root),
    objects: {
      ...staged,
      read: async (ref) => (await published.read(ref)) ?? staged.read(ref),
    },
    downloader: createDownloader({ http, store: published, directory: aside, signal }),
    async has({ sha256, size }) {
      try {
        const status = await stat(join(root, objectPath(sha256)));
        return status.isFile() && (size === undefined || status.size === size);
      } catch (error) {
        if (isErrno(error, 'ENOENT', 'ENOTDIR')) return false;
        throw toSheafError(error, `reading ${quote(root)}`);
      }
    },
    async tidy() {
      await rm(join(aside, 'objects'), { recursive: true, force: true });
    },
    exclusively: (work) =>
      withProcessLock(join(aside, 'lock'), { what: `the mirror ${quote(root)}`, onWait, signal }, work),
  };
}
