import { describe, expect, it } from 'vitest';
import { readSubmissionsFile } from './submissions-file.ts';

const ONE = {
  id: '7',
  url: 'https://git.example.org/acme/plugins/pull/7',
  opened: '2026-11-02T09:00:00Z',
  updated: '2026-11-02T10:00:00Z',
  author: 'authors-account',
  owner: 'author',
  plugin: 'graph-lens',
  version: '1.0.0',
  category: 'visualizers',
  tier: 'wasm',
  capabilities: [],
  checks: 'passed',
};
const read = (...submissions: readonly object[]) =>
  readSubmissionsFile(
    new TextEncoder().encode(JSON.stringify({ schemaVersion: 1, registry: 'acme', submissions })),
    'open.json',
  );

describe('a description of submissions', () => {
  it('is read with its times, and without what is left out', () => {
    const requests = [{ reviewer: 'dana', since: '2026-11-02T11:00:00Z' }];
    const { value } = read({ ...ONE, requests });
    expect(value?.submissions[0]).toMatchObject({
      opened: Date.UTC(2026, 10, 2, 9),
      findings: [],
      answers: [],
      requests: [{ reviewer: 'dana', since: Date.UTC(2026, 10, 2, 11) }],
    });
  });

  it.each([
    ['a pull request twice', [ONE, ONE], 'listed twice'],
    ['a date that no calendar has', [{ ...ONE, opened: '2026-02-30T09:00:00Z' }], 'not a date'],
    [
      'an unknown verdict',
      [{ ...ONE, answers: [{ reviewer: 'dana', verdict: 'fine', date: ONE.opened }] }],
      'fine',
    ],
    ['a number that leaves the address', [{ ...ONE, id: '7/../8' }], '7/../8'],
    ['an unknown key', [{ ...ONE, title: 'x' }], 'title'],
    ['an address that runs', [{ ...ONE, url: 'javascript:alert(1)' }], 'javascript'],
  ])('with %s is refused', (_, submissions, said) => {
    const { value, findings } = read(...submissions);
    expect(value).toBeUndefined();
    expect(findings[0]?.message).toContain(said);
  });
});
