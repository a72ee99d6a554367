import type { NumberedLine, Report } from './header-lines.ts';
import { readKey } from './key-line.ts';
import type { SignersKind } from './signers-header.ts';
import { formatPublicKey, type SshPublicKey } from './ssh-key.ts';
import { NAMESPACES, type Namespace } from './sshsig.ts';

/** One key of a signers file, who holds it, and what it may sign. */
export interface Signer {
  /** `[a-z0-9-]+`: part of the name of the files that hold this signer's signatures. */
  readonly principal: string;
  readonly namespaces: readonly Namespace[];
  readonly key: SshPublicKey;
}

/**
 * What a key may hold, by kind of file; one role, complete. The key in CI signs checkpoints and nothing else,
 * and a maintainer's key never lies in CI, so stealing one of them never gives the powers of the other.
 */
const ROLES: Readonly<Record<SignersKind, readonly (readonly Namespace[])[]>> = {
  root: [['root@sheaf', 'status@sheaf', 'recovery@sheaf'], ['checkpoint@sheaf']],
  owner: [['owner@sheaf', 'release@sheaf'], ['release@sheaf'], ['owner@sheaf']],
};

const PRINCIPAL = /^[a-z0-9-]{1,128}$/;
const FORM = 'PRINCIPAL namespaces="NAMESPACE,…" KEYTYPE BASE64';

/**
 * Reads one line of a signers file, `principal namespaces="a,b" keytype base64`: the part of OpenSSH's
 * `allowed_signers` form (ssh-keygen(1), ALLOWED SIGNERS) in which nothing is optional and nothing is a
 * pattern. Undefined after reporting what is wrong.
 */
export function readSignerLine(line: NumberedLine, kind: SignersKind, report: Report): Signer | undefined {
  const words = line.text.split(' ');
  const [principal = '', option = '', type = '', base64 = ''] = words;
  if (words.length !== 4 || words.includes('') || line.text.startsWith('#')) {
    return report('signer-line', line, 1, `The line does not have the form ${FORM}.`, `Write ${FORM}.`);
  }
  if (!PRINCIPAL.test(principal)) {
    const message = `${JSON.stringify(principal)} cannot name a signer.`;
    return report('principal', line, 1, message, 'Use lower-case letters, digits and hyphens.');
  }
  const optionColumn = principal.length + 2;
  const namespaces = readNamespaces(option, optionColumn, principal, line, kind, report);
  const key = readKey(`${type} ${base64}`, optionColumn + option.length + 1, line, report);
  return namespaces === undefined || key === undefined ? undefined : { principal, namespaces, key };
}

/** Writes the line that {@link readSignerLine} reads. */
export function formatSignerLine({ principal, namespaces, key }: Signer): string {
  return `${principal} namespaces="${namespaces.join(',')}" ${formatPublicKey(key)}`;
}

function readNamespaces(
  option: string,
  column: number,
  principal: string,
  line: NumberedLine,
  kind: SignersKind,
  report: Report,
): readonly Namespace[] | undefined {
  const list = /^namespaces="([^"]*)"$/.exec(option)?.[1]?.split(',');
  const allowed = ROLES[kind].map((role) => `namespaces="${role.join(',')}"`).join(' or ');
  if (list === undefined) {
    const message = `${JSON.stringify(option)} is not a list of namespaces.`;
    return report('namespaces', line, column, message, `Write ${allowed}.`);
  }
  const unknown = list.find((namespace) => !isNamespace(namespace));
  if (unknown !== undefined) {
    const message = `${JSON.stringify(unknown)} is not a namespace.`;
    return report('namespaces', line, column, message, `Write ${allowed}.`);
  }
  const role = ROLES[kind].find((role) => isSameSet(role, list));
  if (role === undefined) {
    const message = `The key of ${principal} may not hold ${list.join(' and ')} in a file of kind ${kind}.`;
    return report('one-role', line, column, message, `Write ${allowed}.`);
  }
  return list.filter(isNamespace);
}

function isNamespace(text: string): text is Namespace {
  return NAMESPACES.some((namespace) => namespace === text);
}

/** Whether the list names every member of the set once and nothing else. */
function isSameSet(set: readonly string[], list: readonly string[]): boolean {
  return set.length === list.length && set.every((member) => list.includes(member));
}
