import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkpointPath } from '../../src/core/index/checkpoint.ts';
import { type IndexObject, objectPath } from '../../src/core/index/index-head.ts';
import { indexObjects } from '../../src/core/index/index-objects.ts';
import { type FileMap, type RegistrySimulator, writeTree } from '../../src/testkit/index.ts';

const run = promisify(execFile);

/** Runs git in a directory, as a person without configuration. */
export async function git(directory: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run(
    'git',
    ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args],
    {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, GIT_CONFIG_NOSYSTEM: '1' },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  return stdout.trim();
}

/** The published tree as the branch `index` of a Git repository has it: objects under their paths. */
export async function branchTree(registry: RegistrySimulator): Promise<FileMap> {
  const { published } = registry;
  const checkpoint = registry.latestCheckpoint();
  const path = checkpointPath(checkpoint);
  const tree: FileMap = new Map();
  for (const [name, bytes] of published) {
    if (name === 'latest' || name.startsWith('root/') || name.startsWith(path)) tree.set(name, bytes);
  }
  const read = async (object: IndexObject): Promise<Uint8Array> => {
    const bytes = published.get(objectPath(object.sha256));
    if (bytes === undefined) throw new Error(`The registry has not published ${object.path}.`);
    return bytes;
  };
  for await (const object of indexObjects(checkpoint, read)) tree.set(object.path, await read(object));
  return tree;
}

/** Makes a repository with a work tree, for {@link commitIndex}. */
export async function initRepository(directory: string): Promise<void> {
  await git(directory, 'init', '--quiet', '--initial-branch=index');
}

/** Commits what the registry has published as the next state of the branch. */
export async function commitIndex(registry: RegistrySimulator, repository: string): Promise<void> {
  for (const name of await readdir(repository)) {
    if (name !== '.git') await rm(join(repository, name), { recursive: true });
  }
  await writeTree(repository, await branchTree(registry));
  await git(repository, 'add', '--all');
  await git(repository, 'commit', '--quiet', '--message=index');
}
