import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { constants } from 'node:os';
import { dirname } from 'node:path/posix';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { LIMITS } from '../core/limits.ts';
import { childStdio } from './child-stdio.ts';
import { ownFilter } from './own-filter.ts';
import type { ProcessEnd, ProcessSpec, Sandbox, SandboxedProcess } from './sandbox.ts';
import { supervise } from './supervise.ts';

const run = promisify(execFile);

const BWRAP = 'bwrap';
/** The only place inside that can be written; beside what sheaf hands in, where nothing of the host can be meant. */
const WORKDIR = '/sheaf/work';
/** The descriptor through which the seccomp filter reaches bubblewrap. */
const FILTER_FD = 3;

/**
 * Users that plugins run as when the host is root. One each: the kernel counts processes by user, and does not
 * count root's at all (setrlimit(2), RLIMIT_NPROC). Far above what systems and containers give away.
 */
const FIRST_UID = 1_879_048_192;
const UIDS = 65_536;

/** Programs and libraries of the system. The links are those of a merged /usr. */
const SYSTEM = [
  ['--ro-bind', '/usr', '/usr'],
  ['--symlink', 'usr/bin', '/bin'],
  ['--symlink', 'usr/sbin', '/sbin'],
  ['--symlink', 'usr/lib', '/lib'],
  ['--symlink', 'usr/lib64', '/lib64'],
  ['--perms', '0755', '--dir', '/etc'],
  ['--perms', '0755', '--dir', '/sheaf'],
  ['--ro-bind-try', '/etc/ld.so.cache', '/etc/ld.so.cache'],
  ['--ro-bind-try', '/etc/alternatives', '/etc/alternatives'],
  ['--proc', '/proc'],
  ['--dev', '/dev'],
].flat();

/** What a process with network needs of the system to use it. */
const NETWORK = ['resolv.conf', 'hosts', 'nsswitch.conf', 'ssl', 'ca-certificates'].flatMap((name) => [
  '--ro-bind-try',
  `/etc/${name}`,
  `/etc/${name}`,
]);

/**
 * Starts processes in namespaces of their own by bubblewrap: the system read-only, one writable directory in memory
 * of bounded size, no network, no capabilities, an empty environment, resource limits, and nothing left when it ends.
 * Ask {@link whyNoBubblewrap} first.
 */
export function createBubblewrapSandbox(): Sandbox {
  return { level: 'os', spawn: start };
}

/**
 * Why this machine cannot isolate processes with bubblewrap, as a sentence for the person who has to mend it;
 * undefined when it can. Tries it.
 */
export async function whyNoBubblewrap(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `bubblewrap needs Linux, this is ${process.platform}`;
  try {
    const { program, args } = commandOf(PROBE);
    await run(program, args, { timeout: LIMITS.initializeTime, env: {} });
    return undefined;
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') return 'bubblewrap is not installed (Debian: apt-get install bubblewrap)';
    const said = stderr.split('\n').find((line) => line !== '') ?? 'it fails without a word';
    return `bubblewrap cannot make namespaces here (${said}); an AppArmor profile or user namespaces may be missing`;
  }
}

const PROBE: ProcessSpec = {
  command: ['/usr/bin/true'],
  readOnly: [],
  environment: {},
  processes: 16,
  workdirBytes: 4_096,
  network: false,
};

function start(spec: ProcessSpec): SandboxedProcess {
  const { program, args } = commandOf(spec);
  const filter = spec.seccomp ?? ownFilter('standard');
  const options: SpawnOptions = {
    env: {},
    stdio: childStdio(['pipe', 'pipe', 'pipe', filter === undefined ? 'ignore' : 'pipe']),
    detached: true,
  };
  const withFilter = filter === undefined ? args : ['--seccomp', String(FILTER_FD), ...args];
  const child = spawn(program, withFilter, options);
  if (filter !== undefined) sendFilter(child, filter);
  const supervised = supervise(child);
  return { ...supervised, ended: supervised.ended.then(asInside) };
}

function sendFilter(child: ChildProcess, filter: Uint8Array): void {
  const pipe = child.stdio[FILTER_FD] as Writable;
  pipe.on('error', () => {});
  pipe.end(filter);
}

