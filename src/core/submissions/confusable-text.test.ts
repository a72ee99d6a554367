import { expect, it } from 'vitest';
import { confusableBecause } from './confusable-text.ts';

it.each([
  'graph lens',
  'Дана',
  'Δάφνη Lens',
  'グラフlens',
  'Zoë Łukasz',
  '한국어',
  'C++ 4.0 (µs, m², Plugin™)',
  '',
])('takes %j', (name) => {
  expect(confusableBecause(name)).toBeUndefined();
});

it.each([
  ['gr\u0430ph', 'mixes letters of different scripts in one word'],
  ['\u0391lpha', 'mixes letters of different scripts in one word'],
  ['fine p\u03bfint', 'mixes letters of different scripts in one word'],
  ['\uff47raph', 'has letters in another form'],
  ['\u{1d420}raph', 'has letters in another form'],
  ['\ufb01ne', 'has letters in another form'],
])('does not take %j', (name, reason) => {
  expect(confusableBecause(name)).toBe(reason);
});
