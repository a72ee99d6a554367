import { LineCounter, parseAllDocuments } from 'yaml';
import type { SourceDocument } from '../documents/source-text.ts';
import type { Finding, Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { quote } from '../text.ts';

/** Aliases resolved in one file; more are an attempt to make a small file large ("billion laughs"). */
const ALIASES = 100;

/**
 * Parses one YAML 1.2 document of another ecosystem from bytes. Every scalar is text (the failsafe schema, YAML
 * 1.2.2 section 10.1), so that a version `1.10` stays what its author wrote; a key without a value has "".
 *
 * The top level must be a mapping. Unlike sheaf's own formats, line ends and invisible characters are not judged
 * here: nobody signed this file, and whoever takes text over cleans it.
 */
export function parseYaml(bytes: Uint8Array, file: string): Reading<SourceDocument> {
  const refuse = (rule: string, message: string, place: Finding['place'] = { file }) => ({
    value: undefined,
    findings: [{ rule, severity: 'error', place, message } as const],
  });
  if (bytes.byteLength > LIMITS.manifestBytes) {
    return refuse('file-size', `The file is longer than ${LIMITS.manifestBytes} bytes.`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse('utf-8', 'The file is not valid UTF-8.');
  }
  const lines = new LineCounter();
  const placeAt = (offset: number): Finding['place'] => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  try {
    const documents = parseAllDocuments(text, {
      schema: 'failsafe',
      lineCounter: lines,
      prettyErrors: false,
    });
    const [document, second] = [...documents];
    if (document === undefined) return refuse('yaml-syntax', 'The file is empty.');
    if (second !== undefined) return refuse('yaml-syntax', 'The file holds more than one YAML document.');
    const [error] = document.errors;
    if (error !== undefined) {
      const reason = quote(error.message).slice(1, -1);
      return refuse('yaml-syntax', `The file is not valid YAML: ${reason}.`, placeAt(error.pos[0]));
    }
    const value: unknown = document.toJS({ maxAliasCount: ALIASES });
    if (!isMapping(value)) return refuse('yaml-syntax', 'The file is no YAML mapping.');
    return {
      value: {
        file,
        value,
        place(path) {
          for (let depth = path.length; depth > 0; depth -= 1) {
            const node = document.getIn(path.slice(0, depth), true) as
              | { range?: readonly number[] }
              | undefined;
            const offset = node?.range?.[0];
            if (offset !== undefined) return placeAt(offset);
          }
          return { file };
        },
      },
      findings: [],
    };
  } catch (error) {
    // What the library throws in place of collecting it: too many aliases, or nesting that exhausts the stack.
    if (error instanceof ReferenceError || error instanceof RangeError) {
      return refuse('yaml-structure', 'The file is nested too deeply or has too many aliases.');
    }
    throw error;
  }
}

/** Whether a parsed value is a mapping. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
