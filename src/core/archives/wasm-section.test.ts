import { describe, expect, it } from 'vitest';
import { customSection, isWasmModule } from './wasm-section.ts';

const preamble = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const section = (name: string, text: string): number[] => {
  const body = [name.length, ...Buffer.from(name), ...Buffer.from(text)];
  return [0, body.length, ...body];
};
const module = (...parts: number[][]) => Uint8Array.from([...preamble, ...parts.flat()]);

describe('customSection', () => {
  it('finds a section behind others, known and unknown', () => {
    const types = [1, 4, 1, 0x60, 0, 0];
    const bytes = module(types, section('name', 'x'), [0x7f, 0], section('sheaf.plugin.toml', 'a = 1'));
    expect(new TextDecoder().decode(customSection(bytes, 'sheaf.plugin.toml', 'm'))).toBe('a = 1');
  });

  it('finds none where there is none', () => {
    expect(customSection(module(), 'sheaf.plugin.toml', 'm')).toBeUndefined();
    expect(customSection(module(section('other', 'x')), 'sheaf.plugin.toml', 'm')).toBeUndefined();
  });

  it.each([
    ['a section that is longer than the module', [0, 9, 1]],
    ['a name that is longer than its section', [0, 2, 9, 1]],
    ['a size that never ends', [0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
    ['a size that is missing', [0]],
  ])('refuses %s', (_what, part) => {
    expect(() => customSection(module(part), 'sheaf.plugin.toml', 'lens.wasm')).toThrowError(
      expect.objectContaining({ code: 'SHEAF_ARCHIVE' }),
    );
  });

  it('is asked only for modules', () => {
    expect(isWasmModule(module())).toBe(true);
    expect(isWasmModule(Uint8Array.from([0x1f, 0x8b]))).toBe(false);
    expect(isWasmModule(new Uint8Array())).toBe(false);
  });
});
