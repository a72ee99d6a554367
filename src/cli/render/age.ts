import { DAY, HOUR, MINUTE } from '../../core/instant.ts';
import { count } from './size.ts';

/** A span of time for people, in the largest unit that is full: `4 minutes`, `3 hours`, `12 days`. */
export function formatAge(milliseconds: number): string {
  if (milliseconds < MINUTE) return 'less than a minute';
  if (milliseconds < HOUR) return count(Math.floor(milliseconds / MINUTE), 'minute');
  if (milliseconds < DAY) return count(Math.floor(milliseconds / HOUR), 'hour');
  return count(Math.floor(milliseconds / DAY), 'day');
}
