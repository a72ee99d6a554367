import type { Sha256 } from '../digest.ts';
import { hasPassed, type MeasuredRelease, type MeasurementFile } from '../formats/measurement-file.ts';
import type { Submission } from '../formats/submissions-file.ts';
import { waiverFits } from '../scanning/scan-result.ts';
import { quote, shorten } from '../text.ts';

/** The release that a measurement has to be about, as whoever judges it read it by themselves. */
export interface MeasuredSubject {
  readonly registry: string;
  /** The commit that is up for review. */
  readonly head: string;
  readonly plugin: string;
  readonly version: string;
  /** Digest of the manifest. */
  readonly manifest: Sha256;
  /** Digests of the artifacts, in the order of the manifest. */
  readonly artifacts: readonly Sha256[];
}

/** What a measurement comes to. */
export interface MeasurementVerdict {
  readonly state: 'passed' | 'failed';
  /** Why, and what was measured, one sentence each. */
  readonly figures: readonly string[];
  /** What the scan found and nobody waived. */
  readonly findings: Submission['findings'];
}

// They are kept in a comment, which has an end.
const FIGURES = 20;
const FIGURE_LENGTH = 300;

/**
 * Judges what an untrusted job measured. Its word can stop a release and never let one in: a measurement of another
 * commit or of other bytes fails, and what it calls waived counts all the same, unless a maintainer waived the rule.
 */
export function judgeMeasurement(
  { registry, head, releases }: MeasurementFile,
  subject: MeasuredSubject,
  waived: readonly string[],
): MeasurementVerdict {
  const name = `${subject.plugin} ${subject.version}`;
  if (registry !== subject.registry)
    return failed(`The measurement is of the registry ${quote(registry)}, and this is ${subject.registry}.`);
  if (head !== subject.head)
    return failed(`The measurement is of the commit ${head}, and ${subject.head} is up for review.`);
  const release = releases.find(
    ({ plugin, version }) => plugin === subject.plugin && version === subject.version,
  );
  if (release === undefined) return failed(`The measurement does not have ${name}.`);
  const isSame =
    release.manifest === subject.manifest &&
    release.artifacts.length === subject.artifacts.length &&
    release.artifacts.every((digest, index) => digest === subject.artifacts[index]);
  if (!isSame) return failed(`The measurement of ${name} is of other bytes.`);

  const { scan, ...others } = release;
  const all = scan?.findings ?? [];
  const findings = all
    .filter((finding) => !waived.some((rule) => waiverFits(rule, finding)))
    .map(({ rule, severity }) => ({ rule, severity }));
  const blocking = findings.filter(({ severity }) => severity === 'high' || severity === 'critical');
  const isScanned = scan !== undefined && (scan.passed || findings.length < all.length);
  const passed = isScanned && blocking.length === 0 && hasPassed(others);
  const figures = [
    ...blocking.map(({ rule, severity }) => `The scan found ${rule}, of severity ${severity}.`),
    ...(isScanned || blocking.length > 0
      ? []
      : [scan === undefined ? 'It was not scanned.' : 'It did not pass the scan.']),
    ...figuresOf(release),
    ...release.problems,
  ];
  return {
    state: passed ? 'passed' : 'failed',
    figures: figures.slice(0, FIGURES).map((text) => shorten(text, FIGURE_LENGTH)),
    findings,
  };
}

function failed(reason: string): MeasurementVerdict {
  return { state: 'failed', figures: [reason], findings: [] };
}

function figuresOf({ scan, tests, performance, compatibility }: MeasuredRelease): readonly string[] {
  return [
    ...(scan === undefined ? [] : [`Security scan: ${scan.score} of 100 points.`]),
    `Own tests: ${tests}.`,
    ...(performance === undefined
      ? []
      : [
          `Performance: ${performance.verdict}, median ${performance.p50Us} µs, 95th percentile ${performance.p95Us} µs.`,
        ]),
    ...compatibility.map(
      ({ engine, version, loads, tests }) =>
        `${engine} ${version}: ${loads ? `loads, tests ${tests}` : 'does not load'}.`,
    ),
  ];
}
