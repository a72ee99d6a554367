/** A moment as milliseconds since 1970-01-01T00:00:00Z. Core never asks for the current one: it is given `now`. */
export type Instant = number;

export const SECOND = 1000;
export const MINUTE: number = 60 * SECOND;
export const HOUR: number = 60 * MINUTE;
export const DAY: number = 24 * HOUR;

/**
 * Reads the one timestamp form of sheaf's files, RFC 3339 in UTC with whole seconds: `2026-11-20T09:30:00Z`.
 * Undefined for anything else, impossible dates included.
 */
export function parseInstant(text: string): Instant | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) return undefined;
  const instant = Date.parse(text);
  return Number.isNaN(instant) || formatInstant(instant) !== text ? undefined : instant;
}

/** Writes an instant as {@link parseInstant} reads it; fractions of a second are dropped. */
export function formatInstant(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

/**
 * Reads a duration such as `7d`, `12h`, `90m` or `30s` into milliseconds; undefined for anything else.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  if (match === null) return undefined;
  const unit = { s: SECOND, m: MINUTE, h: HOUR, d: DAY }[match[2] as 's' | 'm' | 'h' | 'd'];
  return Number(match[1]) * unit;
}

/** Writes a duration as {@link parseDuration} reads it, in the largest unit that has no remainder. */
export function formatDuration(duration: number): string {
  const units = [
    ['d', DAY],
    ['h', HOUR],
    ['m', MINUTE],
  ] as const;
  const [letter, length] = units.find(([, unit]) => duration !== 0 && duration % unit === 0) ?? ['s', SECOND];
  return `${Math.trunc(duration / length)}${letter}`;
}
