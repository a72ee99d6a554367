import { entryOf } from '../../archives/artifact-entry.ts';
import type { RiskLevel } from '../../scanning/scan-rule.ts';
import { scanOf, whereFound } from '../artifact-scan.ts';
import type { ChangeRule } from '../change-rule.ts';
import { type JudgedRelease, openedArtifacts, releaseRule, type Say } from '../release-rule.ts';

/** Said by the rules `entry`, `required-files`, `licence` and `clean-text` of a submission, in their own words. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(['unused-capability', 'licence', 'hidden-text']);
/** Said by `entry` of the file that is loaded, and by nobody else of other modules beside it. */
const SAID_OF_ENTRY: ReadonlySet<string> = new Set(['undeclared-capability', 'wasm-memory']);

/** What no plugin of any registry should be able to do. */
export const securityGate: ChangeRule = releaseRule({
  id: 'security-gate',
  title: 'The security scan finds nothing critical.',
  waivable: false,
  judge: (submission, say) => sayFindings(submission, { critical: 'error' }, say),
});

/** What is dangerous more often than not; a maintainer who has looked at it may let it pass. */
export const securityFindings: ChangeRule = releaseRule({
  id: 'security-findings',
  title: 'The security scan finds nothing of high severity, such as eval, or SQL made of templates.',
  waivable: true,
  judge: (submission, say) => sayFindings(submission, { high: 'error', medium: 'warning' }, say),
});

function sayFindings(
  submission: JudgedRelease,
  severities: Partial<Record<RiskLevel, Parameters<Say>[0]>>,
  say: Say,
): void {
  const { manifest } = submission.release;
  for (const opened of openedArtifacts(submission.release)) {
    for (const finding of scanOf(submission, opened).findings) {
      const { rule, level, message, fix = '' } = finding;
      const severity = severities[level];
      const isOfEntry = finding.place.file === entryOf(opened.artifact, manifest.name);
      const isSaid = SAID_ELSEWHERE.has(rule) || (isOfEntry && SAID_OF_ENTRY.has(rule));
      if (severity === undefined || isSaid) continue;
      say(severity, opened.path, `${whereFound(finding, opened)}: ${message} (${rule})`, fix);
    }
  }
}
