import { spawnSync } from 'node:child_process';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const isRoot = process.getuid?.() === 0;

/**
 * Words before a program that make it obey the permission bits of files: none for ordinary people; for root,
 * whom CI often is, setpriv(1) takes away the capabilities that override them.
 */
export const OBEYING_PERMISSIONS: readonly string[] = isRoot
  ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search']
  : [];

/** Whether such a program can be run here. */
export const canObeyPermissions: boolean = runs([...OBEYING_PERMISSIONS, 'true']);

const WITH_OWN_MOUNTS = ['unshare', '--mount', ...(isRoot ? [] : ['--map-root-user'])];

/** Whether a program can be given a disk of its own here. */
export const canMakeDisks: boolean = runs([...WITH_OWN_MOUNTS, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);

/**
 * Words before a program for which a directory lies on a file system of its own with that many KiB: a tmpfs in
 * a mount namespace that only it sees. It begins as a copy of the directory, and is copied to `after` at the end.
 */
export function onSmallDisk(directory: string, kibibytes: number, after: string): readonly string[] {
  const script = [
    'directory=$1 size=$2 after=$3; shift 3',
    'mkdir -p "$directory" "$after.before"',
    'cp -a "$directory/." "$after.before"',
    'mount -t tmpfs -o "size=${size}k" tmpfs "$directory" || exit 99',
    'cp -a "$after.before/." "$directory" || exit 99',
    '"$@"; status=$?',
    'cp -a "$directory/." "$after"; exit $status',
  ].join('\n');
  return [...WITH_OWN_MOUNTS, 'bash', '-c', script, 'bash', directory, String(kibibytes), after];
}

function runs([program = '', ...words]: readonly string[]): boolean {
  return spawnSync(program, words).status === 0;
}

/** Takes write permission from a directory and everything below it, or gives it back to its owner. */
export async function setWritable(directory: string, writable: boolean): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await setWritable(join(directory, entry.name), writable);
  }
  if (!writable) await chmod(directory, 0o555);
}
