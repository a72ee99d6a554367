import { codeQualityReport } from '../../core/findings/code-quality.ts';
import type { FindingReport } from '../../core/findings/finding-report.ts';
import { markdownSummary } from '../../core/findings/markdown-summary.ts';
import { sarifLog } from '../../core/findings/sarif.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';

/** Where a report goes; absent means nowhere. */
export interface FindingFiles {
  /** Markdown, added to what the file holds: several steps of a job may share it. */
  readonly summary?: string;
  /** SARIF 2.1.0. */
  readonly sarif?: string;
  /** GitLab's code quality report. */
  readonly codeQuality?: string;
}

/**
 * Writes a report into files for machines.
 *
 * @param version of sheaf.
 * @throws SheafError as `NamedFiles`.
 */
export async function writeFindingFiles(
  { files }: { readonly files: Pick<NamedFiles, 'readIfExists' | 'write'> },
  report: FindingReport,
  { summary, sarif, codeQuality }: FindingFiles,
  version: string,
): Promise<void> {
  if (sarif !== undefined) await files.write(sarif, sarifLog(report, version));
  if (codeQuality !== undefined) await files.write(codeQuality, codeQualityReport(report));
  if (summary === undefined) return;
  const before = (await files.readIfExists(summary, LIMITS.jobSummaryBytes)) ?? new Uint8Array();
  const text = markdownSummary(report, LIMITS.jobSummaryBytes - before.byteLength);
  await files.write(summary, Buffer.concat([before, new TextEncoder().encode(text)]));
}
