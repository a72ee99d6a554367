import { resolve } from 'node:path';
import { sha256 } from '../core/digest.ts';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { ArtifactHost } from '../core/submission-ports.ts';
import { quote } from '../core/text.ts';
import { createNamedFiles } from './named-files.ts';

/**
 * A directory that a web server publishes, or that is copied to one.
 *
 * @param prefix address below which its files will be found, with a slash at its end.
 */
export function createDirectoryHost(directory: string, prefix: string): ArtifactHost {
  const files = createNamedFiles();
  return {
    name: directory,
    addressOf: (name) => `${prefix}${name}`,
    async publish(hosted) {
      const missing = [];
      for (const file of hosted) {
        const path = resolve(directory, file.name);
        const there = await files.readIfExists(path, LIMITS.artifactBytes);
        if (there === undefined) missing.push({ ...file, path });
        else if (sha256(there) !== file.sha256) throw otherBytes(path);
      }
      // Each in one step: half a file would be other bytes for ever.
      for (const { path, bytes } of missing) await files.write(path, bytes);
    },
  };
}

function otherBytes(path: string): SheafError {
  return new SheafError('SHEAF_EXISTS', `${quote(path)} is there, with other contents.`, {
    hint: 'What was published under a version never changes: raise the version in the manifest.',
  });
}
