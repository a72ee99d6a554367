import { SheafError } from '../errors.ts';
import type { NumberedLine, Report } from './header-lines.ts';
import { formatPublicKey, parsePublicKey, type SshPublicKey } from './ssh-key.ts';

/**
 * Reads `TYPE BASE64` and nothing after it, found at a column of a line; undefined after reporting why it is no
 * usable key.
 */
export function readKey(
  text: string,
  column: number,
  line: NumberedLine,
  report: Report,
): SshPublicKey | undefined {
  try {
    const key = parsePublicKey(text);
    if (formatPublicKey(key) === text) return key;
    return report('public-key', line, column, 'Something follows the key.', 'End the line after the key.');
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    return report('public-key', line, column, error.message, error.hint ?? 'Write another key.');
  }
}
