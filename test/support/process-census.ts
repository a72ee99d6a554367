import { readdirSync, readFileSync } from 'node:fs';

/** Whether a process, or a group that it leads, is still there. */
export function isThere(pid: number): boolean {
  return [pid, -pid].some((id) => {
    try {
      process.kill(id, 0);
      return true;
    } catch {
      return false;
    }
  });
}

/** Ids of the processes that this one started and that are still there; none where the system does not tell. */
export function childProcesses(): readonly number[] {
  if (process.platform !== 'linux') return [];
  const lists = readdirSync('/proc/self/task').map((thread) => {
    return readFileSync(`/proc/self/task/${thread}/children`, 'utf8');
  });
  return lists.flatMap((list) => list.split(' ').filter((id) => id.trim() !== '')).map(Number);
}

/** Open file descriptors of this process; 0 where the system does not tell. */
export function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

/** Command lines of all processes of this machine, with NUL between their words; none where the system does not tell. */
export function commandLines(): readonly string[] {
  if (process.platform !== 'linux') return [];
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.flatMap((id) => {
    try {
      return [readFileSync(`/proc/${id}/cmdline`, 'utf8')];
    } catch {
      return [];
    }
  });
}
