import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Who a process is, so that another one can tell later whether it still runs. A process number alone does not
 * say: numbers are used again, after a restart of the machine and while it runs, and every container has its
 * own series.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly host: string;
  /** Identifies this start of the machine; empty where the system does not tell. */
  readonly boot: string;
  /** The container (PID namespace) in which `pid` counts; empty where the system does not tell. */
  readonly namespace: string;
  /** Start of the process in clock ticks since the start of the machine; empty where unknown. */
  readonly started: string;
}

/** The identity of this process. */
export function thisProcess(): ProcessIdentity {
  return {
    pid: process.pid,
    host: hostname(),
    boot: orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: orEmpty(() => readlinkSync('/proc/self/ns/pid')),
    started: statusOf(process.pid).started,
  };
}

/**
 * Whether a process has certainly ended. False also when it cannot be told from here: a process on another
 * machine that shares the directory, or in another container.
 */
export function hasEnded(identity: ProcessIdentity, self: ProcessIdentity = thisProcess()): boolean {
  const isSameStart = identity.boot !== '' && identity.boot === self.boot;
  if (!isSameStart && identity.host !== self.host) return false;
  if (identity.boot !== self.boot) return true;
  if (identity.namespace !== self.namespace) return false;
  if (!isRunning(identity.pid)) return true;
  const { state, started } = statusOf(identity.pid);
  // A zombie only waits for a parent that may never look, as in containers without an init process.
  if (state === 'Z' || state === 'X') return true;
  return identity.started !== '' && started !== '' && identity.started !== started;
}

/** Reads what {@link thisProcess} wrote as JSON; undefined when it is anything else. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, host, boot, namespace, started } = value as Record<string, unknown>;
  const isProcess = typeof pid === 'number' && Number.isInteger(pid) && pid > 0;
  if (!isProcess || typeof host !== 'string' || typeof boot !== 'string') return undefined;
  if (typeof namespace !== 'string' || typeof started !== 'string') return undefined;
  return { pid, host, boot, namespace, started };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** Fields 3 and 22 of proc_pid_stat(5). Field 2, the name, may hold blanks and brackets: counting starts behind it. */
function statusOf(pid: number): { readonly state: string; readonly started: string } {
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', started: fields[19] ?? '' };
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
