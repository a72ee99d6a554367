import type { Path, SourceDocument } from '../documents/source-text.ts';
import type { Finding } from '../finding.ts';
import { quote } from '../text.ts';
import { isMapping } from './yaml-document.ts';

/** Takes one mapping apart, key by key, and remembers where a finding belongs. */
export class MappingReader {
  readonly #document: SourceDocument;
  readonly #findings: Finding[];
  readonly #path: Path;
  readonly #value: Readonly<Record<string, unknown>>;

  constructor(
    document: SourceDocument,
    findings: Finding[],
    path: Path,
    value: Readonly<Record<string, unknown>>,
  ) {
    this.#document = document;
    this.#findings = findings;
    this.#path = path;
    this.#value = value;
  }

  /** Whether the key is there with a value: without one it counts as absent, as `null` does for krew. */
  has(key: string): boolean {
    return Object.hasOwn(this.#value, key) && this.#value[key] !== '';
  }

  text(key: string): string {
    const value = this.optionalText(key);
    if (value === undefined) this.error(key, 'missing-key', `The key ${key} is missing.`);
    return value ?? '';
  }

  optionalText(key: string): string | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#value[key];
    if (typeof value === 'string') return value;
    this.error(key, 'type', `${key} is not a text.`);
    return undefined;
  }

  textList(key: string): readonly string[] {
    const list = this.has(key) ? this.#value[key] : [];
    if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) return list;
    this.error(key, 'type', `${key} is not a list of texts.`);
    return [];
  }

  mapping(key: string): MappingReader {
    if (!this.has(key)) this.error(key, 'missing-key', `The key ${key} is missing.`);
    return this.optionalMapping(key) ?? this.#at([key], {});
  }

  optionalMapping(key: string): MappingReader | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#value[key];
    if (isMapping(value)) return this.#at([key], value);
    this.error(key, 'type', `${key} is not a mapping.`);
    return undefined;
  }

  mappings(key: string): readonly MappingReader[] {
    const list = this.has(key) ? this.#value[key] : [];
    if (Array.isArray(list) && list.every(isMapping)) {
      return list.map((entry, index) => this.#at([key, index], entry));
    }
    this.error(key, 'type', `${key} is not a list of mappings.`);
    return [];
  }

  /** All entries; every value must be a text. */
  texts(): Readonly<Record<string, string>> {
    const entries = Object.keys(this.#value).map((key) => [key, this.optionalText(key) ?? ''] as const);
    return Object.fromEntries(entries);
  }

  /** Warns about every other key. */
  onlyKeys(...known: readonly string[]): void {
    for (const key of Object.keys(this.#value)) {
      if (known.includes(key)) continue;
      this.#report(
        key,
        'unknown-key',
        'warning',
        `The key ${quote(key)} has no meaning here; it was left out.`,
      );
    }
  }

  error(key: string, rule: string, message: string): void {
    this.#report(key, rule, 'error', message);
  }

  #report(key: string, rule: string, severity: Finding['severity'], message: string): void {
    const place = this.#document.place([...this.#path, key]);
    this.#findings.push({ rule, severity, place, message });
  }

  #at(path: Path, value: Readonly<Record<string, unknown>>): MappingReader {
    return new MappingReader(this.#document, this.#findings, [...this.#path, ...path], value);
  }
}
