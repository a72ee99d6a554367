import { SheafError } from '../errors.ts';
import { type Reading, valueOf } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { type NumberedLine, type Report, readLines, reporter, writeLines } from './header-lines.ts';
import { formatSignerLine, readSignerLine, type Signer } from './signer-line.ts';
import { formatHeader, readHeader, type SignersHeader, THRESHOLD_LINE } from './signers-header.ts';
import { fingerprint, type SshPublicKey, sameKey } from './ssh-key.ts';
import { type Namespace, signerOf } from './sshsig.ts';

export type { Signer };

/**
 * A root or owner file: which keys may sign what, and how many must sign its successor. It is a valid
 * `allowed_signers` file of OpenSSH under a header of comments, so `ssh-keygen -Y verify` sees the same keys.
 */
export interface SignersFile extends SignersHeader {
  readonly signers: readonly Signer[];
}

/** The namespace in which a file of each kind signs its successor. */
const SUCCESSION = { root: 'root@sheaf', owner: 'owner@sheaf' } as const;

/**
 * Reads a root or owner file: the header lines in their order, then one signer a line.
 *
 * Anything else is refused, also what OpenSSH would accept (patterns, tabs, options in capitals, comments), so
 * that both programs see the same keys. All findings are errors.
 *
 * @param file the name that findings carry.
 */
export function readSigners(bytes: Uint8Array, file: string): Reading<SignersFile> {
  const lines = readLines(bytes, file, LIMITS.signersBytes);
  if (lines.value === undefined) return lines;
  const { findings, report } = reporter(file);
  const firstSigner = lines.value.findIndex((line) => !line.text.startsWith('#@ '));
  const end = firstSigner < 0 ? lines.value.length : firstSigner;
  const header = readHeader(lines.value.slice(0, end), report);
  if (header === undefined) return { value: undefined, findings };
  const signers = readBody(header, lines.value.slice(end), report);
  return findings.length > 0 ? { value: undefined, findings } : { value: { ...header, signers }, findings };
}

/**
 * Writes a root or owner file as {@link readSigners} reads it, signers in the order given.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` when it would not be read back: nobody should sign such a file.
 */
export function writeSigners(file: SignersFile): Uint8Array {
  const name = `${file.version}.signers`;
  const bytes = writeLines([...formatHeader(file), ...file.signers.map(formatSignerLine)], name);
  valueOf(readSigners(bytes, name));
  return bytes;
}

function readBody(header: SignersHeader, lines: readonly NumberedLine[], report: Report): readonly Signer[] {
  const surplus = lines[LIMITS.signersPerFile];
  if (surplus !== undefined) {
    const message = `The file lists ${lines.length} signers; at most ${LIMITS.signersPerFile} are allowed.`;
    report('signer-count', surplus, 1, message, 'Remove signers.');
    return [];
  }
  const signers: Signer[] = [];
  for (const line of lines) {
    const signer = readSignerLine(line, header.kind, report);
    if (signer === undefined) continue;
    judgeSigner(signer, line, header, signers, report);
    signers.push(signer);
  }
  // A line that could not be read may be the one that the threshold counts on; its own finding is enough.
  if (signers.length === lines.length) judgeThreshold(header, signers, report);
  return signers;
}

function judgeSigner(
  { principal, key }: Signer,
  line: NumberedLine,
  { owner }: SignersHeader,
  before: readonly Signer[],
  report: Report,
): void {
  if (owner !== undefined && principal !== owner && !isLabelled(principal, owner)) {
    const message = `${principal} is not a signer of owner ${owner}.`;
    report('principal', line, 1, message, `Write ${owner} or ${owner}-LABEL.`);
  }
  if (before.some((other) => other.principal === principal)) {
    const fix = 'Give each key a name of its own.';
    report('duplicate-principal', line, 1, `${principal} is listed twice.`, fix);
  }
  const twin = before.find((other) => isSamePoint(other.key, key));
  if (twin !== undefined) {
    const message = `${principal} has the same key as ${twin.principal}.`;
    report('duplicate-key', line, 1, message, 'List every key once.');
  }
}

/** Whether the principal is `<owner>-<label>` with a label that is not empty. */
function isLabelled(principal: string, owner: string): boolean {
  return principal.startsWith(`${owner}-`) && principal.length > owner.length + 1;
}

function judgeThreshold(header: SignersHeader, signers: readonly Signer[], report: Report): void {
  const namespace = SUCCESSION[header.kind];
  const able = signers.filter((signer) => signer.namespaces.includes(namespace)).length;
  if (header.threshold <= able) return;
  const message = `The threshold is ${header.threshold}, and ${able} of the keys may sign the next file.`;
  const line = { number: THRESHOLD_LINE, text: '' };
  const fix = `Lower the threshold, or list more keys with the namespace ${namespace}.`;
  report('threshold', line, '#@ threshold '.length + 1, message, fix);
}

/**
 * Whether two keys have the same Ed25519 point. Stricter than `sameKey`: one seed can pose as a plain key and as
 * a security key of any application, and must still count once.
 */
