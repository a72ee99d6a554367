/** Processor architectures that filters are made for, by Node's names. */
export type SeccompArchitecture = 'x64' | 'arm64';

/**
 * How much a filter forbids. `standard`: what changes the machine or looks into other processes, and new
 * namespaces. `high`: sockets, too.
 */
export type SeccompLevel = 'standard' | 'high';

/** Identity of each architecture's system calls, `AUDIT_ARCH_*` of linux/audit.h. */
const AUDIT_ARCH: Readonly<Record<SeccompArchitecture, number>> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };

/**
 * System calls that no plugin needs, with their numbers: of the x86-64 table, and of the generic table that arm64
 * uses. Each is a way to change the machine, to read another process, or a part of the kernel with a history of
 * escapes (bpf, io_uring, userfaultfd, keyrings, file handles).
 */
const FORBIDDEN: readonly (readonly [name: string, x64: number, arm64: number])[] = [
  ['acct', 163, 89],
  ['add_key', 248, 217],
  ['bpf', 321, 280],
  ['clock_adjtime', 305, 266],
  ['clock_settime', 227, 112],
  ['delete_module', 176, 106],
  ['fanotify_init', 300, 262],
  ['finit_module', 313, 273],
  ['fsconfig', 431, 431],
  ['fsmount', 432, 432],
  ['fsopen', 430, 430],
  ['fspick', 433, 433],
  ['init_module', 175, 105],
  ['io_uring_enter', 426, 426],
  ['io_uring_register', 427, 427],
  ['io_uring_setup', 425, 425],
  ['kcmp', 312, 272],
  ['kexec_file_load', 320, 294],
  ['kexec_load', 246, 104],
  ['keyctl', 250, 219],
  ['lookup_dcookie', 212, 18],
  ['mbind', 237, 235],
  ['migrate_pages', 256, 238],
  ['mount', 165, 40],
  ['mount_setattr', 442, 442],
  ['move_mount', 429, 429],
  ['move_pages', 279, 239],
  ['name_to_handle_at', 303, 264],
  ['open_by_handle_at', 304, 265],
  ['open_tree', 428, 428],
  ['perf_event_open', 298, 241],
  ['pidfd_getfd', 438, 438],
  ['pivot_root', 155, 41],
  ['process_vm_readv', 310, 270],
  ['process_vm_writev', 311, 271],
  ['ptrace', 101, 117],
  ['quotactl', 179, 60],
  ['reboot', 169, 142],
  ['request_key', 249, 218],
  ['setdomainname', 171, 162],
  ['sethostname', 170, 161],
  ['setns', 308, 268],
  ['settimeofday', 164, 170],
  ['swapoff', 168, 225],
  ['swapon', 167, 224],
  ['syslog', 103, 116],
  ['umount2', 166, 39],
  ['unshare', 272, 97],
  ['userfaultfd', 323, 282],
];

/** System calls that many plugins do without, and that a plugin may forbid itself. */
const FORBIDDABLE: readonly (readonly [name: string, x64: number, arm64: number])[] = [
  ['accept', 43, 202],
  ['accept4', 288, 242],
  ['bind', 49, 200],
  ['chroot', 161, 51],
  ['connect', 42, 203],
  ['inotify_add_watch', 254, 27],
  ['inotify_init1', 294, 26],
  ['kill', 62, 129],
  ['listen', 50, 201],
  ['memfd_create', 319, 279],
  ['mlock', 149, 228],
  ['mlockall', 151, 230],
  ['mq_open', 240, 180],
  ['msgget', 68, 186],
  ['personality', 135, 92],
  ['pidfd_open', 434, 434],
  ['pidfd_send_signal', 424, 424],
  ['recvfrom', 45, 207],
  ['recvmmsg', 299, 243],
  ['recvmsg', 47, 212],
  ['sched_setaffinity', 203, 122],
  ['sched_setscheduler', 144, 119],
  ['semget', 64, 190],
  ['sendmmsg', 307, 269],
  ['sendmsg', 46, 211],
  ['sendto', 44, 206],
  ['setpriority', 141, 140],
  ['setsockopt', 54, 208],
  ['shmget', 29, 194],
  ['socket', 41, 198],
  ['socketpair', 53, 199],
  ['splice', 275, 76],
  ['tgkill', 234, 131],
  ['timer_create', 222, 107],
  ['tkill', 200, 130],
  ['vmsplice', 278, 75],
];

