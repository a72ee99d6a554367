import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIMITS } from '../limits.ts';
import { foldArchivePath } from './archive-name.ts';
import { type ArchiveEntry, judgeArchive } from './archive-policy.ts';

function judge(...entries: readonly Partial<ArchiveEntry>[]) {
  const complete = entries.map((entry) =>
    Object.assign({ path: 'a', type: 'file' as const, size: 0 }, entry),
  );
  return judgeArchive(complete, { name: 'release.tar.gz', packedBytes: 1000 });
}

describe('the judgement of an archive', () => {
  it('plans every directory, parents first, and files in the order of the archive', () => {
    const plan = judge(
      { path: 'b/c/x', mode: 0o700, size: 3 },
      { path: './a', size: 4 },
      { path: 'd/', type: 'directory' },
    );
    expect(plan).toEqual({
      directories: ['b', 'b/c', 'd'],
      files: [
        { path: 'b/c/x', size: 3, mode: 0o755, entry: 0 },
        { path: 'a', size: 4, mode: 0o644, entry: 1 },
      ],
      bytes: 7,
    });
  });

  it('drops the entry for the directory itself', () => {
    expect(judge({ path: './', type: 'directory', mode: 0o2775 }, { path: './a' }).directories).toEqual([]);
  });

  it('refuses files that are called like the directory itself', () => {
    expect(() => judge({ path: './' })).toThrow(/empty component/);
    expect(() => judge({ path: '.' })).toThrow(/component "\."/);
  });

  it('accepts the same directory as parent and as entry, in both orders', () => {
    expect(judge({ path: 'd/', type: 'directory' }, { path: 'd/x' }).directories).toEqual(['d']);
    expect(judge({ path: 'd/x' }, { path: 'd/', type: 'directory' }).directories).toEqual(['d']);
    expect(() => judge({ path: 'd/', type: 'directory' }, { path: 'd', type: 'directory' })).toThrow(
      /there twice/,
    );
  });

  it('bounds the size of all files together, not only of each', () => {
    const half = { size: LIMITS.archiveFileBytes };
    expect(() => judge({ path: 'a', ...half }, { path: 'b', ...half }, { path: 'c', size: 1 })).toThrow(
      /more than 1073741824 bytes/,
    );
  });

  it('allows a high ratio in a small archive and refuses it in a large one', () => {
    expect(judge({ size: 1000 * 1000 }).bytes).toBe(1_000_000);
    expect(() => judge({ size: 1100 * 1000 })).toThrow(/200 times/);
  });

  it('refuses sizes that are no sizes', () => {
    for (const size of [-1, Number.NaN, 0.5, 2 ** 53])
      expect(() => judge({ size })).toThrow(/no possible size/);
  });

  it('reports at most as many findings as a reader can use', () => {
    const entries = Array.from({ length: 1000 }, (_, i) => ({ path: `../${i}` }));
    expect(() => judge(...entries)).toThrow(`and ${LIMITS.findingsPerFile - 1} more findings`);
  });

  it('never plans a path that leaves the directory or is written twice, whatever the entries are', () => {
    const hostile = fc.constantFrom(
      '..',
      '.',
      '',
      '/',
      '\\',
      'a',
      'A',
      'é',
      'e\u0301',
      'nul',
      'b.',
      'c:',
      './',
      '\u0000',
    );
    const path = fc.array(hostile, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const entry = fc.record({ path, type: fc.constantFrom('file' as const, 'directory' as const) });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), (entries) => {
        let plan: ReturnType<typeof judge>;
        try {
          plan = judge(...entries);
        } catch {
          return;
        }
        const paths = [...plan.directories, ...plan.files.map((file) => file.path)];
        expect(new Set(paths.map(foldArchivePath)).size).toBe(paths.length);
        for (const path of paths) expect(path).toMatch(/^[^./\\:\0][^/\\:\0]*(\/[^./\\:\0][^/\\:\0]*)*$/);
      }),
    );
  });
});
