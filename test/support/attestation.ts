import { execFileSync } from 'node:child_process';
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A key with a certificate such as sigstore's authority issues for a run of a workflow; here it issues itself. */
export interface WorkflowIdentity {
  readonly key: KeyObject;
  /** DER. */
  readonly certificate: Uint8Array;
}

/** What an attestation says; all about the release of the tests unless said otherwise. */
export interface Attested {
  readonly sha256: string;
  readonly repository?: string;
  readonly commit?: string;
  /** Replaces fields of the statement. */
  readonly statement?: Readonly<Record<string, unknown>>;
}

export const SOURCE = {
  repository: 'https://git.example.org/dana/graph-lens',
  commit: '0123456789abcdef0123456789abcdef01234567',
} as const;

/** Makes a key and its certificate with openssl; `extensions` by the last number of 1.3.6.1.4.1.57264.1. */
export function workflowIdentity(
  extensions: Readonly<Record<number, string>> = { 12: SOURCE.repository, 13: SOURCE.commit },
  curve = 'prime256v1',
): WorkflowIdentity {
  const directory = mkdtempSync(join(tmpdir(), 'sheaf-attestation-'));
  const run = (...args: readonly string[]) =>
    execFileSync('openssl', args, { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const lines = Object.entries(extensions).map(
      ([id, text]) => `1.3.6.1.4.1.57264.1.${id} = ASN1:UTF8String:${text}`,
    );
    writeFileSync(
      join(directory, 'config'),
      [
        '[req]',
        'distinguished_name = name',
        '[name]',
        '[more]',
        'keyUsage = digitalSignature',
        ...lines,
        '',
      ].join('\n'),
    );
    run('ecparam', '-name', curve, '-genkey', '-noout', '-out', 'key');
    const subject = ['-key', 'key', '-subj', '/CN=workflow', '-days', '1', '-config', 'config'];
    run('req', '-new', '-x509', ...subject, '-extensions', 'more', '-outform', 'DER', '-out', 'certificate');
    return {
      key: createPrivateKey(readFileSync(join(directory, 'key'))),
      certificate: readFileSync(join(directory, 'certificate')),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A sigstore bundle, really signed. */
export function attestation(identity: WorkflowIdentity, attested: Attested): Record<string, unknown> {
  const { sha256, repository = SOURCE.repository, commit = SOURCE.commit } = attested;
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'graph-lens', digest: { sha256 } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: { workflow: { repository, path: '.github/workflows/release.yml' } },
        resolvedDependencies: [{ uri: `git+${repository}@refs/tags/v1.2.0`, digest: { gitCommit: commit } }],
      },
    },
    ...attested.statement,
  };
  const payload = Buffer.from(JSON.stringify(statement));
  const payloadType = 'application/vnd.in-toto+json';
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.byteLength} `),
    payload,
  ]);
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: Buffer.from(identity.certificate).toString('base64') },
      tlogEntries: [],
    },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType,
      signatures: [{ sig: sign('sha256', signed, identity.key).toString('base64') }],
    },
  };
}

/** The bytes of a bundle. */
export function bundleBytes(bundle: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(bundle));
}
