import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readProgram } from './native-program.ts';
import { exampleProgram } from './program-example.ts';

/** Bytes with numbers at places. */
function bytes(length: number, ...numbers: readonly (readonly [number, number])[]): Uint8Array {
  const made = new Uint8Array(length);
  for (const [at, value] of numbers) new DataView(made.buffer).setUint32(at, value);
  return made;
}

describe('a native program', () => {
  it('tells its platform and the libraries that it is loaded with', () => {
    expect(readProgram(exampleProgram(183, ['libc.so.6', 'libcurl.so.4']))).toEqual({
      format: 'ELF',
      platforms: ['linux-arm64'],
      imports: ['libc.so.6', 'libcurl.so.4'],
    });
    expect(readProgram(exampleProgram(4_711))?.platforms).toEqual(['linux-machine4711']);
  });

  it('is found out of this very process, where that is one of ELF', (context) => {
    context.skip(process.platform !== 'linux', 'programs of this system are not in ELF');
    expect(readProgram(new Uint8Array(readFileSync(process.execPath)))).toMatchObject({
      format: 'ELF',
      platforms: [`linux-${process.arch}`],
      imports: expect.arrayContaining([expect.stringMatching(/^lib(c|m)\./)]) as string[],
    });
  });

  it.each([
    [
      'PE',
      ['win32-x64'],
      bytes(128, [0, 0x4d5a0000], [0x3c, 0x40000000], [0x40, 0x50450000], [0x44, 0x64860000]),
    ],
    ['Mach-O', ['darwin-arm64'], bytes(32, [0, 0xcffaedfe], [4, 0x0c000001])],
    ['Mach-O', ['darwin-x64'], bytes(32, [0, 0xfeedfacf], [4, 0x01000007])],
    [
      'Mach-O',
      ['darwin-x64', 'darwin-arm64'],
      bytes(64, [0, 0xcafebabe], [4, 2], [8, 0x01000007], [28, 0x0100000c]),
    ],
    ['Java', ['any'], bytes(16, [0, 0xcafebabe], [4, 52])],
  ])('of %s tells its platforms %j', (format, platforms, program) => {
    expect(readProgram(program)).toEqual({ format, platforms, imports: [] });
  });

  it('is none of what only begins with the same letters', () => {
    for (const text of ['MZ is a person, and this is a text about them.', '\u007fEL', '', 'plain'])
      expect(readProgram(new TextEncoder().encode(text))).toBeUndefined();
  });

  it('says that it is damaged, wherever it is cut off, and never ends in an error', () => {
    const whole = exampleProgram(62, ['libc.so.6']);
    for (let length = 4; length < whole.byteLength; length++) {
      const program = readProgram(whole.slice(0, length));
      expect(program?.fault ?? program?.format).toBe('ends before what its header names');
    }
  });

  it('names no library that is longer than a name can be', () => {
    const [name = ''] = readProgram(exampleProgram(62, ['x'.repeat(5_000)]))?.imports ?? [];
    expect(name).toHaveLength(255);
  });

  it('is read within bounds, whichever single byte of it is changed', () => {
    const whole = exampleProgram(62, ['libc.so.6', 'libm.so.6']);
    for (let at = 4; at < whole.byteLength; at++) {
      for (const value of [0x00, 0x7f, 0xff]) {
        const changed = whole.slice();
        changed[at] = value;
        expect(readProgram(changed)?.format).toBe('ELF');
      }
    }
  });
});
