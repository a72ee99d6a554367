import { closest } from '../../core/did-you-mean.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { LIMITS } from '../../core/limits.ts';
import type { NamedFiles } from '../../core/ports.ts';
import type { SshKeygen } from '../../core/publishing-ports.ts';
import { keyNamedIn } from '../../core/signatures/signature-key.ts';
import { readSigners, type SignersFile } from '../../core/signatures/signers.ts';
import {
  fingerprint,
  parsePrivateKey,
  type SshPrivateKey,
  type SshPublicKey,
  sameKey,
} from '../../core/signatures/ssh-key.ts';
import { NAMESPACES, signerOf, sign as signInProcess } from '../../core/signatures/sshsig.ts';
import { quote } from '../../core/text.ts';

/** What `sheaf sign` was asked for. */
export interface SignOptions {
  readonly files: readonly string[];
  /** A private key, or the public half of a key that ssh-keygen can reach. */
  readonly key: string;
  /** `release@sheaf` when absent, and for signers files the one in which they are signed. */
  readonly namespace?: string;
  /** Name of the signer in `FILE.PRINCIPAL.sig`; looked up in a signers file when absent. */
  readonly as?: string;
}

/** A signature that was written. */
export interface SignedFile {
  readonly file: string;
  readonly signature: string;
  readonly namespace: string;
  readonly signer: string;
}

interface SigningPorts {
  readonly files: NamedFiles;
  readonly sshKeygen: SshKeygen;
}

/** Signatures of these are counted against a threshold, so each signer has a file of their own. */
const MANY_SIGNERS: ReadonlySet<string> = new Set([
  'root@sheaf',
  'owner@sheaf',
  'status@sheaf',
  'recovery@sheaf',
]);

/**
 * Signs files, first all and then writes: when one of them is refused, no signature is written.
 *
 * Plain keys sign in this process; encrypted keys, security keys and keys in an agent through ssh-keygen. A
 * signature that is already there is replaced only when the same key made it.
 *
 * @throws SheafError `SHEAF_USAGE`, `SHEAF_PATH`, `SHEAF_INVALID_FILE` for a broken signers file,
 *   `SHEAF_SIGNATURE` for a key that cannot sign for sheaf, `SHEAF_TOOL`, `SHEAF_EXISTS`.
 */
export async function sign(ports: SigningPorts, options: SignOptions): Promise<readonly SignedFile[]> {
  requireNamespace(options.namespace);
  const key = await openKey(ports, options.key);
  const made: { signed: SignedFile; bytes: Uint8Array }[] = [];
  for (const file of options.files) {
    const message = await ports.files.read(file, LIMITS.artifactBytes);
    const signers = file.endsWith('.signers') ? valueOf(readSigners(message, file)) : undefined;
    const namespace = options.namespace ?? namespaceOf(signers);
    const bytes = await key(namespace, message);
    const signer = signerOf(bytes, namespace, message, quote(file));
    const signature = signaturePath(file, namespace, signers, signer, options.as);
    await refuseForeignSignature(ports.files, signature, signer);
    made.push({ signed: { file, signature, namespace, signer: fingerprint(signer) }, bytes });
  }
  for (const { signed, bytes } of made) await ports.files.write(signed.signature, bytes);
  return made.map(({ signed }) => signed);
}

function requireNamespace(namespace: string | undefined): void {
  if (namespace === undefined || NAMESPACES.some((known) => known === namespace)) return;
  const meant = closest(namespace, NAMESPACES);
  throw new SheafError('SHEAF_USAGE', `${quote(namespace)} is not a namespace of sheaf.`, {
    hint: meant === undefined ? `Write one of: ${NAMESPACES.join(', ')}.` : `Did you mean ${meant}?`,
  });
}

function namespaceOf(signers: SignersFile | undefined): string {
  if (signers === undefined) return 'release@sheaf';
  return signers.kind === 'root' ? 'root@sheaf' : 'owner@sheaf';
}

type Signing = (namespace: string, message: Uint8Array) => Promise<Uint8Array>;

/** A way of signing with the key: in this process where its file allows it, else through ssh-keygen. */
export async function openKey(ports: SigningPorts, path: string): Promise<Signing> {
  const plain = plainKey(await ports.files.read(path, LIMITS.signersBytes));
  if (plain === undefined) {
    return (namespace, message) => ports.sshKeygen.sign(path, namespace, message);
  }
  return (namespace, message) => Promise.resolve(signInProcess(plain, namespace, message));
}

function plainKey(bytes: Uint8Array): SshPrivateKey | undefined {
  try {
    return parsePrivateKey(bytes);
  } catch (error) {
    if (error instanceof SheafError && error.code === 'SHEAF_SIGNATURE') return undefined;
    throw error;
  }
}

function signaturePath(
  file: string,
  namespace: string,
  signers: SignersFile | undefined,
  key: SshPublicKey,
  as: string | undefined,
): string {
  if (as !== undefined) {
    if (/^[a-z0-9-]{1,128}$/.test(as)) return `${file}.${as}.sig`;
    throw new SheafError('SHEAF_USAGE', `${quote(as)} cannot name a signer.`, {
      hint: 'Use lower-case letters, digits and hyphens.',
    });
  }
  const listed = signers?.signers.filter((signer) => sameKey(signer.key, key)) ?? [];
  const principal =
    new Set(listed.map((signer) => signer.principal)).size === 1 ? listed[0]?.principal : undefined;
  if (principal !== undefined) return `${file}.${principal}.sig`;
  if (signers === undefined && !MANY_SIGNERS.has(namespace)) return `${file}.sig`;
  throw new SheafError(
    'SHEAF_USAGE',
    `Nothing tells under which name the key ${fingerprint(key)} signs ${quote(file)}.`,
    {
      hint: 'Add --as PRINCIPAL, the name under which a signers file lists the key.',
    },
  );
}

/** A second signer must not silently replace the first one, as ssh-keygen -Y sign does. */
async function refuseForeignSignature(files: NamedFiles, path: string, key: SshPublicKey): Promise<void> {
  const existing = await files.readIfExists(path, LIMITS.signatureBytes);
  if (existing === undefined) return;
  const other = keyNamedIn(existing);
  if (other !== undefined && sameKey(other, key)) return;
  const whose =
    other === undefined ? 'is not a signature by this key' : `is a signature by ${fingerprint(other)}`;
  throw new SheafError('SHEAF_EXISTS', `${quote(path)} is already there and ${whose}.`, {
    hint: 'Move it away, or sign under another name with --as PRINCIPAL.',
  });
}
