import { execFile, execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readProgram } from '../src/core/scanning/native-program.ts';
import { nativeImports } from '../src/core/scanning/rules/native-imports.ts';
import { scanPlugin } from '../src/core/scanning/score.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../src/testkit/index.ts';
import { submittedChange } from './support/submitted-change.ts';

/** What programs of other systems load, read from what the linkers of those systems make here. */

const run = promisify(execFile);

/** The first of these programs that the machine has; undefined when it has none. */
function programOf(...names: readonly string[]): string | undefined {
  return names.find((name) => {
    try {
      execFileSync(name, ['--version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

const clang = programOf('clang-19', 'clang');
const windows = programOf('lld-link-19', 'lld-link');
const apple = programOf('ld64.lld-19', 'ld64.lld');

let scratch: TemporaryDirectory;
beforeAll(async () => {
  scratch = await temporaryDirectory();
});
afterAll(() => scratch.remove());

/** Compiles a text for a target; the name of the object. */
async function compile(target: string, name: string, source: string): Promise<string> {
  await writeFile(join(scratch.path, `${name}.c`), source);
  await run(clang ?? '', [`--target=${target}`, '-c', '-o', `${name}.o`, `${name}.c`], { cwd: scratch.path });
  return `${name}.o`;
}

/** A program for Windows that loads one library at once, and one when it is first called. */
async function windowsProgram(machine: 'x64' | 'x86'): Promise<Uint8Array> {
  const target = machine === 'x64' ? 'x86_64-pc-windows-msvc' : 'i686-pc-windows-msvc';
  const object = await compile(
    target,
    `windows-${machine}`,
    `__declspec(dllimport) int now(void); __declspec(dllimport) int later(void);
     void *__stdcall __delayLoadHelper2(const void *descriptor, void **address) { return 0; }
     int start(void) { return now() + later(); }`,
  );
  const link = (...args: string[]) => run(windows ?? '', args, { cwd: scratch.path });
  for (const [library, symbol] of [
    ['at-once', 'now'],
    ['at-call', 'later'],
  ] as const) {
    const exported = `${library}-${machine}`;
    await writeFile(join(scratch.path, `${exported}.def`), `LIBRARY ${library}.dll\nEXPORTS\n${symbol}\n`);
    await link('/lib', `/def:${exported}.def`, `/out:${exported}.lib`, `/machine:${machine}`);
  }
  const libraries = [`at-once-${machine}.lib`, `at-call-${machine}.lib`];
  const options = [
    '/entry:start',
    '/subsystem:console',
    '/nodefaultlib',
    '/safeseh:no',
    '/delayload:at-call.dll',
  ];
  await link(object, ...libraries, ...options, `/machine:${machine}`, `/out:${machine}.exe`);
  return new Uint8Array(await readFile(join(scratch.path, `${machine}.exe`)));
}

/** A program for macOS that loads a library of its own and one that may be missing. */
async function appleProgram(arch: 'arm64' | 'x86_64'): Promise<Uint8Array> {
  const object = await compile(
    `${arch}-apple-macos11`,
    arch,
    'extern int hello(void); int main(void) { return hello(); }',
  );
  for (const [name, symbols] of [
    ['hello', '_hello'],
    ['maybe', '_maybe'],
    ['System.B', 'dyld_stub_binder'],
  ] as const) {
    const path = name === 'System.B' ? '/usr/lib/libSystem.B.dylib' : `@rpath/lib${name}.dylib`;
    const stub = `--- !tapi-tbd\ntbd-version: 4\ntargets: [ ${arch}-macos ]\ninstall-name: "${path}"\nexports:\n  - targets: [ ${arch}-macos ]\n    symbols: [ ${symbols} ]\n...\n`;
    await writeFile(join(scratch.path, `${name}-${arch}.tbd`), stub);
  }
  const options = ['-arch', arch, '-platform_version', 'macos', '11.0', '11.0', '-o', `${arch}.macho`];
  const stubs = [`hello-${arch}.tbd`, `System.B-${arch}.tbd`, '-weak_library', `maybe-${arch}.tbd`];
  await run(apple ?? '', [...options, object, ...stubs], { cwd: scratch.path });
  return new Uint8Array(await readFile(join(scratch.path, `${arch}.macho`)));
}

/** Both in one file, as `lipo` puts them (<mach-o/fat.h>). */
function universal(programs: readonly (readonly [cpu: number, program: Uint8Array])[]): Uint8Array {
  const starts = programs.map(
    (_, index) => 4096 + programs.slice(0, index).reduce((sum, [, one]) => sum + one.byteLength, 0),
  );
  const bytes = new Uint8Array((starts.at(-1) ?? 0) + (programs.at(-1)?.[1].byteLength ?? 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xcafebabe);
  view.setUint32(4, programs.length);
  for (const [index, [cpu, program]] of programs.entries()) {
    const start = starts[index] ?? 0;
    view.setUint32(8 + index * 20, cpu);
    view.setUint32(16 + index * 20, start);
    view.setUint32(20 + index * 20, program.byteLength);
    bytes.set(program, start);
  }
  return bytes;
}

/** That whatever is cut off or changed of the headers, reading ends without an error. */
function expectSturdy(program: Uint8Array, headers: number): void {
  const { format } = readProgram(program) ?? {};
  for (let length = 64; length < program.byteLength; length += 7)
    expect(readProgram(program.slice(0, length))?.format).toBe(format);
  for (let at = 4; at < Math.min(headers, program.byteLength); at++) {
    for (const value of [0x00, 0x7f, 0xff]) {
      const changed = program.slice();
      changed[at] = value;
      expect(readProgram(changed)?.format).toBe(format);
    }
  }
}

describe('a program for Windows', () => {
  it.for(['x64', 'x86'] as const)(
    'of %s names what it loads, at once and later',
    async (machine, context) => {
      context.skip(clang === undefined || windows === undefined, 'clang or lld-link is not on this machine');
      const program = await windowsProgram(machine);
      expect(readProgram(program)).toEqual({
        format: 'PE',
        platforms: [machine === 'x64' ? 'win32-x64' : 'win32-ia32'],
        imports: ['at-once.dll', 'at-call.dll'],
      });
      expectSturdy(program, 1_024);
    },
  );
});

describe('a program for macOS', () => {
  it('names what it loads, on each processor and in one file for both', async (context) => {
    context.skip(clang === undefined || apple === undefined, 'clang or ld64.lld is not on this machine');
    const [arm, intel] = [await appleProgram('arm64'), await appleProgram('x86_64')];
    const imports = ['@rpath/libhello.dylib', '/usr/lib/libSystem.B.dylib', '@rpath/libmaybe.dylib'];
    const both = universal([
      [0x0100000c, arm],
      [0x01000007, intel],
    ]);
    for (const [program, platforms] of [
      [arm, ['darwin-arm64']],
      [intel, ['darwin-x64']],
      [both, ['darwin-arm64', 'darwin-x64']],
    ] as const) {
      const read = readProgram(program);
      expect({ ...read, imports: read?.imports.toSorted() }).toEqual({
        format: 'Mach-O',
        platforms,
        imports: imports.toSorted(),
      });
    }
    expectSturdy(arm, 1_024);
    const { manifest } = (await submittedChange()).plugins[0]!.releases[0]!;
    const files = ['bin/lens', 'lib/libhello.dylib'].map((path) => ({
      path,
      kind: 'file' as const,
      bytes: both,
    }));
    const native = { ...manifest, security: { ...manifest.security, tier: 'native' as const } };
    const said = scanPlugin(native, files, String)
      .findings.filter(({ rule, place }) => rule === nativeImports.id && place.file === 'bin/lens')
      .map(({ message }) => message);
    // Its own library lies beside it, and that of the system is everywhere.
    expect(said).toEqual(['The program loads "@rpath/libmaybe.dylib".']);
  });
});