function isSamePoint(a: SshPublicKey, b: SshPublicKey): boolean {
  return Buffer.compare(a.point, b.point) === 0;
}

/**
 * The signer of the file whose key made the signature, if it holds the namespace there.
 *
 * @param what names the message in the error: "checkpoint 1-42 of example-plugins".
 * @throws SheafError `SHEAF_SIGNATURE`.
 */
export function requireSigner(
  file: SignersFile,
  namespace: Namespace,
  message: Uint8Array,
  signature: Uint8Array,
  what: string,
): Signer {
  const key = signerOf(signature, namespace, message, what);
  const signer = file.signers.find((signer) => sameKey(signer.key, key));
  if (signer === undefined) {
    throw new SheafError('SHEAF_SIGNATURE', `The key that signed ${what} is not one of ${title(file)}.`, {
      hint: 'Sign with a listed key, or list this one in the next version of that file.',
      details: { fingerprint: fingerprint(key) },
    });
  }
  if (!signer.namespaces.includes(namespace)) {
    throw new SheafError(
      'SHEAF_SIGNATURE',
      `${signer.principal} signed ${what}, but may not sign for ${namespace} by ${title(file)}.`,
      { hint: `Sign with a key that ${title(file)} lists for ${namespace}.` },
    );
  }
  return signer;
}

/**
 * The signers who signed the message, at least as many distinct keys as the threshold of the file.
 *
 * A signature counts only under the principal whose key made it, as `ssh-keygen -Y verify -I PRINCIPAL` has it.
 * One that does not count does no harm: names that the file does not list belong to the file before or after,
 * and a mirror that adds rubbish must not be able to stop an update.
 *
 * @param signatures by principal.
 * @param what names the message in the error: "root 4 of example-plugins".
 * @throws SheafError `SHEAF_THRESHOLD`, naming who is missing; `details.refused` has a sentence for each
 *   signature of a listed signer that did not count.
 */
export function requireThreshold(
  file: SignersFile,
  namespace: Namespace,
  message: Uint8Array,
  signatures: ReadonlyMap<string, Uint8Array>,
  what: string,
): Signer[] {
  const { signed, missing, refused, isMet } = countSigners(file, namespace, message, signatures, what);
  if (isMet) return [...signed];
  const [[name, problem] = []] = Object.entries(refused);
  throw new SheafError(
    'SHEAF_THRESHOLD',
    `${signed.length} of ${file.threshold} required keys signed ${what}; missing: ${missing.join(', ') || 'none'}.`,
    {
      hint:
        name === undefined
          ? `Let further keys sign it with: ssh-keygen -Y sign -n ${namespace} -f KEY FILE.`
          : `Replace the signature under the name ${name}: ${problem}`,
      details: {
        threshold: file.threshold,
        signed: signed.map((signer) => signer.principal),
        missing,
        refused,
      },
    },
  );
}

/** How far a file has come on its way to its threshold. */
export interface SignerCount {
  readonly signed: readonly Signer[];
  /** Principals who may sign and have not, or not so that it counts. */
  readonly missing: readonly string[];
  /** Principal to a sentence, for each signature of theirs that does not count. */
  readonly refused: Readonly<Record<string, string>>;
  readonly isMet: boolean;
}

/** Counts as {@link requireThreshold} does, and refuses nothing. */
export function countSigners(
  file: SignersFile,
  namespace: Namespace,
  message: Uint8Array,
  signatures: ReadonlyMap<string, Uint8Array>,
  what: string,
): SignerCount {
  const able = file.signers.filter((signer) => signer.namespaces.includes(namespace));
  const signed: Signer[] = [];
  const refused: Record<string, string> = {};
  for (const signer of able) {
    const signature = signatures.get(signer.principal);
    if (signature === undefined) continue;
    const problem = problemOf(signer, namespace, message, signature, what);
    if (problem !== undefined) refused[signer.principal] = problem;
    else if (!signed.some((other) => isSamePoint(other.key, signer.key))) signed.push(signer);
  }
  const missing = able.filter((signer) => !signed.includes(signer)).map((signer) => signer.principal);
  // Also against a threshold of 0 in a value that no reader made: nothing is trusted without a signature.
  return { signed, missing, refused, isMet: signed.length >= Math.max(1, file.threshold) };
}

/** Why a signature is not one by this signer; undefined if it is. */
function problemOf(
  signer: Signer,
  namespace: Namespace,
  message: Uint8Array,
  signature: Uint8Array,
  what: string,
): string | undefined {
  try {
    const key = signerOf(signature, namespace, message, what);
    return sameKey(key, signer.key)
      ? undefined
      : `The signature of ${what} was made by another key, ${fingerprint(key)}.`;
  } catch (error) {
    if (error instanceof SheafError) return error.message;
    throw error;
  }
}

function title(file: SignersFile): string {
  return file.kind === 'root'
    ? `root ${file.version} of ${file.registry}`
    : `version ${file.version} of the keys of ${file.owner ?? 'an unnamed owner'}`;
}
