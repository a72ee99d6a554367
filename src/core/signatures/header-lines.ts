import { invalidFile } from '../errors.ts';
import type { Finding, Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';

/** A line of a file, without its line end, and its number from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly text: string;
}

/** Takes note of an error at a line and a column, both from 1. */
export type Report = (
  rule: string,
  line: NumberedLine,
  column: number,
  message: string,
  fix: string,
) => undefined;

/**
 * Splits a small ASCII file into lines: the form of root, owner and revocation files, which OpenSSH reads too.
 *
 * Only printable ASCII, LF after every line, no empty line and no space at either end: tabs, CR and NUL are
 * where OpenSSH's parser and another one could see different keys.
 *
 * @param maxBytes the largest size the file may have.
 */
export function readLines(bytes: Uint8Array, file: string, maxBytes: number): Reading<NumberedLine[]> {
  if (bytes.byteLength > maxBytes) {
    const message = `The file has ${bytes.byteLength} bytes; at most ${maxBytes} are allowed.`;
    const fix = 'Remove entries that are no longer needed.';
    return {
      value: undefined,
      findings: [{ rule: 'file-size', severity: 'error', place: { file }, message, fix }],
    };
  }
  const { findings, report } = reporter(file);
  const lines = Buffer.from(bytes)
    .toString('latin1')
    .split('\n')
    .map((text, index) => ({ text, number: index + 1 }));
  const last = lines.pop();
  if (last !== undefined && last.text !== '') {
    report(
      'line-end',
      last,
      last.text.length + 1,
      'The last line has no line feed.',
      'End it with a line feed.',
    );
  }
  for (const line of lines) judgeLine(line, report);
  return findings.length > 0 ? { value: undefined, findings } : { value: lines, findings };
}

/**
 * Writes lines as {@link readLines} reads them.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for a line that would not be read back as one: a line feed inside a
 *   reason must not become a line of its own.
 */
export function writeLines(lines: readonly string[], file: string): Uint8Array {
  const { findings, report } = reporter(file);
  for (const [index, text] of lines.entries()) judgeLine({ text, number: index + 1 }, report);
  if (findings.length > 0) throw invalidFile(findings);
  return new TextEncoder().encode(`${lines.join('\n')}\n`);
}

/** A list of findings in one file, all errors, and the function that adds to it. */
export function reporter(file: string): { readonly findings: readonly Finding[]; readonly report: Report } {
  const findings: Finding[] = [];
  return {
    findings,
    report(rule, line, column, message, fix) {
      if (findings.length >= LIMITS.findingsPerFile) return undefined;
      findings.push({ rule, severity: 'error', place: { file, line: line.number, column }, message, fix });
      return undefined;
    },
  };
}

function judgeLine(line: NumberedLine, report: Report): void {
  const { text } = line;
  const unclean = text.search(/[^\x20-\x7e]/);
  if (unclean >= 0) {
    const code = text.charCodeAt(unclean).toString(16).padStart(2, '0');
    const fix = 'Use printable ASCII, LF line ends, and one space between words.';
    report('plain-line', line, unclean + 1, `The line has the byte 0x${code}.`, fix);
  } else if (text === '') {
    report('plain-line', line, 1, 'The line is empty.', 'Remove it.');
  } else if (text.startsWith(' ')) {
    report('plain-line', line, 1, 'The line begins with a space.', 'Remove the space.');
  } else if (text.endsWith(' ')) {
    report('plain-line', line, text.length, 'The line ends with a space.', 'Remove the space.');
  }
}
