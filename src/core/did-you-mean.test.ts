import { expect, it } from 'vitest';
import { closest } from './did-you-mean.ts';

it.each([
  ['licence', 'license'],
  ['verison', 'version'],
  ['Name', 'name'],
  ['capabilites', 'capabilities'],
  ['nmae', 'name'],
])('takes %s for %s', (word, meant) => {
  expect(closest(word, ['name', 'version', 'license', 'capabilities'])).toBe(meant);
});

it.each(['', 'x', 'abcd', 'homepage', 'n'.repeat(5000)])('guesses nothing for %j', (word) => {
  expect(closest(word, ['name', 'version', 'license'])).toBeUndefined();
});

it('prefers the nearest, then the first', () => {
  expect(closest('querx', ['quer', 'query', 'querz'])).toBe('quer');
  expect(closest('querys', ['quer', 'query'])).toBe('query');
});

it('counts a swap of neighbours as one slip', () => {
  expect(closest('abdc', ['abcd'])).toBe('abcd');
  expect(closest('badc', ['abcd'])).toBeUndefined();
});
