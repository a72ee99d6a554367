import { type KeyObject, X509Certificate } from 'node:crypto';
import { SheafError } from '../errors.ts';
import { type DerValue, derValues } from './der.ts';

/** What the certificate in a sigstore bundle says. Who issued it is not known here. */
export interface SigningCertificate {
  readonly key: KeyObject;
  /** The repository that was built, and the commit, where a build service of a forge signed. */
  readonly repository?: string;
  readonly commit?: string;
}

const SEQUENCE = 0x30;
const OBJECT_ID = 0x06;
const OCTET_STRING = 0x04;
const UTF8_STRING = 0x0c;
/** `[3]`, constructed: the extensions of a certificate (RFC 5280 §4.1). */
const EXTENSIONS = 0xa3;

/** 1.3.6.1.4.1.57264.1.12 and .13: "Source Repository URI" and "Digest" (sigstore/fulcio, docs/oid-info.md). */
const REPOSITORY = '2b0601040183bf30010c';
const COMMIT = '2b0601040183bf30010d';

/**
 * Reads an X.509 certificate in DER.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for what is none, or has no ECDSA key on P-256.
 */
export function readSigningCertificate(der: Uint8Array): SigningCertificate {
  let certificate: X509Certificate;
  let key: KeyObject;
  try {
    certificate = new X509Certificate(der);
    key = certificate.publicKey;
  } catch {
    throw malformed();
  }
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new SheafError(
      'SHEAF_INVALID_FILE',
      'The certificate of the attestation has no ECDSA key on P-256.',
    );
  }
  const texts = extensionTexts(certificate.raw);
  const [repository, commit] = [texts.get(REPOSITORY), texts.get(COMMIT)];
  return {
    key,
    ...(repository === undefined ? {} : { repository }),
    ...(commit === undefined ? {} : { commit }),
  };
}

/** The extensions that hold one text, by the bytes of their id in hexadecimal. */
function extensionTexts(certificate: Uint8Array): ReadonlyMap<string, string> {
  const signed = valuesIn(valuesIn(certificate)[0]?.bytes)[0];
  const holder = valuesIn(signed?.bytes).find(({ tag }) => tag === EXTENSIONS);
  const extensions = valuesIn(valuesIn(holder?.bytes)[0]?.bytes).filter(({ tag }) => tag === SEQUENCE);
  const texts = new Map<string, string>();
  for (const extension of extensions) {
    const parts = valuesIn(extension.bytes);
    const [id, contents] = [OBJECT_ID, OCTET_STRING].map((wanted) => parts.find(({ tag }) => tag === wanted));
    // Other extensions hold other things, which need not be DER.
    if (id === undefined || contents?.bytes[0] !== UTF8_STRING) continue;
    const [text, ...rest] = valuesIn(contents.bytes);
    if (text === undefined || rest.length > 0) continue;
    texts.set(Buffer.from(id.bytes).toString('hex'), new TextDecoder().decode(text.bytes));
  }
  return texts;
}

function valuesIn(bytes: Uint8Array | undefined): readonly DerValue[] {
  return derValues(bytes ?? new Uint8Array(), malformed);
}

function malformed(): SheafError {
  return new SheafError('SHEAF_INVALID_FILE', 'The certificate of the attestation cannot be read.');
}
