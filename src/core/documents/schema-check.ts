import { closest } from '../did-you-mean.ts';
import type { Finding } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { quote } from '../text.ts';
import type { Path, SourceDocument } from './source-text.ts';

/** What ajv's generated validators say about one violation (ajv 8 `ErrorObject`, with `verbose`). */
export interface SchemaError {
  readonly keyword: string;
  /** JSON Pointer (RFC 6901) to the offending value. */
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
  /** The key that is judged, inside `propertyNames`. */
  readonly propertyName?: string;
  readonly schema?: unknown;
  readonly parentSchema?: Readonly<Record<string, unknown>>;
  readonly data?: unknown;
}

/** A validator compiled from one file of `schemas/`; its findings of the last call hang on it. */
export interface Validate {
  (data: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

/**
 * Validates a document against a compiled JSON Schema (2020-12) and says in sentences, each at its line and
 * column and with what to write instead, what does not fit. Sorted by place; at most 100.
 */
export function checkSchema(document: SourceDocument, validate: Validate): Finding[] {
  if (validate(document.value)) return [];
  // What follows compares errors with each other, so a hostile file must not bring tens of thousands.
  const errors = withPropertyNames((validate.errors ?? []).slice(0, 10 * LIMITS.findingsPerFile));
  const findings = withoutEchoes(errors).map((error) => findingOf(document, error));
  return withoutRepeats(findings).toSorted(byPlace).slice(0, LIMITS.findingsPerFile);
}

function byPlace({ place: a }: Finding, { place: b }: Finding): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** How a message names a place in a document: `plugin.name`, `artifact[0].url`, `[]` for the whole. */
export function formatPath(path: Path): string {
  const text = path
    .map((part, index) => {
      if (/^\d+$/.test(String(part)) && index > 0) return `[${part}]`;
      const key = /^[A-Za-z0-9_-]+$/.test(String(part)) ? String(part) : quote(String(part));
      return index === 0 ? key : `.${key}`;
    })
    .join('');
  return text === '' ? 'the file' : text;
}

/**
 * Drops errors that only repeat others: `if` and `propertyNames` next to what they contain, and of a choice
 * (`anyOf`, `oneOf`) either the deep error of the branch that was meant or the choice as a whole.
 */
function withoutEchoes(errors: readonly SchemaError[]): readonly SchemaError[] {
  const choices = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  return errors.filter((error) => {
    if (error.keyword === 'if' || error.keyword === 'propertyNames') return false;
    const choice = choices.find((other) => other.instancePath === error.instancePath);
    if (choice === undefined) return true;
    const isDeep = errors.some((other) => other.instancePath.startsWith(`${error.instancePath}/`));
    return error === choice && !isDeep;
  });
}

/**
 * Marks the errors that judge a key: where `propertyNames` refers to another schema, ajv reports only the
 * key's text as `data`, at the path of the table. A table's own errors never have text as `data`.
 */
function withPropertyNames(errors: readonly SchemaError[]): readonly SchemaError[] {
  const judged = new Set(
    errors
      .filter((error) => error.keyword === 'propertyNames')
      .map((error) => `${error.instancePath} ${String(error.params.propertyName)}`),
  );
  return errors.map((error) =>
    typeof error.data === 'string' && judged.has(`${error.instancePath} ${error.data}`)
      ? Object.assign({}, error, { propertyName: error.data })
      : error,
  );
}

/** Every sentence once at a place: a key that is both too long and malformed is one bad key. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ message, place }) => {
    const key = `${place.line} ${place.column} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function findingOf(document: SourceDocument, error: SchemaError): Finding {
  const parts = error.instancePath.split('/').slice(1);
  const path = parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const at = keyOf(error) === undefined ? path : [...path, keyOf(error) ?? ''];
  return { severity: 'error', place: document.place(at), ...judge(error, path) };
}

/** The key that an error is about, when it is about a key and not about a value. */
function keyOf(error: SchemaError): string | undefined {
  const key = error.params.additionalProperty ?? error.params.unevaluatedProperty ?? error.propertyName;
  return typeof key === 'string' ? key : undefined;
}

type Judgement = Pick<Finding, 'rule' | 'message' | 'fix'>;

function judge(error: SchemaError, path: Path): Judgement {
  if (error.propertyName !== undefined) return badKey(error, error.propertyName, path);
  const name = formatPath(path);
  const limit = String(error.params.limit);
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownKey(error, path);
    case 'required':
      return missingKey(error, String(error.params.missingProperty), path);
    case 'dependentRequired':
      return missingKey(error, String(error.params.missingProperty), path, String(error.params.property));
    case 'type':
      return {
        rule: 'wrong-type',
        message: `${name} is ${typeName(error.data)}, but must be ${wantedTypes(error.params.type)}.`,
        fix: fixFrom(error, `Write ${wantedTypes(error.params.type)}.`),
      };
    case 'enum':
      return badChoice(error, name, error.params.allowedValues);
    case 'const':
      return badChoice(error, name, [error.params.allowedValue]);
    case 'pattern':
    case 'format':
      return {
        rule: 'bad-value',
        message: `${name} is ${show(error.data)}, which has not the form it needs.`,
        fix: fixFrom(error, 'Write it in the form that the schema describes.'),
      };
    case 'minLength':
      return {
        rule: 'too-short',
        message: `${name} is shorter than ${counted(error.params.limit, 'character')}.`,
        fix: fixFrom(error, 'Write more, or leave the key out.'),
      };
    case 'maxLength':
      return {
        rule: 'too-long',
        message: `${name} has more than ${counted(error.params.limit, 'character')}.`,
        fix: `Shorten it to ${counted(error.params.limit, 'character')}.`,
      };
    case 'minimum':
    case 'exclusiveMinimum':
    case 'maximum':
    case 'exclusiveMaximum':
      return {
        rule: 'out-of-range',
        message: `${name} is ${show(error.data)}, but must be ${String(error.params.comparison)} ${limit}.`,
        fix: fixFrom(error, `Write a number ${String(error.params.comparison)} ${limit}.`),
      };
    case 'minItems':
    case 'minProperties':
      return {
        rule: 'too-few',
        message: `${name} has fewer than ${counted(error.params.limit, 'entry')}.`,
        fix: fixFrom(error, `Write at least ${limit}.`),
      };
    case 'maxItems':
    case 'maxProperties':
      return {
        rule: 'too-many',
        message: `${name} has more than ${counted(error.params.limit, 'entry')}.`,
        fix: `Keep at most ${limit}.`,
      };
    case 'uniqueItems':
      return {
        rule: 'duplicate-entry',
        message: `${name} has the same entry twice, at positions ${positions(error.params)}.`,
        fix: 'Keep one of them.',
      };
    case 'anyOf':
    case 'oneOf':
      return {
        rule: 'bad-value',
        message: `${name} fits none of the forms that are allowed here.`,
        fix: fixFrom(error, 'Write it in one of the forms that the schema describes.'),
      };
    default:
      return {
        rule: 'bad-value',
        message: `${name} is not allowed as it is: it ${error.message ?? `violates "${error.keyword}"`}.`,
        fix: fixFrom(error, 'Write it as the schema describes.'),
      };
  }
}

function unknownKey(error: SchemaError, path: Path): Judgement {
  const key = keyOf(error) ?? '';
  const known = Object.keys(record(error.parentSchema?.properties));
  const meant = closest(key, known);
  const where = path.length === 0 ? '' : ` in ${formatPath(path)}`;
  return {
    rule: 'unknown-key',
    message: `The key ${quote(key)} is not known${where}.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
    fix:
      meant === undefined
        ? `Remove it; ${known.length === 0 ? 'no keys are allowed here' : `allowed here: ${known.join(', ')}`}.`
        : `Write ${meant} instead of ${quote(key)}.`,
  };
}

function missingKey(error: SchemaError, key: string, path: Path, because?: string): Judgement {
  const description = record(record(error.parentSchema?.properties)[key]).description;
  const where = path.length === 0 ? 'The file' : formatPath(path);
  const condition = because === undefined ? '' : `, which ${quote(because)} needs`;
  return {
    rule: 'missing-key',
    message: `${where} lacks the key "${key}"${condition}.`,
    fix: typeof description === 'string' ? `Add ${key}: ${sentence(description)}` : `Add ${key}.`,
  };
}

function badKey(error: SchemaError, key: string, path: Path): Judgement {
  const where = path.length === 0 ? '' : ` in ${formatPath(path)}`;
  return {
    rule: 'bad-key',
    message: `The key ${quote(key)}${where} has not the form it needs.`,
    fix: fixFrom(error, 'Rename it.'),
  };
}

function badChoice(error: SchemaError, name: string, allowed: unknown): Judgement {
  const values = Array.isArray(allowed) ? allowed : [];
  const words = values.filter((value) => typeof value === 'string');
  const meant = typeof error.data === 'string' ? closest(error.data, words) : undefined;
  const list = values.map(show).join(', ');
  return {
    rule: 'bad-choice',
    message: `${name} is ${show(error.data)}, but must be ${values.length === 1 ? list : `one of ${list}`}.`,
    fix:
      meant === undefined
        ? `Write ${values.length === 1 ? list : `one of ${list}`}.`
        : `Write ${show(meant)}.`,
  };
}

/** The description of the violated schema says what belongs there, so it is the fix. */
function fixFrom(error: SchemaError, otherwise: string): string {
  const description = error.parentSchema?.description;
  return typeof description === 'string' ? `What belongs here: ${sentence(description)}` : otherwise;
}

function sentence(description: string): string {
  return description.endsWith('.') ? description : `${description}.`;
}

function counted(limit: unknown, what: 'character' | 'entry'): string {
  if (limit === 1) return `1 ${what}`;
  return `${String(limit)} ${what === 'entry' ? 'entries' : 'characters'}`;
}

/** The two equal entries of a list, counted from 1. */
function positions({ i, j }: Readonly<Record<string, unknown>>): string {
  const [first = 0, second = 0] = [Number(i), Number(j)].toSorted((a, b) => a - b);
  return `${first + 1} and ${second + 1}`;
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function show(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeName(value);
}

const TYPE_NAMES: ReadonlyMap<unknown, string> = new Map([
  ['string', 'text in quotes'],
  ['integer', 'a whole number'],
  ['number', 'a number'],
  ['boolean', 'true or false'],
  ['object', 'a table'],
  ['array', 'a list'],
  ['null', 'null'],
]);

function wantedTypes(type: unknown): string {
  const types = Array.isArray(type) ? type : [type];
  return types.map((name) => TYPE_NAMES.get(name) ?? String(name)).join(' or ');
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return `the text ${quote(value)}`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return 'a table';
}
