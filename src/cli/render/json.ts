import type { SheafError } from '../../core/errors.ts';
import { formatPlace } from '../../core/finding.ts';

/** Grows when a field changes its meaning or goes away; new fields do not change it. */
const SCHEMA_VERSION = 1;

/** The one document of a command that worked. */
export function successDocument(
  data: Readonly<Record<string, unknown>>,
  warnings: readonly string[],
): string {
  return toText({ schemaVersion: SCHEMA_VERSION, ok: true, data, warnings });
}

/** The one document of a command that refused. `stack` only with --debug. */
export function failureDocument(error: SheafError, warnings: readonly string[], debug: boolean): string {
  return toText({
    schemaVersion: SCHEMA_VERSION,
    ok: false,
    error: {
      code: error.code,
      message: error.message,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
      ...(error.place === undefined ? {} : { place: error.place, at: formatPlace(error.place) }),
      details: error.details,
      ...(debug ? { stack: error.stack } : {}),
    },
    warnings,
  });
}

// JSON leaves DEL, C1 controls and bidi overrides as they are, and people look at JSON on terminals, too;
// unassigned and private-use characters need no escape there, but one rule is easier to trust than two.
const UNCLEAN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Pretty-printed JSON in which every character a terminal could obey is a `\u` escape (RFC 8259 §7). */
function toText(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2);
  return `${text.replace(UNCLEAN, (character) => (character === '\n' ? character : escapeUnits(character)))}\n`;
}

function escapeUnits(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
  ).join('');
}
