import { describe, expect, it } from 'vitest';
import { addressTrick, isBelow } from './stated-address.ts';

const PREFIX = 'https://files.example.org/dana/';

describe('an address', () => {
  it.each([
    'https://files.example.org/dana/x/releases/download/cli%2Fv1.0.0/x.tar.gz',
    'https://FILES.example.org/dana/x',
    'https://files.example.org/dana/v1%2e0/x%20y',
    'https://files.example.org/dana/...%2F..x/y..',
  ])('is plain: %s', (url) => {
    expect(addressTrick(url)).toBe(undefined);
    expect(isBelow(url, PREFIX)).toBe(true);
  });

  it.each([
    ['dots behind an encoded slash', 'https://files.example.org/dana/x%2F..%2F..%2Ferin/y'],
    ['a single dot behind one', 'https://files.example.org/dana/x%2f./y'],
    ['dots with parameters', 'https://files.example.org/dana/..;v=1/erin/y'],
    ['dots that are half encoded', 'https://files.example.org/dana/x%2F.%2e/y'],
    ['a second encoding', 'https://files.example.org/dana/x%252F..%252Ferin'],
    ['an encoded backslash', 'https://files.example.org/dana/..%5Cerin'],
    ['an encoded zero', 'https://files.example.org/dana/x%00.tar.gz'],
    ['an encoded line feed', 'https://files.example.org/dana/x%0a'],
    ['an encoded delete', 'https://files.example.org/dana/x%7F'],
    ['an encoded control character beyond ASCII', 'https://files.example.org/dana/x%C2%85'],
    ['an overlong slash', 'https://files.example.org/dana/..%C0%AFerin'],
    ['half an escape', 'https://files.example.org/dana/x%2'],
    ['a login', 'https://dana@files.example.org/dana/x'],
    ['a query', 'https://files.example.org/dana/x?y'],
    ['no host', 'files/dana/x'],
  ])('has a trick in it: %s', (_, url) => {
    expect(addressTrick(url)).toMatch(/^(has|is|cannot) .*[a-z"]$/);
    expect(isBelow(url, PREFIX)).toBe(false);
  });
});

describe('a prefix', () => {
  it.each([
    ['a folder that begins alike', 'https://files.example.org/dana-evil/x'],
    ['the folder without its slash', 'https://files.example.org/dana'],
    ['its letters encoded', 'https://files.example.org/%64ana/x'],
    ['its slash encoded', 'https://files.example.org/dana%2Fx/y'],
    ['another letter case', 'https://files.example.org/Dana/x'],
    ['another port', 'https://files.example.org:8443/dana/x'],
    ['no encryption', 'http://files.example.org/dana/x'],
  ])('does not hold for %s', (_, url) => {
    expect(isBelow(url, PREFIX)).toBe(false);
  });

  it('has to end with a slash', () => {
    expect(isBelow('https://files.example.org/dana/x', 'https://files.example.org/dana')).toBe(false);
    expect(isBelow('https://files.example.org/dana/', PREFIX)).toBe(true);
  });

  it('names owner and repository of GitHub in any letter case, and nothing else so', () => {
    const lens = 'https://github.com/Dana/Lens/releases/';
    expect(isBelow('https://github.com/dana/lens/releases/v1', lens)).toBe(true);
    expect(isBelow('https://github.com/DANA/LENS/releases/v1', lens)).toBe(true);
    expect(isBelow('https://github.com/dana/lens/Releases/v1', lens)).toBe(false);
    expect(isBelow('https://github.com.example.org/dana/lens/releases/v1', lens)).toBe(false);
    // The Kelvin sign is a K only for those who fold letters beyond ASCII.
    expect(isBelow('https://github.com/%E2%84%AA/x', 'https://github.com/k/')).toBe(false);
  });
});
