import { SheafError } from '../core/errors.ts';
import { formatInstant, type Instant, parseInstant } from '../core/instant.ts';
import { quote } from '../core/text.ts';

/**
 * The moment that an option names.
 *
 * @param name of the option, with its hyphens.
 * @throws SheafError `SHEAF_USAGE`.
 */
export function instantValue(name: string, text: string): Instant {
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  throw new SheafError('SHEAF_USAGE', `${name} ${quote(text)} is not a date and time.`, {
    hint: `Write it in UTC with whole seconds, such as ${formatInstant(0)}.`,
  });
}
