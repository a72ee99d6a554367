import type { Finding, Reading, Severity } from '../finding.ts';
import { checkSchema, type Validate } from './schema-check.ts';
import type { Path, SourceDocument } from './source-text.ts';

/** Reports what a schema cannot say, at the place of a key. */
export type Report = (path: Path, rule: string, message: string, fix: string, severity?: Severity) => void;

/**
 * The steps that every file format shares: parsed, then checked against its schema, then converted. `convert`
 * runs only on a document that the schema accepts; the value is withheld as soon as one finding is an error.
 */
export function readDocument<T>(
  parsed: Reading<SourceDocument>,
  validate: Validate,
  convert: (document: SourceDocument, report: Report) => T,
): Reading<T> {
  const document = parsed.value;
  if (document === undefined) return { value: undefined, findings: parsed.findings };
  const violations = checkSchema(document, validate);
  if (violations.length > 0) return { value: undefined, findings: violations };
  const findings: Finding[] = [];
  const value = convert(document, (path, rule, message, fix, severity = 'error') => {
    findings.push({ rule, severity, place: document.place(path), message, fix });
  });
  const refused = findings.some((finding) => finding.severity === 'error');
  return refused ? { value: undefined, findings } : { value, findings };
}

/** The last component of a file's path. */
export function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
