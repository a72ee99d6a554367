import { describe, expect, it } from 'vitest';
import { forgeArchiveTop, releasePrefix } from './forge-archive.ts';
import { cleanPath, matchesPattern } from './path-pattern.ts';

describe('a pattern of one path component', () => {
  it.each([
    ['lens', 'lens', true],
    ['lens', 'len', false],
    ['lens-1.2', 'lens-*', true],
    ['lens-', 'lens-*', true],
    ['lens', '*', true],
    ['', '*', true],
    ['lens', '**', true],
    ['lens', 'l?ns', true],
    ['lens', '*n*s', true],
    ['lens', '*n*x', false],
    ['a.b', 'a?b', true],
    ['axb', 'a.b', false],
    ['lens', '[l]ens', false],
    ['lens', 'l\\ens', false],
  ])('%s and %s: %s', (name, pattern, expected) => {
    expect(matchesPattern(name, pattern)).toBe(expected);
  });

  it('is matched in few steps however many stars it has', () => {
    expect(matchesPattern('a'.repeat(20_000), `${'*a'.repeat(200)}b`)).toBe(false);
  });
});

it('a path is cleaned, or refused when it leads out', () => {
  expect(cleanPath('./a//b/.')).toBe('a/b');
  expect(cleanPath('/a')).toBe('a');
  expect(cleanPath('.')).toBe('');
  expect(cleanPath('a/../b')).toBe(undefined);
});

it('the top directory of an archive is told for those that GitHub makes of a reference, and no others', () => {
  const archive = 'https://github.com/acme/lens/archive';
  expect(forgeArchiveTop(`${archive}/v1.2.3.tar.gz`)).toBe('lens-1.2.3');
  expect(forgeArchiveTop(`${archive}/refs/tags/v1.2.3-krew.zip`)).toBe('lens-1.2.3-krew');
  expect(forgeArchiveTop(`${archive}/refs/heads/feature/zoom.zip`)).toBe('lens-feature-zoom');
  expect(forgeArchiveTop(`${archive}/version-1.zip`)).toBe('lens-version-1');
  expect(forgeArchiveTop('https://github.com/acme/lens/releases/download/v1/lens.tar.gz')).toBe(undefined);
  expect(forgeArchiveTop('https://example.org/acme/lens/archive/v1.tar.gz')).toBe(undefined);
});

it('releases are expected from the same repository, or else the same directory', () => {
  expect(releasePrefix('https://github.com/acme/lens/releases/download/v1/a.zip')).toBe(
    'https://github.com/acme/lens/',
  );
  expect(releasePrefix('https://example.org/a/b/c.zip?x=/y')).toBe('https://example.org/a/b/');
});
