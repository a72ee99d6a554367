import type { Downloads } from '../formats/audit-file.ts';
import { formatInstant, type Instant } from '../instant.ts';

/** The month of an instant, in UTC: `2026-11`. */
export function monthOf(instant: Instant): string {
  return formatInstant(instant).slice(0, 'YYYY-MM'.length);
}

/** The month before one: `2026-12` before `2027-01`. */
export function monthBefore(month: string): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  const [before, of] = number === 1 ? [12, year - 1] : [number - 1, year];
  return `${String(of).padStart(4, '0')}-${String(before).padStart(2, '0')}`;
}

/**
 * Downloads after a forge's counter was read: what is more than before belongs to the month of the reading. A
 * counter that fell, because a file was uploaded anew, takes nothing away and adds nothing until it has passed what
 * was counted. The first reading counts for its month only when the release is of that month: nobody knows when the
 * earlier ones were.
 *
 * @param published when the release was published.
 */
export function addReading(
  before: Downloads | undefined,
  counter: number,
  now: Instant,
  published: Instant,
): Downloads {
  const month = monthOf(now);
  if (before === undefined) {
    return {
      total: counter,
      months: monthOf(published) === month && counter > 0 ? { [month]: counter } : {},
    };
  }
  const more = counter - before.total;
  if (more <= 0) return before;
  return { total: counter, months: { ...before.months, [month]: (before.months[month] ?? 0) + more } };
}