/** bubblewrap ends with 128 and the number of the signal that ended what it ran. */
function asInside(end: ProcessEnd): ProcessEnd {
  const { exitCode } = end;
  if (exitCode === null || exitCode <= 128) return end;
  const found = Object.entries(constants.signals).find(([, number]) => number === exitCode - 128);
  return found === undefined ? end : { exitCode: null, signal: found[0] };
}

function commandOf(spec: ProcessSpec): { readonly program: string; readonly args: readonly string[] } {
  const isRoot = process.getuid?.() === 0;
  const args = [
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--unshare-cgroup-try',
    ...(spec.network ? [] : ['--unshare-net']),
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    ...(isRoot
      ? keepToChangeUser()
      : ['--unshare-user', '--disable-userns', '--uid', '65534', '--gid', '65534']),
    '--clearenv',
    ...Object.entries(spec.environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...SYSTEM,
    // To a user of its own namespace it would belong, and it is memory without a bound.
    '--remount-ro',
    '/dev',
    ...(spec.network ? NETWORK : []),
    ...mountsOf(spec),
    ...workdirOf(spec),
    '--remount-ro',
    '/',
    '--',
    ...(isRoot ? changeUser() : []),
    ...limitsOf(spec),
    ...spec.command,
  ];
  return { program: BWRAP, args };
}

/** Root makes the namespaces without a user namespace, and becomes nobody just before the command starts. */
function keepToChangeUser(): readonly string[] {
  return ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => ['--cap-add', name]);
}

/** Hosts do not know of each other; a random beginning keeps their plugins from sharing a user. */
let lastUser = randomInt(UIDS);

function changeUser(): readonly string[] {
  const user = String(FIRST_UID + (lastUser++ % UIDS));
  return [
    '/usr/bin/setpriv',
    '--reuid',
    user,
    '--regid',
    user,
    '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
    '--',
  ];
}

/** Directories on the way to a mount are made first: bubblewrap would make them for the host's user only. */
function mountsOf({ readOnly }: ProcessSpec): readonly string[] {
  const directories = new Set(readOnly.flatMap(({ to }) => above(to)));
  return [
    ...[...directories].flatMap((directory) => ['--perms', '0755', '--dir', directory]),
    ...readOnly.flatMap(({ from, to }) => ['--ro-bind', from, to]),
  ];
}

/** `/a/b/c` has `/a`, `/a/b` above it. */
function above(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === '/' ? [] : [...above(parent), parent];
}

/** Temporary files go there, too: by a link, or by TMPDIR where a toolchain of the host lies below its /tmp. */
function workdirOf({ workdirBytes, readOnly }: ProcessSpec): readonly string[] {
  if (workdirBytes === 0) return ['--chdir', '/'];
  const isTmpFree = readOnly.every(({ to }) => !to.startsWith('/tmp/'));
  return [
    ['--perms', '0777', '--size', String(workdirBytes), '--tmpfs', WORKDIR],
    isTmpFree ? ['--symlink', WORKDIR, '/tmp'] : ['--setenv', 'TMPDIR', WORKDIR],
    ['--chdir', WORKDIR],
  ].flat();
}

/**
 * RLIMIT_DATA bounds what is really written; RLIMIT_AS would forbid the address space that V8 only reserves. A file
 * may be longer than its directory, so that a full one is an error and not a signal that ends the process.
 */
function limitsOf(spec: ProcessSpec): readonly string[] {
  const { memoryBytes, cpuSeconds, processes, openFiles = LIMITS.pluginOpenFiles, workdirBytes } = spec;
  return [
    '/usr/bin/prlimit',
    '--core=0',
    `--nofile=${openFiles}`,
    `--fsize=${2 * workdirBytes}`,
    ...(memoryBytes === undefined ? [] : [`--data=${memoryBytes}`]),
    ...(cpuSeconds === undefined ? [] : [`--cpu=${cpuSeconds}`]),
    ...(processes === undefined ? [] : [`--nproc=${processes}`]),
    '--',
  ];
}
