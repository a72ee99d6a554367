import { closest } from '../../core/did-you-mean.ts';
import { ERROR_MEANINGS, type ErrorCode, SheafError } from '../../core/errors.ts';
import { quote } from '../../core/text.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { ADVICE } from '../explain.ts';
import { bold } from '../render/line.ts';
import { definitionLines, wrap } from '../render/table.ts';

const CODES: readonly ErrorCode[] = Object.keys(ERROR_MEANINGS).filter(isErrorCode);

export function run(call: Call): Promise<Outcome> {
  const [text] = call.arguments;
  return Promise.resolve(text === undefined ? listCodes(call) : explainCode(findCode(text), call));
}

function listCodes(call: Call): Outcome {
  return {
    data: { codes: CODES.map(describe) },
    lines: () =>
      definitionLines(
        CODES.map((code) => [[bold(code)], ERROR_MEANINGS[code]]),
        call.columns ?? 100,
      ),
  };
}

function explainCode(code: ErrorCode, call: Call): Outcome {
  const columns = call.columns ?? 100;
  return {
    data: { codes: [describe(code)] },
    lines: () => [
      [bold(code)],
      ...wrap(ERROR_MEANINGS[code], columns),
      '',
      ...wrap(ADVICE[code], columns),
      '',
      `Exit status ${EXIT_STATUS[code]}.`,
    ],
  };
}

function describe(code: ErrorCode): Record<string, unknown> {
  return { code, meaning: ERROR_MEANINGS[code], advice: ADVICE[code], exitStatus: EXIT_STATUS[code] };
}

/** The code as people type it: in any case, with or without the prefix. */
function findCode(text: string): ErrorCode {
  const name = text.toUpperCase().replaceAll('-', '_');
  const code = name.startsWith('SHEAF_') ? name : `SHEAF_${name}`;
  if (isErrorCode(code)) return code;
  const meant = closest(code, CODES);
  throw new SheafError('SHEAF_USAGE', `There is no error code ${quote(text)}.`, {
    hint: meant === undefined ? 'sheaf explain lists all codes.' : `Did you mean ${meant}?`,
  });
}

function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_MEANINGS, text);
}
