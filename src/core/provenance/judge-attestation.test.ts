import { describe, expect, it } from 'vitest';
import { attestation, bundleBytes, SOURCE, workflowIdentity } from '../../../test/support/attestation.ts';
import { sha256 } from '../digest.ts';
import { SheafError } from '../errors.ts';
import { requireConsistent } from './judge-attestation.ts';

const DIGEST = sha256(new Uint8Array());
const about = { sha256: DIGEST, source: SOURCE };
const identity = workflowIdentity();
const good = attestation(identity, { sha256: DIGEST });

type Json = Record<string, unknown>;

/** The bundle with one part in another form. */
function changed(edit: (bundle: { [part: string]: Json }) => void): Json {
  const copy = structuredClone(good);
  edit(copy as { [part: string]: Json });
  return copy;
}

describe('an attestation', () => {
  it('is consistent when key, digest, repository and commit are those of the release', () => {
    expect(() => requireConsistent(bundleBytes(good), about)).not.toThrow();
    const source = { ...SOURCE, repository: `${SOURCE.repository}.git` };
    expect(() => requireConsistent(bundleBytes(good), { ...about, source })).not.toThrow();
  });

  it('may leave the source to its certificate, or to its statement', () => {
    const silent = { predicate: {} };
    const byCertificate = attestation(identity, { sha256: DIGEST, statement: silent });
    expect(() => requireConsistent(bundleBytes(byCertificate), about)).not.toThrow();
    const byStatement = attestation(workflowIdentity({}), { sha256: DIGEST });
    expect(() => requireConsistent(bundleBytes(byStatement), about)).not.toThrow();
    const byNobody = attestation(workflowIdentity({}), { sha256: DIGEST, statement: silent });
    expect(() => requireConsistent(bundleBytes(byNobody), about)).toThrow(
      'does not say from which repository',
    );
  });

  const other = 'https://git.example.org/erin/graph-lens';
  it.each([
    ['another file', attestation(identity, { sha256: sha256(Uint8Array.of(1)) }), 'is about other files'],
    [
      'another repository',
      attestation(identity, { sha256: DIGEST, repository: other }),
      'is for the repository',
    ],
    [
      'another commit',
      attestation(identity, { sha256: DIGEST, commit: 'f'.repeat(40) }),
      'is for the commit',
    ],
    [
      'a certificate for another repository',
      attestation(workflowIdentity({ 12: other, 13: SOURCE.commit }), { sha256: DIGEST }),
      'is for the repository',
    ],
    [
      'a certificate for another commit',
      attestation(workflowIdentity({ 12: SOURCE.repository, 13: 'f'.repeat(40) }), { sha256: DIGEST }),
      'is for the commit',
    ],
    [
      'a certificate on another curve',
      attestation(workflowIdentity({}, 'secp384r1'), { sha256: DIGEST }),
      'P-256',
    ],
    [
      'the signature of another key',
      attestation({ ...workflowIdentity(), certificate: identity.certificate }, { sha256: DIGEST }),
      'is not signed by the key',
    ],
    [
      'another statement',
      attestation(identity, { sha256: DIGEST, statement: { _type: 'x' } }),
      'is not of the type',
    ],
    [
      'another predicate',
      attestation(identity, { sha256: DIGEST, statement: { predicateType: 'x' } }),
      'is no https',
    ],
    ['no digest', attestation(identity, { sha256: DIGEST, statement: { subject: 7 } }), 'about other files'],
    ['another version', changed((b) => Object.assign(b, { mediaType: 'v0.2' })), 'its mediaType is "v0.2"'],
    ['no version', changed((b) => Object.assign(b, { mediaType: 7 })), 'its mediaType is nothing'],
    [
      'a key by name',
      changed((b) => Object.assign(b, { verificationMaterial: { publicKey: {} } })),
      'no certificate',
    ],
    ['no envelope', changed((b) => Object.assign(b, { dsseEnvelope: undefined })), 'has no dsseEnvelope'],
    [
      'another envelope',
      changed((b) => Object.assign(b['dsseEnvelope'] ?? {}, { payloadType: 'x' })),
      'no statement',
    ],
    ['no type', changed((b) => Object.assign(b['dsseEnvelope'] ?? {}, { payloadType: 7 })), 'no payloadType'],
    [
      'two signatures',
      changed((b) => Object.assign(b['dsseEnvelope'] ?? {}, { signatures: [{}, {}] })),
      'not one',
    ],
    [
      'no base64',
      changed((b) => Object.assign(b['dsseEnvelope'] ?? {}, { payload: 'e30 ' })),
      'is no base64',
    ],
    ['no JSON', '{', 'is no sigstore bundle'],
  ])('with %s is refused', (_, bundle, message) => {
    expect(() => requireConsistent(bundleBytes(bundle), about)).toThrow(message);
  });

  it('is refused, and breaks nothing, whichever byte of its certificate is another one', () => {
    const { certificate } = identity;
    const refused = Array.from(certificate, (byte, position) => {
      const damaged = Uint8Array.from(certificate);
      damaged[position] = byte ^ 0xff;
      const bundle = attestation({ ...identity, certificate: damaged }, { sha256: DIGEST });
      try {
        requireConsistent(bundleBytes(bundle), about);
        return undefined;
      } catch (error) {
        return error;
      }
    });
    expect(refused.filter((error) => error !== undefined && !(error instanceof SheafError))).toEqual([]);
    // Names, dates and the signature of the certificate are not verified; key and source are.
    expect(refused.filter((error) => error instanceof SheafError).length).toBeGreaterThan(150);
  });
});
