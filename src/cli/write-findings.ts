import { randomUUID } from 'node:crypto';
import { SheafError } from '../core/errors.ts';
import { annotationLines } from '../core/findings/annotations.ts';
import type { FindingReport } from '../core/findings/finding-report.ts';
import { writeFindingFiles } from '../ops/findings/write-finding-files.ts';
import { connectAuthor } from '../wiring/author.ts';
import { sheafVersion } from '../wiring/version.ts';
import type { Call } from './call.ts';
import type { Line } from './render/line.ts';

/** Adds to the lines for people what a forge reads. */
export type Annotate = (lines: readonly Line[]) => readonly Line[];

/**
 * Writes a report wherever the options of `table/finding-options.ts` and the environment of a job ask for it; to be
 * called whether or not the check passed.
 *
 * @throws SheafError `SHEAF_USAGE` for annotations beside JSON; as `NamedFiles` for a file that cannot be written.
 */
export async function writeFindings(call: Call, report: FindingReport): Promise<Annotate> {
  const wantsAnnotations = call.flag('annotations');
  if (wantsAnnotations && call.global.json) {
    throw new SheafError('SHEAF_USAGE', '--annotations and --json cannot share standard output.', {
      hint: 'Leave one of them out; --sarif writes findings for machines into a file.',
    });
  }
  const [summary, sarif, codeQuality] = [
    call.value('summary') ?? call.environment['GITHUB_STEP_SUMMARY'],
    call.value('sarif'),
    call.value('code-quality'),
  ];
  await writeFindingFiles(
    connectAuthor(call),
    report,
    {
      ...(summary === undefined || summary === '' ? {} : { summary }),
      ...(sarif === undefined ? {} : { sarif }),
      ...(codeQuality === undefined ? {} : { codeQuality }),
    },
    sheafVersion(),
  );
  const annotates = wantsAnnotations || call.environment['GITHUB_ACTIONS'] === 'true';
  return annotates ? (lines) => withAnnotations(lines, report) : (lines) => lines;
}

/**
 * The lines for people quote what plugins say, and a runner takes commands from anywhere in a line (`##[…]`): it is
 * told to take none until it hears a word that nobody could know beforehand.
 */
function withAnnotations(lines: readonly Line[], report: FindingReport): readonly Line[] {
  const word = randomUUID();
  return [`::stop-commands::${word}`, ...lines, `::${word}::`, ...annotationLines(report)];
}
