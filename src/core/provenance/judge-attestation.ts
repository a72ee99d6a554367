import { verify } from 'node:crypto';
import { SheafError } from '../errors.ts';
import type { ReleaseManifest } from '../formats/manifest.ts';
import type { Sha256 } from '../object-ref.ts';
import { quote } from '../text.ts';
import { readBuildStatement } from './build-statement.ts';
import { readSigningCertificate } from './signing-certificate.ts';
import { readSigstoreBundle } from './sigstore-bundle.ts';

/** What an attestation has to be about. */
export interface AttestedArtifact {
  readonly sha256: Sha256;
  readonly source: NonNullable<ReleaseManifest['source']>;
}

const STATEMENT_TYPE = 'application/vnd.in-toto+json';

/**
 * Whether a sigstore bundle is consistent: its signature is by the key of its certificate, its statement is about the
 * artifact, and both name the repository and commit of the release.
 *
 * Consistent is not verified. Whether sigstore's authority issued the certificate, and a transparency log has the
 * signature, takes sigstore's trust root, which changes and is fetched from the network; whoever has it can see
 * that with `gh attestation verify` or `cosign verify-blob-attestation`. An attestation that is only consistent can
 * be made by anybody, so nothing is granted for it: this keeps wrong ones out, and says nothing about the others.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`, `SHEAF_SIGNATURE`, `SHEAF_DIGEST`.
 */
export function requireConsistent(bytes: Uint8Array, { sha256, source }: AttestedArtifact): void {
  const bundle = readSigstoreBundle(bytes);
  if (bundle.payloadType !== STATEMENT_TYPE) {
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      `The attestation holds ${quote(bundle.payloadType)}, no statement.`,
    );
  }
  const certificate = readSigningCertificate(bundle.certificate);
  const signed = preAuthEncoding(bundle.payloadType, bundle.payload);
  if (!verify('sha256', signed, certificate.key, bundle.signature)) {
    throw new SheafError('SHEAF_SIGNATURE', 'The attestation is not signed by the key of its certificate.');
  }
  const statement = readBuildStatement(bundle.payload);
  if (!statement.digests.includes(sha256)) {
    throw new SheafError('SHEAF_DIGEST', 'The attestation is about other files than the artifact.');
  }
  if ((certificate.repository ?? statement.repository) === undefined) {
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      'The attestation does not say from which repository it was built.',
    );
  }
  for (const { repository, commit } of [certificate, statement]) {
    if (repository !== undefined && repositoryOf(repository) !== repositoryOf(source.repository)) {
      throw otherSource('the repository', repository, source.repository);
    }
    if (commit !== undefined && commit !== source.commit)
      throw otherSource('the commit', commit, source.commit);
  }
}

/** What a signature of an envelope is made over (DSSE 1.0, "Signature Definition"). */
function preAuthEncoding(type: string, payload: Uint8Array): Uint8Array {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

function repositoryOf(text: string): string {
  const address = URL.canParse(text) ? new URL(text).href : text;
  return address.replace(/\/$/, '').replace(/\.git$/, '');
}

function otherSource(what: string, attested: string, stated: string): SheafError {
  return new SheafError(
    'SHEAF_INVALID_FILE',
    `The attestation is for ${what} ${quote(attested)}, and the release says ${quote(stated)}.`,
  );
}
