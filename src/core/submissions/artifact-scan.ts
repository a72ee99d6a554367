import { type ScanReport, scanPlugin } from '../scanning/score.ts';
import { quote } from '../text.ts';
import type { JudgedRelease, OpenedArtifact } from './release-rule.ts';

/** Scanned once for all rules: it takes seconds for a large archive. */
const SCANS = new WeakMap<OpenedArtifact['files'], ScanReport>();

/** The security scan of an artifact. */
export function scanOf(
  { change: { advisories }, release: { manifest } }: Pick<JudgedRelease, 'change' | 'release'>,
  { artifact: { platform }, files }: OpenedArtifact,
): ScanReport {
  const known = SCANS.get(files);
  if (known !== undefined) return known;
  const report = scanPlugin(manifest, files, (path) => path, { advisories, platform });
  SCANS.set(files, report);
  return report;
}

/** Where in an artifact something was found, for a message about the manifest that names it. */
export function whereFound({ place }: ScanReport['findings'][number], { title }: OpenedArtifact): string {
  const line = place.line === undefined ? '' : `, line ${place.line}`;
  return `${quote(place.file)} in ${title}${line}`;
}
