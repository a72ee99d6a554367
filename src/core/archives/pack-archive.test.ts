import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import { packArchive } from './pack-archive.ts';

const text = (content: string): Uint8Array => Buffer.from(content);

/** Text with the statistics of a language: words that recur, of very different frequency. */
function prose(words: number): Uint8Array {
  let state = 1;
  const chosen = Array.from({ length: words }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return `word${Math.floor(((state >>> 16) * (state & 0xffff)) / 2 ** 23)}`;
  });
  return text(chosen.join(' '));
}

describe('a packed archive', () => {
  const files = [
    { path: 'plugin.wasm', bytes: prose(20_000) },
    { path: 'README.md', bytes: text('# graph-lens\n') },
    { path: 'bin/tool', bytes: text('#!/bin/sh\n') },
    { path: 'docs/grüße.md', bytes: text('hello') },
  ];

  it('is the same bytes for the same files in any order, on every machine', () => {
    const packed = packArchive(files, 'release.tar.gz');
    expect(packArchive(files.toReversed(), 'release.tar.gz')).toEqual(packed);
    // Pinned: were it to change, every author's release would get another digest without a change.
    expect(sha256(packed)).toBe('4893ce07bd25a00adc7f859d4db7a06c46fa834442cca18d2091b00e61e3c2c7');
  });

  it('is opened by any gunzip and holds what was packed', () => {
    const tar = gunzipSync(packArchive(files, 'release.tar.gz'));
    for (const { bytes } of files) expect(tar.includes(Buffer.from(bytes))).toBe(true);
  });

  it('refuses what could not be unpacked', () => {
    expect(() => packArchive([{ path: '../x', bytes: text('x') }], 'r')).toThrow(/leads out/);
    expect(() => packArchive([{ path: 'nul.txt', bytes: text('x') }], 'r')).toThrow(/device/);
    expect(() => packArchive([], 'release.tar.gz')).toThrow(/no file/);
    expect(() => packArchive([{ path: 'x', bytes: Buffer.alloc(4_000_000) }], 'r')).toThrow(/200 times/);
  });
});
