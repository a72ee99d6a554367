import { describe, expect, it } from 'vitest';
import { pickFiles } from '../archives/archive-picks.ts';
import { judgeArchive } from '../archives/archive-policy.ts';
import { placeFiles, renameProgram } from './krew-files.ts';
import type { FileMove } from './krew-manifest.ts';

const SOURCE = 'https://github.com/acme/lens/archive/refs/tags/v1.2.3.tar.gz';
const RELEASE = 'https://github.com/acme/lens/releases/download/v1.2.3/lens.tar.gz';

const place = (bin: string, files: readonly FileMove[] | undefined, uri: string = RELEASE) =>
  placeFiles({ uri, sha256: '', bin, ...(files === undefined ? {} : { files }) });

/** What a real archive with these files becomes. */
function unpacked(
  archive: readonly string[],
  picks: ReturnType<typeof placeFiles>['picks'],
): readonly string[] {
  const entries = archive.map((path) => ({ path, type: 'file' as const, size: 1 }));
  const plan = judgeArchive(entries, { name: 'lens.tar.gz', packedBytes: 1000 });
  return (picks === undefined ? plan : pickFiles(plan, picks, 'lens.tar.gz')).files
    .map(({ path }) => path)
    .toSorted();
}

describe('files of a krew platform', () => {
  it('are the whole archive when nothing else is said', () => {
    for (const files of [undefined, [{ from: '*', to: '.' }], [{ from: './*', to: './' }]]) {
      expect(place('./bin/lens', files)).toEqual({
        program: { source: 'bin/lens', entry: 'bin/lens' },
        remarks: [],
      });
    }
  });

  it('are moved and renamed as krew does', () => {
    const { picks, program, remarks } = place('lens', [
      { from: '/out/lens-linux', to: 'lens' },
      { from: './LICENSE', to: '.' },
      { from: 'share', to: '.' },
      { from: 'docs/en', to: 'help' },
    ]);
    expect(remarks).toEqual([]);
    expect(program).toEqual({ source: 'out/lens-linux', entry: 'lens' });
    expect(unpacked(['out/lens-linux', 'LICENSE', 'share/a', 'docs/en/b', 'docs/de/b'], picks)).toEqual([
      'LICENSE',
      'help/b',
      'lens',
      'share/a',
    ]);
  });

  it('are found below the top directory of an archive that GitHub makes', () => {
    const { picks, program, remarks } = place(
      'kubectl-lens',
      [
        { from: 'lens-*/bin/kubectl-lens', to: '.' },
        { from: '**/LICENSE', to: 'legal' },
      ],
      SOURCE,
    );
    expect(program).toEqual({ source: 'lens-1.2.3/bin/kubectl-lens', entry: 'kubectl-lens' });
    expect(picks).toEqual([
      { from: 'lens-1.2.3/bin/kubectl-lens', to: 'kubectl-lens' },
      { from: 'lens-1.2.3/LICENSE', to: 'legal/LICENSE' },
    ]);
    expect(remarks.map(({ rule }) => rule)).toEqual(['assumed-directory', 'assumed-directory']);
  });

  it('keep beside the program what lay beside it, when a pattern spreads a directory', () => {
    const { picks, program, remarks } = place(
      'lens',
      [
        { from: '*/lens', to: '.' },
        { from: '*/lens-*', to: '.' },
        { from: '*/scripts', to: '.' },
      ],
      SOURCE,
    );
    expect(program).toEqual({ source: 'lens-1.2.3/lens', entry: 'files/lens' });
    const archive = ['lens-1.2.3/lens', 'lens-1.2.3/lens-wide', 'lens-1.2.3/scripts/a'];
    expect(unpacked(archive, picks)).toEqual(['files/lens', 'files/lens-wide', 'files/scripts/a']);
    expect(remarks.filter(({ rule }) => rule === 'whole-directory')).toHaveLength(1);
  });

  it('are the whole directory for a pattern, which earns a remark', () => {
    const { picks, remarks } = place('lens', [
      { from: 'lens', to: '.' },
      { from: 'templates/*.tpl', to: 'templates' },
    ]);
    expect(picks).toEqual([
      { from: 'lens', to: 'lens' },
      { from: 'templates', to: 'templates' },
    ]);
    expect(remarks).toMatchObject([{ move: 1, rule: 'whole-directory' }]);
  });

  it('stay in their place, the program too, when the whole archive comes along', () => {
    const { picks, program, remarks } = place('lens', [
      { from: 'lens-linux', to: 'lens' },
      { from: '*.txt', to: '.' },
    ]);
    expect(picks).toBe(undefined);
    expect(program).toEqual({ source: 'lens-linux', entry: 'lens-linux' });
    expect(remarks).toMatchObject([{ rule: 'kept-in-place' }, { rule: 'whole-directory' }]);
  });

  it('have no program when only the archive could tell where it lies', () => {
    for (const [from, uri] of [
      ['*/lens', RELEASE],
      ['other-*/lens', SOURCE],
      ['lens-[0-9]*/lens', SOURCE],
      ['../lens', RELEASE],
      ['bin/*', RELEASE],
    ] as const) {
      const { program, remarks } = place('missing', [{ from, to: '.' }], uri);
      expect(program === undefined || from === 'bin/*').toBe(true);
      expect(remarks.length).toBeGreaterThan(0);
    }
    expect(place('lens', [{ from: 'LICENSE', to: '.' }]).program).toBe(undefined);
    expect(place('../lens', undefined).program).toBe(undefined);
  });

  it('never become one file twice', () => {
    const { picks, remarks } = place('lens', [
      { from: 'a/lens', to: '.' },
      { from: 'b/LENS', to: '.' },
      { from: 'a/lens', to: '.' },
    ]);
    expect(picks).toEqual([{ from: 'a/lens', to: 'lens' }]);
    expect(remarks).toMatchObject([{ move: 1, rule: 'unsupported-move' }]);
  });

  it('hold the program under another name after a renaming', () => {
    const moved = place('lens-linux', [
      { from: 'lens-linux', to: '.' },
      { from: 'LICENSE', to: '.' },
    ]);
    expect(renameProgram(moved, 'lens')).toMatchObject({
      picks: [
        { from: 'lens-linux', to: 'lens' },
        { from: 'LICENSE', to: 'LICENSE' },
      ],
      program: { source: 'lens-linux', entry: 'lens' },
    });
    expect(renameProgram(moved, 'lens-linux')).toBe(moved);
  });
});