/** Names of the system calls that {@link seccompFilter} can forbid beyond those of its level. */
export const FORBIDDABLE_CALLS: readonly string[] = FORBIDDABLE.map(([name]) => name);

const CLONE: Readonly<Record<SeccompArchitecture, number>> = { x64: 56, arm64: 220 };
const CLONE3 = 435;
const SOCKET: Readonly<Record<SeccompArchitecture, number>> = { x64: 41, arm64: 198 };
const SOCKETPAIR: Readonly<Record<SeccompArchitecture, number>> = { x64: 53, arm64: 199 };

/** `CLONE_NEW*` of clone(2): a process in a namespace of its own could mount and look around. */
const NEW_NAMESPACES = 0x7e02_0000;
/** Numbers from here on are the x32 table of an x86-64 kernel: the same calls under other names. */
const X32 = 0x4000_0000;

const AF_UNIX = 1;
const EPERM = 1;
const ENOSYS = 38;

const ALLOW = 0x7fff_0000;
const KILL_PROCESS = 0x8000_0000;
const errno = (number: number): number => 0x0005_0000 | number;

/** Offsets in `struct seccomp_data` of seccomp(2), in bytes. The lower half of an argument comes first. */
const NR = 0;
const ARCH = 4;
const FIRST_ARGUMENT = 16;

/** One instruction of classic BPF: operation, jumps when true and when false, constant. */
type Instruction = readonly [code: number, jt: number, jf: number, k: number];

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const answer = (value: number): Instruction => [0x06, 0, 0, value];
/** Goes on with the next instruction when equal, else skips `skip`. */
const whenEqual = (value: number, skip: number): Instruction => [0x15, 0, skip, value];
const whenAtLeast = (value: number, skip: number): Instruction => [0x35, 0, skip, value];
const whenAnyBit = (bits: number, skip: number): Instruction => [0x45, 0, skip, bits];

/**
 * A seccomp filter as `bwrap --seccomp` loads it: an array of `struct sock_filter`, little-endian (seccomp(2)). What
 * it forbids fails with EPERM; a call in the table of another architecture ends the process.
 *
 * @param further names of {@link FORBIDDABLE_CALLS}. Nothing can be allowed that the level forbids.
 */
export function seccompFilter(
  architecture: SeccompArchitecture,
  level: SeccompLevel,
  further: readonly string[] = [],
): Uint8Array {
  const numberOf = architecture === 'x64' ? 1 : 2;
  const forbidden = [...FORBIDDEN, ...FORBIDDABLE.filter(([name]) => further.includes(name))];
  const program: Instruction[] = [
    load(ARCH),
    [0x15, 1, 0, AUDIT_ARCH[architecture]],
    answer(KILL_PROCESS),
    load(NR),
    ...(architecture === 'x64' ? [whenAtLeast(X32, 1), answer(KILL_PROCESS)] : []),
    ...forbidden.flatMap((call) => [whenEqual(call[numberOf], 1), answer(errno(EPERM))]),
    // Its flags lie in memory, where a filter cannot look; told that there is no such call, libc uses clone.
    whenEqual(CLONE3, 1),
    answer(errno(ENOSYS)),
    whenEqual(CLONE[architecture], 4),
    load(FIRST_ARGUMENT),
    whenAnyBit(NEW_NAMESPACES, 1),
    answer(errno(EPERM)),
    answer(ALLOW),
    ...(level === 'high' ? withoutSockets(architecture) : []),
    answer(ALLOW),
  ];
  return encode(program);
}

/** Forbids sockets but those within the machine, which programs use between their own threads. */
function withoutSockets(architecture: SeccompArchitecture): readonly Instruction[] {
  return [SOCKET, SOCKETPAIR].flatMap((call) => [
    whenEqual(call[architecture], 4),
    load(FIRST_ARGUMENT),
    whenEqual(AF_UNIX, 1),
    answer(ALLOW),
    answer(errno(EPERM)),
  ]);
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, jt, jf, k]] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jt);
    view.setUint8(index * 8 + 3, jf);
    view.setUint32(index * 8 + 4, k, true);
  }
  return bytes;
}
