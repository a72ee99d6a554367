import { HOUR } from '../instant.ts';

/** How long somebody has been waiting, in milliseconds, as people say it: `5 h`, `3 days`. */
export function waitedFor(milliseconds: number): string {
  const hours = Math.floor(Math.max(0, milliseconds) / HOUR);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}
