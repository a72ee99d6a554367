import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../core/object-ref.ts';
import { isErrno } from '../files.ts';

/**
 * Every file below a directory, by path with `/`, and its digest; none where there is no such directory. A link, or
 * whatever else is no regular file, has no digest: no archive brings one, and a link to the right bytes is not what
 * was installed.
 */
export async function digestsBelow(directory: string): Promise<ReadonlyMap<string, Sha256 | undefined>> {
  const digests = new Map<string, Sha256 | undefined>();
  for (const path of await filesBelow(directory, ''))
    digests.set(path, await digestOf(join(directory, path)));
  return digests;
}

async function filesBelow(directory: string, prefix: string): Promise<readonly string[]> {
  let entries: Awaited<ReturnType<typeof readEntries>>;
  try {
    entries = await readEntries(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
  const paths: string[] = [];
  for (const entry of entries) {
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) paths.push(...(await filesBelow(join(directory, entry.name), `${path}/`)));
    else paths.push(path);
  }
  return paths;
}

function readEntries(directory: string) {
  return readdir(directory, { withFileTypes: true });
}

async function digestOf(path: string): Promise<Sha256 | undefined> {
  if (!(await lstat(path)).isFile()) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex') as Sha256;
}
