import { describe, expect, it } from 'vitest';
import { packageRisks } from '../advisories/package-risk.ts';
import { severityOf } from '../advisories/severity.ts';
import { valueOf } from '../finding.ts';
import { readAdvisory } from './advisory.ts';
import { readOsvAdvisory } from './osv-file.ts';

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** In the form of GitHub's database: fractions of seconds, keys that nobody else has, events out of order. */
const GHSA = {
  schema_version: '1.4.0',
  id: 'GHSA-2m2x-4v5q-wjx9',
  modified: '2026-03-04T05:06:07.123456Z',
  published: '2026-03-01T00:00:00Z',
  aliases: ['CVE-2026-10001'],
  summary: 'Parsing hangs',
  details: 'Long inputs take exponential time.',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' }],
  affected: [
    {
      package: { ecosystem: 'npm', name: '@example/parser', purl: 'pkg:npm/%40example/parser' },
      ranges: [
        {
          type: 'SEMVER',
          events: [{ fixed: '2.1' }, { introduced: '2.0.0' }, { introduced: '0' }, { fixed: '1.4.2' }],
        },
      ],
      database_specific: { last_known_affected_version_range: '< 2.1' },
    },
    {
      package: { ecosystem: 'PyPI', name: 'parser' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }] }],
    },
  ],
  references: [{ type: 'PACKAGE', url: 'https://example.org/parser' }],
  database_specific: { cwe_ids: ['CWE-1333'], severity: 'HIGH', github_reviewed: true },
};

/** In the form of Rust's database: a first version that is no release, no severity, another order of keys. */
const RUSTSEC = {
  id: 'RUSTSEC-2026-0042',
  modified: '2026-02-02T12:00:00Z',
  affected: [
    {
      package: { ecosystem: 'crates.io', name: 'graphs', purl: 'pkg:cargo/graphs' },
      ecosystem_specific: { affects: { arch: [], functions: [], os: [] }, affected_functions: null },
      ranges: [{ type: 'SEMVER', events: [{ introduced: '0.0.0-0' }, { fixed: '0.8.1' }] }],
      versions: [],
      database_specific: { categories: ['memory-corruption'], cvss: null, informational: null },
    },
  ],
};

const read = (value: unknown, file = 'advisory.json') => valueOf(readOsvAdvisory(encode(value), file));
const at = (
  packages: Readonly<Record<string, string>>,
  ...advisories: readonly unknown[]
): readonly string[] =>
  packageRisks(
    { packages, engines: {} },
    advisories.map((one) => read(one)),
  ).map(({ advisory }) => advisory.id);
const goWith = (more: object): object => ({
  id: 'GO-2026-1',
  modified: '2026-01-01T00:00:00Z',
  affected: [{ package: { ecosystem: 'Go', name: 'example.org/x' }, ...more }],
});

describe('an advisory of a public database', () => {
  it('is found for the versions that it affects, and for no others', () => {
    expect(at({ '@example/parser': '^1.4.0' }, GHSA)).toEqual([GHSA.id]);
    expect(at({ '@example/parser': '>=1.4.2 <2' }, GHSA)).toEqual([]);
    expect(at({ '@example/parser': '2.0.5' }, GHSA)).toEqual([GHSA.id]);
    expect(at({ '@example/parser': '^2.1.0' }, GHSA)).toEqual([]);
    expect(at({ graphs: '0.8' }, RUSTSEC)).toEqual([RUSTSEC.id]);
    expect(at({ graphs: '0.9' }, RUSTSEC)).toEqual([]);
    expect(at({ parser: '1.0.0' }, GHSA)).toEqual([]);
  });

  it('keeps how bad it is, and is over when it was withdrawn', () => {
    const advisory = read(GHSA);
    const [entry] = advisory.affected;
    expect(entry && severityOf(advisory, entry)).toMatchObject({ score: 7.5, rating: 'high' });
    expect(advisory.modified).toBe(Date.UTC(2026, 2, 4, 5, 6, 7));
    expect(at({ graphs: '0.8' }, { ...RUSTSEC, withdrawn: '2026-03-03T00:00:00Z' })).toEqual([]);
  });

  it.each([
    [
      'a version that cannot be compared',
      { ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: 'r27' }] }] },
    ],
    ['nothing but commits', { ranges: [{ type: 'GIT', repo: 'x', events: [{ introduced: '0' }] }] }],
    ['no versions at all', {}],
    ['a list with a word in it', { versions: ['2.0.0', 'main'] }],
  ])('counts against every version when it names %s', (_, more) => {
    expect(at({ 'example.org/x': '1.0.0' }, goWith(more))).toEqual(['GO-2026-1']);
  });

  it('takes versions one by one', () => {
    expect(at({ 'example.org/x': '1.0.0' }, goWith({ versions: ['v1.0', '1.2.0+incompatible'] }))).toEqual([
      'GO-2026-1',
    ]);
    expect(at({ 'example.org/x': '1.1.0' }, goWith({ versions: ['v1.0', '1.2.0+incompatible'] }))).toEqual(
      [],
    );
  });

  it.each([
    ['no id', { modified: GHSA.modified }],
    ['an id that is none', { ...GHSA, id: '../etc' }],
    ['another version of the format', { ...GHSA, schema_version: '2.0.0' }],
    ['a day that does not exist', { ...GHSA, modified: '2026-02-30T00:00:00Z' }],
    [
      'an event of two keys',
      goWith({ ranges: [{ type: 'SEMVER', events: [{ introduced: '0', fixed: '1.0.0' }] }] }),
    ],
    ['a list in place of the object', []],
  ])('is refused with %s', (_, value) => {
    const { value: none, findings } = readOsvAdvisory(encode(value), 'advisory.json');
    expect(none).toBe(undefined);
    expect(findings[0]).toMatchObject({ severity: 'error', place: { file: 'advisory.json' } });
  });

  it('is none that a registry could publish', () => {
    for (const one of [GHSA, RUSTSEC])
      expect(readAdvisory(encode(one), `${one.id}.json`).value).toBe(undefined);
  });
});
