import { describe, expect, it } from 'vitest';
import { pickFiles } from './archive-picks.ts';
import { judgeArchive } from './archive-policy.ts';

const plan = judgeArchive(
  ['bin/tool', 'bin/helper', 'LICENSE', 'docs/a.md'].map((path) => ({
    path,
    type: 'file',
    size: 1,
    mode: 0o755,
  })),
  { name: 'release.zip', packedBytes: 100 },
);

function picked(files: readonly { from: string; to: string }[]): (string | number)[][] {
  return pickFiles(plan, files, 'release.zip').files.map(({ path, entry }) => [path, entry]);
}

describe('picking files out of a foreign archive', () => {
  it('renames a file', () => {
    expect(picked([{ from: 'bin/tool', to: 'graph-lens' }])).toEqual([['graph-lens', 0]]);
  });

  it('moves a directory with all that is below it', () => {
    const expected = [
      ['lib/tool', 0],
      ['lib/helper', 1],
    ];
    expect(picked([{ from: 'bin', to: 'lib' }])).toEqual(expected);
    expect(picked([{ from: 'bin/', to: 'lib/' }])).toEqual(expected);
  });

  it('takes one file to several places', () => {
    const files = [
      { from: 'LICENSE', to: 'a/LICENSE' },
      { from: 'LICENSE', to: 'b/LICENSE' },
    ];
    expect(picked(files)).toEqual([
      ['a/LICENSE', 2],
      ['b/LICENSE', 2],
    ]);
    expect(pickFiles(plan, files, 'release.zip').directories).toEqual(['a', 'b']);
  });

  it('refuses a rule that picks nothing', () => {
    expect(() => picked([{ from: 'bin/too', to: 'x' }])).toThrow(/does not contain "bin\/too"/);
  });

  it('refuses new names that climb out, collide or are no names', () => {
    expect(() => picked([{ from: 'LICENSE', to: '../evil' }])).toThrow(/leads out/);
    expect(() => picked([{ from: 'LICENSE', to: '/etc/evil' }])).toThrow(/absolute/);
    expect(() => picked([{ from: 'LICENSE', to: 'nul' }])).toThrow(/device/);
    expect(() =>
      picked([
        { from: 'LICENSE', to: 'x' },
        { from: 'docs/a.md', to: 'X' },
      ]),
    ).toThrow(/one name/);
    expect(() =>
      picked([
        { from: 'LICENSE', to: 'x' },
        { from: 'docs', to: 'x' },
      ]),
    ).toThrow(/both a file and a directory/);
  });
});
