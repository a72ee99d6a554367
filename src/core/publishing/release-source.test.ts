import { describe, expect, it } from 'vitest';
import { pluginName } from '../plugin-name.ts';
import type { CheckedOut } from '../publishing-ports.ts';
import type { Version } from '../version.ts';
import { releaseSource } from './release-source.ts';

const COMMIT = 'a'.repeat(40);
const REPOSITORY = 'https://git.example.org/ada/lens';
const lens = { name: pluginName('lens'), version: '1.2.0' as Version, repository: REPOSITORY };
const clean: CheckedOut = { commit: COMMIT, tags: [], uncommitted: [], remotes: [] };
const strict = { output: 'lens.wasm', allowDirty: false };

describe('the source of a release', () => {
  it.each([
    [['v1.2.0'], 'v1.2.0'],
    [['1.2.0', 'nightly'], '1.2.0'],
    [['1.2.0', 'v1.2.0'], 'v1.2.0'],
    [['v1.2.1', 'v1.2.0-rc.1', 'release'], undefined],
  ])('is the commit that is checked out, and of the tags %j the one of the version: %s', (tags, tag) => {
    expect(releaseSource(lens, { ...clean, tags }, strict)).toEqual({
      source: { repository: REPOSITORY, commit: COMMIT, ...(tag === undefined ? {} : { tag }) },
    });
  });

  it('is not stated of what Git does not have, or a manifest without a repository; a note says so', () => {
    const { repository: _, ...homeless } = lens;
    for (const said of [
      releaseSource(lens, undefined, strict),
      releaseSource(homeless, clean, strict),
      releaseSource(lens, { ...clean, uncommitted: ['a.ts'] }, { ...strict, allowDirty: true }),
    ]) {
      expect(said).toEqual({ note: expect.stringContaining('does not say from which commit it comes') });
    }
  });

  it('is refused for files that are not committed, which are named; what the build leaves is not asked for', () => {
    const files = Array.from({ length: 12 }, (_, index) => `src/${index}.ts`);
    expect(() => releaseSource(lens, { ...clean, uncommitted: files }, strict)).toThrow(
      /lens has files that are not committed: "src\/0\.ts", .*"src\/9\.ts" and 2 more\./,
    );
    expect(releaseSource(lens, { ...clean, uncommitted: ['lens.wasm'] }, strict)).toHaveProperty('source');
  });

  it.each([
    [['https://git.example.org/ada/lens.git'], false],
    [['https://oauth2:secret@git.example.org/ada/lens/'], false],
    [['https://git.example.org/eve/lens', 'https://git.example.org/ada/lens'], false],
    [['git@elsewhere.example:ada/lens.git'], false],
    [['https://git.example.org/eve/lens'], true],
    [['https://oauth2:secret@git.example.org/eve/lens.git'], true],
  ])('comes with a warning when no https remote is its repository: %j %s', (remotes, warns) => {
    const { warning } = releaseSource(lens, { ...clean, remotes }, strict);
    expect(warning !== undefined).toBe(warns);
    expect(warning ?? '').not.toContain('secret');
  });
});
