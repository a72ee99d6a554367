import { describe, expect, it } from 'vitest';
import { newestTag } from './obsidian-list.ts';

const newest = (tags: readonly string[], deprecated: readonly string[] = []): string | undefined =>
  newestTag({ downloads: 0, updated: undefined, tags: new Map(tags.map((tag) => [tag, 1])) }, deprecated)
    ?.tag;

describe('the newest release of a plugin', () => {
  it.each([
    ['the highest by precedence, not by text or order', ['1.10.0', '1.9.0'], [], '1.10.0'],
    ['stable, when there is one', ['1.0.0', '2.0.0-beta.1'], [], '1.0.0'],
    ['a pre-release, when there is nothing else', ['2.0.0-beta.1', '2.0.0-alpha'], [], '2.0.0-beta.1'],
    ['none that is deprecated', ['1.0.0', '1.1.0'], ['1.1.0'], '1.0.0'],
    ['the tag that is its version', ['v1.2.0', '1.2.0'], [], '1.2.0'],
    ['nothing when no tag is a version', ['latest', 'x'], [], undefined],
    ['nothing when all are deprecated', ['1.0.0'], ['1.0.0'], undefined],
  ])('is %s', (_what, tags, deprecated, tag) => {
    expect(newest(tags, deprecated)).toBe(tag);
    expect(newest(tags.toReversed(), deprecated)).toBe(tag);
  });

  it('is none without statistics', () => {
    expect(newestTag(undefined, [])).toBe(undefined);
  });
});
