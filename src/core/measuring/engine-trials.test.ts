import { expect, it } from 'vitest';
import type { VersionRange } from '../version.ts';
import { plannedTrials } from './engine-trials.ts';

const planned = (demand: string, supported: string): readonly string[] =>
  plannedTrials(
    { engines: { parseltongue: demand as VersionRange } },
    { engines: { parseltongue: { supported: supported as VersionRange } } },
  ).map(({ version }) => version);

it.each([
  ['>=0.3.0', '>=0.3.0 <2', ['0.3.0', '1.0.0']],
  ['>=0.4.1 <1.5', '>=0.3.0 <2', ['0.4.1', '1.4.0']],
  ['>=0.3.0 <=1.4.2', '>=0.3.0 <2', ['0.3.0', '1.4.2']],
  ['^1.2.0', '>=1.3.4 <1.3.9', ['1.3.4', '1.3.8']],
  ['>1.2.0', '*', ['1.2.1']],
  ['<0.2', '<2', ['0.0.0', '0.1.0']],
  ['~0.5.0 || >=1.5.0', '>=0.3.0 <2', ['0.5.0', '1.5.0']],
  ['*', '*', ['0.0.0']],
  ['1.2.3', '>=1', ['1.2.3']],
])('a plugin for %s in a registry that supports %s is tried with %j', (demand, supported, versions) => {
  expect(planned(demand, supported)).toEqual(versions);
});

it('tries nothing where the ranges have no version in common', () => {
  expect(planned('>=2', '<2')).toEqual([]);
});

it('tries only engines of the registry that the manifest names, by name', () => {
  const range = '1.0.0' as VersionRange;
  const trials = plannedTrials(
    { engines: { zebra: range, ant: range, rust: range } },
    { engines: { zebra: { supported: range }, ant: { supported: range }, other: { supported: range } } },
  );
  expect(trials.map(({ engine }) => engine)).toEqual(['ant', 'zebra']);
});
