import { isMalware } from '../../advisories/affects.ts';
import { packageRisks } from '../../advisories/package-risk.ts';
import { severityOf } from '../../advisories/severity.ts';
import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import type { Advisory } from '../../formats/advisory.ts';
import { quote } from '../../text.ts';
import type { Version } from '../../version.ts';
import type { RiskLevel, ScanExample, ScanRule } from '../scan-rule.ts';
import type { ScanSubject } from '../subject.ts';

/** A dependency with an advisory of CVSS 7 and more, or about malware. */
export const packageAdvisoryHigh: ScanRule = packageRule(
  'high',
  'a version that [dependencies] admits has an advisory of high or critical severity',
  'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H',
);

/** One of less than 7, and one that does not say how bad it is in a way that can be computed. */
export const packageAdvisoryMedium: ScanRule = packageRule(
  'medium',
  'a version that [dependencies] admits has an advisory of medium or unknown severity',
  'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N',
);

/** One of less than 4. */
export const packageAdvisoryLow: ScanRule = packageRule(
  'low',
  'a version that [dependencies] admits has an advisory of low severity',
  'CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N',
);

type PackageLevel = Extract<RiskLevel, 'high' | 'medium' | 'low'>;

function packageRule(level: PackageLevel, title: string, vector: string): ScanRule {
  return {
    id: `package-advisory-${level}`,
    level,
    title,
    fix: 'Ask for a range that excludes the affected versions, and build with it.',
    vulnerable: example('1.2', vector),
    clean: example('1.9', vector),
    find: (subject) => findPackages(subject, level),
  };
}

function findPackages(
  { manifest, advisories }: ScanSubject,
  level: PackageLevel,
): ReturnType<ScanRule['find']> {
  return packageRisks(manifest, advisories)
    .filter(({ advisory, affected }) => {
      const rating = isMalware(advisory) ? 'critical' : severityOf(advisory, affected)?.rating;
      return levelOf(rating) === level;
    })
    .map(({ advisory: { id, summary }, affected, asked }) => ({
      path: AUTHOR_MANIFEST,
      message: `${affected.package.ecosystem} ${quote(affected.package.name)} ${quote(asked)} admits versions that ${id} affects${summary === undefined ? '' : `: ${quote(summary)}`}.`,
    }));
}

function levelOf(rating: string | undefined): PackageLevel {
  if (rating === 'critical' || rating === 'high') return 'high';
  return rating === 'low' || rating === 'none' ? 'low' : 'medium';
}

function example(asked: string, vector: string): ScanExample {
  const advisory: Advisory = {
    id: 'PLUG-2026-0001',
    modified: 0,
    severity: [{ type: 'CVSS_V3', score: vector }],
    affected: [
      {
        package: { ecosystem: 'crates.io', name: 'parser' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.5.0' as Version }] }],
      },
    ],
  };
  return { files: {}, packages: { parser: `~${asked}` }, advisories: [advisory] };
}
