import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FORBIDDABLE_CALLS, seccompFilter } from './seccomp-filter.ts';

/** What a filter answers to a system call, computed as the kernel does (classic BPF, linux/filter.h). */
function judge(filter: Uint8Array, call: { arch: number; nr: number; args?: readonly number[] }): number {
  const view = new DataView(filter.buffer);
  const data = new Map([
    [0, call.nr],
    [4, call.arch],
    [16, call.args?.[0] ?? 0],
  ]);
  let accumulator = 0;
  for (let at = 0; ; at += 1) {
    const code = view.getUint16(at * 8, true);
    const [jt, jf] = [view.getUint8(at * 8 + 2), view.getUint8(at * 8 + 3)];
    const k = view.getUint32(at * 8 + 4, true);
    if (code === 0x06) return k;
    if (code === 0x20) accumulator = data.get(k)!;
    else {
      const holds = {
        0x15: accumulator === k,
        0x35: accumulator >= k,
        0x45: (accumulator & k) !== 0,
      }[code];
      if (holds === undefined)
        throw new Error(`The filter has an instruction ${code} that this test cannot run.`);
      at += holds ? jt : jf;
    }
  }
}

const X64 = { arch: 0xc000_003e };
const ARM64 = { arch: 0xc000_00b7 };
const [ALLOW, EPERM, ENOSYS, KILL] = [0x7fff_0000, 0x0005_0001, 0x0005_0026, 0x8000_0000];

it.each([
  ['ptrace', 'x64', { ...X64, nr: 101 }],
  ['ptrace', 'arm64', { ...ARM64, nr: 117 }],
  ['unshare', 'x64', { ...X64, nr: 272 }],
  ['mount', 'arm64', { ...ARM64, nr: 40 }],
  ['clone with a new user namespace', 'x64', { ...X64, nr: 56, args: [0x1000_0000] }],
  ['clone with a new network', 'arm64', { ...ARM64, nr: 220, args: [0x4000_0000] }],
] as const)('refuses %s on %s', (_, architecture, call) => {
  expect(judge(seccompFilter(architecture, 'standard'), call)).toBe(EPERM);
});

it('lets programs read, write, start threads and open sockets', () => {
  const filter = seccompFilter('x64', 'standard');
  const calls = [{ nr: 0 }, { nr: 1 }, { nr: 56, args: [0x003d_0f00] }, { nr: 41, args: [2] }, { nr: 59 }];
  for (const call of calls) expect(judge(filter, { ...X64, ...call })).toBe(ALLOW);
});

it('says that there is no clone3, so that libc falls back to the call whose flags can be seen', () => {
  expect(judge(seccompFilter('x64', 'standard'), { ...X64, nr: 435 })).toBe(ENOSYS);
});

it('ends a process that uses the table of another architecture', () => {
  expect(judge(seccompFilter('x64', 'standard'), { arch: 0x4000_0003, nr: 0 })).toBe(KILL);
  expect(judge(seccompFilter('x64', 'standard'), { ...X64, nr: 0x4000_0065 })).toBe(KILL);
  expect(judge(seccompFilter('arm64', 'high'), { ...X64, nr: 0 })).toBe(KILL);
});

it.each([
  ['x64', X64, 41],
  ['arm64', ARM64, 198],
] as const)('allows on the level high only sockets within the machine, on %s', (architecture, arch, nr) => {
  const filter = seccompFilter(architecture, 'high');
  expect(judge(filter, { ...arch, nr, args: [1] })).toBe(ALLOW);
  for (const family of [2, 10, 16, 17]) expect(judge(filter, { ...arch, nr, args: [family] })).toBe(EPERM);
  expect(judge(filter, { ...arch, nr: 0 })).toBe(ALLOW);
});

it('forbids further calls where a plugin asks for it, and never allows one', () => {
  const connect = { ...X64, nr: 42 };
  expect(judge(seccompFilter('x64', 'standard'), connect)).toBe(ALLOW);
  expect(judge(seccompFilter('x64', 'standard', ['connect']), connect)).toBe(EPERM);
  expect(judge(seccompFilter('arm64', 'standard', ['connect']), { ...ARM64, nr: 203 })).toBe(EPERM);
  for (const filter of [seccompFilter('x64', 'high'), seccompFilter('x64', 'high', FORBIDDABLE_CALLS)]) {
    expect(judge(filter, { ...X64, nr: 101 })).toBe(EPERM);
    expect(judge(filter, { ...X64, nr: 0 })).toBe(ALLOW);
  }
});

const HEADERS = [
  ['x64', X64, '/usr/include/x86_64-linux-gnu/asm/unistd_64.h'],
  ['arm64', ARM64, '/usr/include/asm-generic/unistd.h'],
] as const;
const areHeadersHere = HEADERS.every(([, , path]) => existsSync(path));
if (!areHeadersHere)
  console.warn('skipped: numbers of system calls, because the headers of Linux are not here');

describe.skipIf(!areHeadersHere)('the numbers of further calls', () => {
  it.each(HEADERS)('are those of the headers of Linux for %s', (architecture, arch, path) => {
    const header = readFileSync(path, 'utf8');
    for (const name of FORBIDDABLE_CALLS) {
      const [, number = ''] = new RegExp(`#define __NR(?:3264)?_${name} (\\d+)`).exec(header) ?? [];
      const call = { ...arch, nr: Number.parseInt(number, 10) };
      expect([name, judge(seccompFilter(architecture, 'standard'), call)]).toEqual([name, ALLOW]);
      expect([name, judge(seccompFilter(architecture, 'standard', [name]), call)]).toEqual([name, EPERM]);
    }
  });
});
