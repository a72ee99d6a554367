import { type Reading, valueOf } from '../finding.ts';
import type { CheckpointId } from '../index/checkpoint.ts';
import { LIMITS } from '../limits.ts';
import { type NumberedLine, type Report, readLines, reporter, writeLines } from './header-lines.ts';
import { readKey } from './key-line.ts';
import { formatPublicKey, type SshPublicKey } from './ssh-key.ts';

/** A key that is no longer trusted. */
export interface RevokedKey {
  readonly key: SshPublicKey;
  /** Releases that were published before this checkpoint keep their trust; without it, none does. */
  readonly from?: CheckpointId;
  /** Printable ASCII, at most 200 characters. */
  readonly reason?: string;
}

type About = Omit<RevokedKey, 'key'>;

const TITLE = '#@ sheaf-revoked/1';
const FROM = '#@ from ';
const REASON = '#@ reason ';
const REASON_LENGTH = 200;

/**
 * Reads the revocation file: the title line, then for every key one line `KEYTYPE BASE64`, before it at most
 * one `#@ from EPOCH-VERSION` and at most one `#@ reason TEXT`, in this order.
 *
 * It is a plain key list, so `ssh-keygen -Y verify -r` reads it too. There a listed key is refused whatever
 * its `from`: OpenSSH knows no checkpoints, and the stricter answer is the safe one.
 *
 * @param file the name that findings carry; all findings are errors.
 */
export function readRevoked(bytes: Uint8Array, file: string): Reading<RevokedKey[]> {
  const lines = readLines(bytes, file, LIMITS.revokedBytes);
  if (lines.value === undefined) return lines;
  const { findings, report } = reporter(file);
  const value = readEntries(lines.value, report);
  return findings.length > 0 ? { value: undefined, findings } : { value, findings };
}

/**
 * Writes the revocation file as {@link readRevoked} reads it, keys in the order given.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` when it would not be read back.
 */
export function writeRevoked(keys: readonly RevokedKey[]): Uint8Array {
  const lines = keys.flatMap(({ key, from, reason }) => [
    ...(from === undefined ? [] : [`${FROM}${from.epoch}-${from.version}`]),
    ...(reason === undefined ? [] : [`${REASON}${reason}`]),
    formatPublicKey(key),
  ]);
  const bytes = writeLines([TITLE, ...lines], 'revoked');
  valueOf(readRevoked(bytes, 'revoked'));
  return bytes;
}

function readEntries(lines: readonly NumberedLine[], report: Report): RevokedKey[] {
  const [title = { text: '', number: 1 }, ...rest] = lines;
  if (title.text !== TITLE) {
    report('header', title, 1, 'The file does not begin with its first line.', `Begin with "${TITLE}".`);
    return [];
  }
  const keys: RevokedKey[] = [];
  const seen = new Set<string>();
  let about: About = {};
  for (const line of rest) {
    if (line.text.startsWith('#')) {
      about = readAbout(line, about, report);
      continue;
    }
    const key = readKey(line.text, 1, line, report);
    if (key !== undefined) {
      if (seen.has(line.text)) {
        report('duplicate-key', line, 1, 'The key is listed twice.', 'Keep the entry that revokes more.');
      }
      seen.add(line.text);
      keys.push({ key, ...about });
    }
    about = {};
  }
  const last = rest.at(-1);
  if (last?.text.startsWith('#')) {
    report('revoked-line', last, 1, 'No key follows this line.', 'Write KEYTYPE BASE64 in the next line.');
  }
  return keys;
}

/** What is known about the key that follows, with one more line read. */
function readAbout(line: NumberedLine, before: About, report: Report): About {
  if (line.text.startsWith(FROM) && before.from === undefined && before.reason === undefined) {
    const match = /^([1-9][0-9]{0,8})-([1-9][0-9]{0,8})$/.exec(line.text.slice(FROM.length));
    if (match !== null) return { from: { epoch: Number(match[1]), version: Number(match[2]) } };
    report('revoked-line', line, FROM.length + 1, 'This names no checkpoint.', 'Write EPOCH-VERSION.');
    return before;
  }
  if (line.text.startsWith(REASON) && before.reason === undefined) {
    const reason = line.text.slice(REASON.length);
    if (reason.length <= REASON_LENGTH) return { ...before, reason };
    const message = `The reason has ${reason.length} characters; at most ${REASON_LENGTH} are allowed.`;
    report('revoked-line', line, REASON.length + 1, message, 'Shorten it.');
    return before;
  }
  const fix = `Before a key, write "${FROM}EPOCH-VERSION" and then "${REASON}TEXT", each at most once.`;
  report('revoked-line', line, 1, 'The line is not allowed here.', fix);
  return before;
}
