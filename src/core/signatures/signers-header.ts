import { formatInstant, type Instant, parseInstant } from '../instant.ts';
import type { NumberedLine, Report } from './header-lines.ts';

/** The two kinds of signers files. */
export type SignersKind = 'root' | 'owner';

/** What a signers file states before its signers. */
export interface SignersHeader {
  readonly kind: SignersKind;
  readonly registry: string;
  /** Owner files only: whose keys these are. */
  readonly owner?: string;
  /** Grows by one with each file of the chain, from 1. */
  readonly version: number;
  /** Root files only, from 1: the series of checkpoints that its keys sign. 0 in an owner file. */
  readonly epoch: number;
  /** How many distinct keys must sign together. */
  readonly threshold: number;
  /** Root files only. */
  readonly expires?: Instant;
}

const TITLES: Readonly<Record<SignersKind, string>> = {
  root: '#@ sheaf-root/1',
  owner: '#@ sheaf-owner/1',
};

/** The line of the threshold, for the finding about one that cannot be reached; the same in both kinds. */
export const THRESHOLD_LINE = 5;

/**
 * Reads the lines of a header: every field that the kind has, once, in the order of {@link formatHeader}, and
 * no other. Undefined after reporting what is wrong. To OpenSSH all of it is comment.
 */
export function readHeader(lines: readonly NumberedLine[], report: Report): SignersHeader | undefined {
  const [title = { text: '', number: 1 }, ...fields] = lines;
  const kind = (['root', 'owner'] as const).find((kind) => title.text === TITLES[kind]);
  if (kind === undefined) {
    const message = 'The file does not begin with the first line of a root or owner file.';
    return report('header', title, 1, message, `Begin with "${TITLES.root}" or "${TITLES.owner}".`);
  }

  let position = 0;
  const take = <T>(name: string, read: (text: string) => T | undefined, form: string): T | undefined => {
    const line = fields[position++] ?? { text: '', number: position + 1 };
    const start = `#@ ${name} `;
    const fix = `Write "${start}${form}".`;
    if (!line.text.startsWith(start)) {
      return report('header', line, 1, `The header does not state the ${name} here.`, fix);
    }
    const text = line.text.slice(start.length);
    const message = `${JSON.stringify(text)} cannot stand for the ${name}.`;
    return read(text) ?? report('header', line, start.length + 1, message, fix);
  };
  const registry = take('registry', readId, 'ID');
  const owner = kind === 'owner' ? take('owner', readId, 'ID') : undefined;
  const version = take('version', readCount, 'NUMBER');
  const epoch = kind === 'root' ? take('epoch', readCount, 'NUMBER') : 0;
  const threshold = take('threshold', readCount, 'NUMBER');
  const expires = kind === 'root' ? take('expires', parseInstant, '2027-01-31T00:00:00Z') : undefined;

  const surplus = fields[position];
  if (surplus !== undefined) {
    return report('header', surplus, 1, 'The header has a line too many.', 'Remove the line.');
  }
  if (registry === undefined || version === undefined || epoch === undefined || threshold === undefined) {
    return undefined;
  }
  const base = { kind, registry, version, epoch, threshold };
  if (kind === 'root') return expires === undefined ? undefined : { ...base, expires };
  return owner === undefined ? undefined : { ...base, owner };
}

/** Writes the lines that {@link readHeader} reads. */
export function formatHeader(header: SignersHeader): readonly string[] {
  const { kind, registry, owner, version, epoch, threshold, expires } = header;
  return [
    TITLES[kind],
    `#@ registry ${registry}`,
    ...(owner === undefined ? [] : [`#@ owner ${owner}`]),
    `#@ version ${version}`,
    ...(kind === 'root' ? [`#@ epoch ${epoch}`] : []),
    `#@ threshold ${threshold}`,
    ...(expires === undefined ? [] : [`#@ expires ${formatInstant(expires)}`]),
  ];
}

/** The id of a registry or an owner: also the name of a directory. */
function readId(text: string): string | undefined {
  return text.length <= 64 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) ? text : undefined;
}

/** A count from 1, in the one way of writing it. */
function readCount(text: string): number | undefined {
  return /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined;
}
