import { type Instant, parseInstant } from '../instant.ts';
import { quote } from '../text.ts';
import type { Report } from './file-reading.ts';
import type { Path } from './source-text.ts';

/** The moment that a text means; reports dates that no calendar has, and then the value is withheld anyway. */
export function judgeInstant(path: Path, text: string, report: Report): Instant {
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  report(
    path,
    'date',
    `${quote(text)} is not a date and time of the calendar.`,
    'Write it in UTC with whole seconds, such as 2026-11-20T09:30:00Z.',
  );
  return 0;
}
