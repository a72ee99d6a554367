import { SheafError } from '../../../core/errors.ts';
import { LIMITS } from '../../../core/limits.ts';
import type { ReleaseFiles } from '../../../core/review-ports.ts';
import { quote } from '../../../core/text.ts';
import { listAt, numberAt, textAt } from '../forge-answer.ts';
import type { GithubClient } from './client.ts';

/** Files of releases of any repository on a server with GitHub's interface, as data. */
export function createGithubReleaseFiles(client: GithubClient): ReleaseFiles {
  return {
    async read(repository, tag, maxBytesOf) {
      const release = await client.find(`repos/${repository}/releases/tags/${encodeURIComponent(tag)}`);
      if (release === undefined) return undefined;
      const files = new Map<string, Uint8Array>();
      for (const asset of listAt(release, 'assets')) {
        const name = textAt(asset, 'name');
        const maxBytes = maxBytesOf(name);
        if (maxBytes === undefined) continue;
        if (files.size === LIMITS.signersPerFile) {
          throw new SheafError(
            'SHEAF_SIZE',
            `The release ${quote(tag)} has too many files that could belong into a registry.`,
          );
        }
        const path = `repos/${repository}/releases/assets/${numberAt(asset, 'id')}`;
        const bytes = await client.bytes(path, 'application/octet-stream', maxBytes);
        if (bytes !== undefined) files.set(name, bytes);
      }
      return files;
    },
  };
}
