import { describe, expect, it } from 'vitest';
import type { Advisory, RangeEvent } from '../formats/advisory.ts';
import type { Manifest } from '../formats/manifest.ts';
import { packageRisks } from './package-risk.ts';

function advisory(ecosystem: string, name: string, events: readonly object[]): Advisory {
  const ranges = [{ type: 'SEMVER', events: events as readonly RangeEvent[] }] as const;
  return { id: 'PLUG-2026-0007', modified: 0, affected: [{ package: { ecosystem, name }, ranges }] };
}

const FIXED = [{ introduced: '0' }, { fixed: '1.4.2' }];

const isRisk = (asked: string, one: Advisory, engines: Record<string, string> = {}): boolean =>
  packageRisks({ packages: { serde: asked }, engines: engines as Manifest['engines'] }, [one]).length > 0;

describe('a package that a plugin is built from', () => {
  it.each<[boolean, string, string, readonly object[]]>([
    [true, '1.0', 'crates.io', FIXED],
    [true, '1.4.0', 'crates.io', [{ introduced: '1.5.0' }]],
    [false, '1.4.2', 'crates.io', FIXED],
    [false, '=1.5.0', 'crates.io', FIXED],
    [false, '^2', 'crates.io', FIXED],
    [false, '1.4.3', 'npm', [{ introduced: '1.5.0' }]],
    [true, '^1.4.3', 'npm', [{ introduced: '1.5.0' }]],
    [true, '>=1.4.2 <1.5', 'npm', [{ introduced: '0' }, { last_affected: '1.4.2' }]],
    [false, '>1.4.2 <1.5', 'npm', [{ introduced: '0' }, { last_affected: '1.4.2' }]],
    [true, '*', 'npm', [{ introduced: '0' }]],
    [false, '^1.2', 'npm', [{ introduced: '0' }, { fixed: '1.0.0' }, { introduced: '2.0.0' }]],
    [true, 'git+https://example.org/serde.git', 'npm', FIXED],
  ])('is at risk, %s: %s of %s', (expected, asked, ecosystem, events) => {
    expect(isRisk(asked, advisory(ecosystem, 'serde', events))).toBe(expected);
  });

  it('is looked up where its toolchain is stated, and everywhere where none is', () => {
    const one = advisory('npm', 'serde', [{ introduced: '0' }]);
    expect(isRisk('1.0', one, { rust: '>=1.70.0' })).toBe(false);
    expect(isRisk('1.0', one, { node: '>=20' })).toBe(true);
    expect(isRisk('1.0', one, { parseltongue: '>=0.3.0' })).toBe(true);
  });

  it('is neither a plugin of that name nor one of another name', () => {
    expect(isRisk('1.0', advisory('sheaf:example', 'serde', [{ introduced: '0' }]))).toBe(false);
    expect(isRisk('1.0', advisory('npm', 'constructor', [{ introduced: '0' }]))).toBe(false);
  });

  it('is at no risk by an advisory that was withdrawn', () => {
    expect(isRisk('1.0', { ...advisory('npm', 'serde', FIXED), withdrawn: 0 })).toBe(false);
  });
});
