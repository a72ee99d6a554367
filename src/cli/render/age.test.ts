import { expect, it } from 'vitest';
import { formatAge } from './age.ts';

it.each<[number, string]>([
  [0, 'less than a minute'],
  [59_999, 'less than a minute'],
  [60_000, '1 minute'],
  [3_599_999, '59 minutes'],
  [3_600_000, '1 hour'],
  [86_399_999, '23 hours'],
  [86_400_000, '1 day'],
  [400 * 86_400_000, '400 days'],
])('%i ms are %s', (milliseconds, text) => {
  expect(formatAge(milliseconds)).toBe(text);
});
