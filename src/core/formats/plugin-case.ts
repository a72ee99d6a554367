import { baseName } from '../documents/file-reading.ts';
import { parseJsonDocument } from '../documents/json-document.ts';
import { checkSchema } from '../documents/schema-check.ts';
import type { SourceDocument } from '../documents/source-text.ts';
import type { Finding, Place, Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { validate as validateCase } from '../validators/plugin-case.generated.js';

/** What a capability answers in a case. */
export type HostReply =
  | { readonly ok: unknown }
  | { readonly error: { readonly code: string; readonly message: string } };

/** What a command has to answer: a value, or an error with this code; anything at all when nothing is said. */
export type Expectation =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'any' };

/** One call of a plugin's command. */
export interface PluginCase {
  readonly name: string;
  /** Where it is written. */
  readonly place: Place;
  readonly command: string;
  readonly input: unknown;
  /** Replies by `capability.function`, one a call in turn. */
  readonly host: Readonly<Record<string, readonly HostReply[]>>;
  readonly expectation: Expectation;
}

interface CaseJson {
  readonly name?: string;
  readonly command: string;
  readonly input: unknown;
  readonly host?: Readonly<Record<string, readonly HostReply[]>>;
  readonly expect?: unknown;
  readonly error?: string;
}

const LIST = 'cases';

/**
 * Reads a file of `tests/` or `bench/`: one case, or a list of them.
 *
 * @param options.mustExpect whether a case has to say what is expected, as tests do.
 */
export function readCases(
  bytes: Uint8Array,
  file: string,
  options: { readonly mustExpect: boolean },
): Reading<readonly PluginCase[]> {
  const bounds = { maxBytes: LIMITS.textFileBytes, maxDepth: LIMITS.protocolDepth, listKey: LIST };
  const parsed = parseJsonDocument(bytes, file, bounds);
  if (parsed.value === undefined) return { value: undefined, findings: parsed.findings };
  const documents = casesOf(parsed.value);
  const findings = documents.flatMap((document) => judge(document, options.mustExpect));
  if (findings.length > 0) return { value: undefined, findings };
  const plain = baseName(file).replace(/\.json$/, '');
  const value = documents.map((document, index) =>
    toCase(document, documents.length === 1 ? plain : `${plain} ${index + 1}`),
  );
  return { value, findings };
}

/** Each case as a document of its own, whose places are those of the file. */
function casesOf(document: SourceDocument): readonly SourceDocument[] {
  const list = document.value[LIST];
  if (!Array.isArray(list)) return [document];
  return list.map((value: Record<string, unknown>, index) => ({
    file: document.file,
    value,
    place: (path) => document.place([LIST, index, ...path]),
  }));
}

function judge(document: SourceDocument, mustExpect: boolean): readonly Finding[] {
  const violations = checkSchema(document, validateCase);
  if (violations.length > 0) return violations;
  const [expects, fails] = ['expect', 'error'].map((key) => Object.hasOwn(document.value, key));
  const place = document.place([]);
  if (expects && fails) {
    const message = 'The case expects both a value and an error.';
    return [{ rule: 'case-expectation', severity: 'error', place, message, fix: 'Keep one of the two.' }];
  }
  if (!mustExpect || expects || fails) return [];
  const message = 'The case does not say what it expects.';
  const fix = 'Add "expect" with the answer, or "error" with the code of an error.';
  return [{ rule: 'case-expectation', severity: 'error', place, message, fix }];
}

function toCase(document: SourceDocument, name: string): PluginCase {
  const json = document.value as unknown as CaseJson;
  return {
    name: json.name ?? name,
    place: document.place([]),
    command: json.command,
    input: json.input,
    host: json.host ?? {},
    expectation: expectationOf(json),
  };
}

function expectationOf(json: CaseJson): Expectation {
  if (json.error !== undefined) return { kind: 'error', code: json.error };
  return Object.hasOwn(json, 'expect') ? { kind: 'value', value: json.expect } : { kind: 'any' };
}
