import { parse, TomlDate, TomlError } from 'smol-toml';
import type { Finding, Place, Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { quote, uncleanCharacter } from '../text.ts';
import {
  type Path,
  readSourceText,
  type SourceDocument,
  type SourceText,
  uncleanFinding,
} from './source-text.ts';
import { tomlPlaces } from './toml-places.ts';

/** A parsed TOML file that still knows where everything in it stands. Dates are text, as RFC 3339 writes them. */
export type TomlDocument = SourceDocument;

/**
 * Parses TOML 1.0 from bytes. Stricter than the language where files are signed or shown: UTF-8 without byte
 * order mark, LF line ends, clean Unicode also behind escapes, bounded size and depth, and no key that could
 * reach a prototype.
 */
export function parseToml(
  bytes: Uint8Array,
  file: string,
  options: { readonly maxBytes?: number } = {},
): Reading<TomlDocument> {
  const { source, findings } = readSourceText(bytes, file, options.maxBytes ?? LIMITS.textFileBytes);
  if (source === undefined || findings.length > 0) return { value: undefined, findings };
  let value: Record<string, unknown>;
  try {
    value = parse(source.text, { unsafeKeyBehaviour: 'throw', maxDepth: LIMITS.textFileDepth });
  } catch (error) {
    if (error instanceof TomlError) return { value: undefined, findings: [syntaxFinding(error, file)] };
    throw error;
  }
  const document = tomlDocument(source, value);
  const contents = judgeContents(document, source.text.includes('\\'));
  return contents.length > 0 ? { value: undefined, findings: contents } : { value: document, findings: [] };
}

function tomlDocument(source: SourceText, value: Record<string, unknown>): TomlDocument {
  // The scan costs as much as the parse and only errors need it.
  let places: ((path: Path) => number) | undefined;
  return {
    file: source.file,
    value,
    place(path) {
      places ??= tomlPlaces(source.text);
      return source.placeAt(places(path));
    },
  };
}

/**
 * Looks at every key and text after unescaping (`"\u001b"` is as bad as the byte), writes dates as text, and
 * refuses depths that later recursion could not take: dotted keys nest without any bracket.
 *
 * @param hasEscapes without any, all texts are pieces of a text that was found clean.
 */
function judgeContents(document: TomlDocument, hasEscapes: boolean): readonly Finding[] {
  const findings: Finding[] = [];
  // Of the table that is being looked at; one list for all, because an index build looks at millions of them.
  const path: string[] = [];
  const judge = (text: string): void => {
    if (uncleanCharacter(text) !== undefined) findings.push(uncleanFinding(document.place(path), text));
  };
  const visit = (holder: Record<string, unknown>): boolean => {
    if (path.length > LIMITS.textFileDepth) return false;
    for (const key of Object.keys(holder)) {
      const value = holder[key];
      path.push(key);
      if (hasEscapes) judge(key);
      if (typeof value === 'string') {
        if (hasEscapes) judge(value);
      } else if (value instanceof TomlDate) {
        holder[key] = value.toISOString().replace(/\.000(?=Z|[+-]|$)/, '');
      } else if (typeof value === 'object' && value !== null) {
        if (!visit(value as Record<string, unknown>)) return false;
      }
      path.pop();
    }
    return true;
  };
  return visit(document.value) ? findings.slice(0, LIMITS.findingsPerFile) : [tooDeep(document.place(path))];
}

function tooDeep(place: Place): Finding {
  return {
    rule: 'toml-depth',
    severity: 'error',
    place,
    message: `Tables and lists are nested more than ${LIMITS.textFileDepth} deep.`,
    fix: 'Write it flatter.',
  };
}

function syntaxFinding(error: TomlError, file: string): Finding {
  // The parser's message continues with a drawing of the source after its first line.
  const reason = (error.message.split('\n')[0] ?? '').replace(/^Invalid TOML document: /, '');
  const place = { file, line: error.line, column: error.column };
  if (reason.includes('redefine')) {
    return {
      rule: 'duplicate-key',
      severity: 'error',
      place,
      message: 'The key or table was already defined above.',
      fix: 'Write every key and every table once.',
    };
  }
  if (reason.includes('unsafe property')) {
    return {
      rule: 'unsafe-key',
      severity: 'error',
      place,
      message: 'Keys named "__proto__" or "constructor" are not allowed.',
      fix: 'Rename the key.',
    };
  }
  return {
    rule: 'toml-syntax',
    severity: 'error',
    place,
    message: `The file is not valid TOML: ${quote(reason).slice(1, -1)}.`,
    fix: 'Write one `key = value` on a line, text in double quotes, and [table] headings on lines of their own.',
  };
}
