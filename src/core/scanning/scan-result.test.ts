import { describe, expect, it } from 'vitest';
import { scanResultOf, waiverFits } from './scan-result.ts';
import type { ScanFinding, ScanReport } from './score.ts';

const found = (
  rule: string,
  level: ScanFinding['level'],
  change: Partial<ScanFinding> = {},
): ScanFinding => ({
  rule,
  level,
  severity: 'error',
  points: level === 'high' ? 20 : 0,
  place: { file: 'a.js', line: 3, column: 7 },
  message: 'It is dangerous.',
  fix: 'Do not.',
  ...change,
});
const report = (score: number, findings: readonly ScanFinding[], coverage = 1): ScanReport => ({
  rules: 1,
  score,
  coverage,
  rejected: false,
  modules: [],
  programs: [],
  findings,
});

describe('the scan of a release', () => {
  it('is the worst of its artifacts, every finding once', () => {
    const result = scanResultOf([
      report(100, []),
      report(80, [found('eval', 'high')], 0.7),
      report(80, [found('eval', 'high')], 0.7),
    ]);
    expect(result).toEqual({
      rules: '1',
      score: 80,
      coverage: 0.7,
      passed: false,
      findings: [
        { rule: 'eval', severity: 'high', points: 20, place: 'a.js:3:7', message: 'It is dangerous.' },
      ],
    });
  });

  it('lets pass what a maintainer waived, but nothing critical', () => {
    const waivers = [
      { rule: 'eval', reason: 'in a comment' },
      { rule: 'links', reason: 'no' },
    ];
    expect(scanResultOf([report(80, [found('eval', 'high')])], waivers)).toMatchObject({
      passed: true,
      findings: [{ waived: 'in a comment' }],
    });
    const critical = scanResultOf([report(100, [found('links', 'critical')])], waivers);
    expect(critical.passed).toBe(false);
    expect(critical.findings[0]).not.toHaveProperty('waived');
  });

  it('keeps texts to one clean line that its schema admits, and findings to 500', () => {
    const hostile = found('eval', 'low', {
      message: `${'x'.repeat(400)}\u001b[2J`,
      place: { file: 'a\u202e\n.js' },
    });
    const [one] = scanResultOf([report(97, [hostile])]).findings;
    expect(one?.message).toHaveLength(300);
    expect(one?.place).toBe('a\\u202e\\n.js');
    const many = Array.from({ length: 600 }, (_, line) =>
      found('eval', 'low', { place: { file: 'a.js', line } }),
    );
    expect(scanResultOf([report(97, many)]).findings).toHaveLength(500);
  });
});

describe('a waiver', () => {
  const fits = (waiver: string, severity: 'high' | 'medium' | 'critical'): boolean =>
    waiverFits(waiver, { rule: 'dynamic-code', severity });

  it('is of one rule, or of security-findings for all of them', () => {
    expect([fits('dynamic-code', 'high'), fits('security-findings', 'medium')]).toEqual([true, true]);
    expect([fits('licence', 'high'), fits('security-gate', 'high')]).toEqual([false, false]);
  });

  it('never lets a critical finding pass', () => {
    expect([fits('dynamic-code', 'critical'), fits('security-findings', 'critical')]).toEqual([false, false]);
  });
});
