import { expect, it } from 'vitest';
import type { Advisory } from '../formats/advisory.ts';
import { baseScore, severityOf } from './severity.ts';

// Vectors of well-known vulnerabilities with the scores that the National Vulnerability Database gives them.
it.each<[string, number | undefined, string]>([
  ['CVE-2021-44228', 10, 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H'],
  ['CVE-2014-0160', 7.5, 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N'],
  ['CVE-2019-0708', 9.8, 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'],
  ['CVE-2013-1937', 6.1, 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N'],
  ['CVE-2013-0375', 6.4, 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N'],
  ['CVE-2014-3566', 3.1, 'CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N'],
  ['CVE-2012-1516', 9.9, 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H'],
  ['CVE-2009-0783', 4.2, 'CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L'],
  ['no impact', 0, 'CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N'],
  ['a metric missing', undefined, 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H'],
  ['an unknown value', undefined, 'CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'],
  ['a name that every object has', undefined, 'CVSS:3.1/AV:constructor/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'],
  ['no scope', undefined, 'CVSS:3.1/AV:N'],
])('scores %s with %s', (_, score, vector) => {
  expect(baseScore(vector)).toBe(score);
});

it('rates by the entry before the advisory, and by version 3 before version 4', () => {
  const v3 = { type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N' } as const;
  const v4 = { type: 'CVSS_V4', score: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H' } as const;
  const entry = { package: { ecosystem: 'sheaf:example', name: 'graph-lens' } };
  const advisory: Advisory = { id: 'PLUG-2026-0001', modified: 0, affected: [entry] };
  expect(severityOf(advisory, entry)).toBe(undefined);
  expect(severityOf({ ...advisory, severity: [v4, v3] }, entry)).toEqual({
    vector: v3.score,
    score: 7.5,
    rating: 'high',
  });
  expect(severityOf({ ...advisory, severity: [v3] }, { ...entry, severity: [v4] })).toEqual({
    vector: v4.score,
  });
});
