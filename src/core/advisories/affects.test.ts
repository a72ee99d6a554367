import { describe, expect, it } from 'vitest';
import type { Advisory, RangeEvent } from '../formats/advisory.ts';
import { type PluginName, pluginName } from '../plugin-name.ts';
import { compareVersions, type Version } from '../version.ts';
import { advisoriesAffecting, affects, isMalware, remedyFor } from './affects.ts';

const LENS = pluginName('graph-lens');

function advisory(events: readonly RangeEvent[], change: Partial<Advisory> = {}): Advisory {
  return {
    id: 'PLUG-2026-0001',
    modified: 0,
    affected: [
      {
        package: { ecosystem: 'sheaf:example-plugins', name: LENS },
        ranges: [{ type: 'SEMVER', events }],
        versions: ['3.0.0' as Version],
      },
    ],
    ...change,
  };
}

const TWO_BRANCHES: readonly RangeEvent[] = [
  { introduced: '0' },
  { fixed: '1.2.3' as Version },
  { introduced: '2.0.0-rc.1' as Version },
  { fixed: '2.0.1' as Version },
];

const about = (
  one: Advisory,
  version: string,
  registry = 'example-plugins',
  name: PluginName = LENS,
): boolean => affects(one, { registry, name, version: version as Version });

describe('an advisory', () => {
  it.each<[string, boolean]>([
    ['0.0.1', true],
    ['1.2.3-beta.1', true],
    ['1.2.3', false],
    ['2.0.0-alpha', false],
    ['2.0.0-rc.1', true],
    ['2.0.0', true],
    ['2.0.1', false],
    ['3.0.0', true],
    ['3.0.1', false],
  ])('is about %s: %s', (version, affected) => {
    expect(about(advisory(TWO_BRANCHES), version)).toBe(affected);
  });

  it('is about one plugin of one registry', () => {
    expect(about(advisory(TWO_BRANCHES), '1.0.0', 'other-plugins')).toBe(false);
    expect(about(advisory(TWO_BRANCHES), '1.0.0', 'example-plugins', pluginName('graph-lenses'))).toBe(false);
  });

  it('ends a range with last_affected inside it, and with limit outside', () => {
    const one = advisory([
      { introduced: '1.0.0' as Version },
      { last_affected: '1.5.0' as Version },
      { limit: '9.0.0' as Version },
    ]);
    const versions = ['0.9.0', '1.0.0', '1.5.0', '1.5.1', '9.0.0'];
    expect(versions.map((version) => about(one, version))).toEqual([false, true, true, false, false]);
  });

  it('is about nothing once it is withdrawn', () => {
    expect(about(advisory(TWO_BRANCHES, { withdrawn: 0 }), '1.0.0')).toBe(false);
  });

  it('is found among others for a release', () => {
    const [one, other] = [advisory(TWO_BRANCHES), advisory([{ introduced: '9.0.0' as Version }])];
    const release = { registry: 'example-plugins', name: LENS, version: '1.0.0' as Version };
    expect(advisoriesAffecting([other, one], release)).toEqual([one]);
  });

  it.each<[boolean, string, Partial<Advisory>]>([
    [false, 'of a fault', {}],
    [false, 'that denies it', { database_specific: { malware: false } }],
    [true, 'that says so', { database_specific: { malware: true } }],
    [true, 'with an id of malware', { id: 'MAL-2026-0001' }],
    [true, 'that malware is another name of', { aliases: ['CVE-2026-1', 'MAL-2026-3'] }],
  ])('is malware, %s: one %s', (expected, _, change) => {
    expect(isMalware(advisory(TWO_BRANCHES, change))).toBe(expected);
  });
});

describe('the version to move to', () => {
  it.each<[string | undefined, string, string, string]>([
    ['1.3.0', 'the lowest safe one above', '1.1.0', '1.0.0 1.1.0 1.2.0 1.3.0 2.0.0'],
    ['1.0.0', 'the highest safe one below, where there is none above', '1.2.0', '0.9.0 1.0.0 1.1.0 1.2.0'],
    ['2.0.0', 'no pre-release, where there is another', '1.1.0', '1.1.0 1.4.0-rc.1 2.0.0'],
    ['1.4.0-rc.1', 'a pre-release, where there is nothing else', '1.1.0', '1.1.0 1.4.0-rc.1'],
    [undefined, 'none, where none is safe', '1.1.0', '1.1.0 1.2.0'],
  ])('is %s: %s', (expected, _, current, all) => {
    const isSafe = (version: Version): boolean =>
      compareVersions(version, '1.1.0' as Version) < 0 || compareVersions(version, '1.2.0' as Version) > 0;
    expect(remedyFor(current as Version, all.split(' ') as Version[], isSafe)).toBe(expected);
  });
});
