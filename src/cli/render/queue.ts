import type { ReviewQueue } from '../../core/reviewing/review-queue.ts';
import { waitedFor } from '../../core/reviewing/waiting-time.ts';
import { bold, dim, type Line } from './line.ts';
import { tableLines } from './table.ts';

/** The open submissions of a registry, oldest first, with what happens with each. */
export function queueLines(
  { entries, generated }: ReviewQueue,
  columns: number | undefined,
): readonly Line[] {
  if (entries.length === 0) return [[dim('Nothing is waiting.')]];
  return tableLines(
    ['#', 'RELEASE', 'LANE', 'WAITING', 'ASK', ''],
    entries.map(({ submission, position, risk, merge, ask }) => [
      submission.id,
      bold(`${submission.plugin} ${submission.version}`),
      `${risk.lane} ${position}`,
      waitedFor(generated - submission.opened),
      ask.chosen.map(({ reviewer }) => reviewer).join(', '),
      merge.because,
    ]),
    columns,
  );
}
