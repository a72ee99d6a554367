import { type JsonContext, jsonFault, parseJson } from '../documents/strict-json.ts';
import { quote } from '../text.ts';

/** What is used of a sigstore bundle, version 0.3: one signature over one statement, and the certificate of its key. */
export interface SigstoreBundle {
  /** DER. */
  readonly certificate: Uint8Array;
  /** The envelope (DSSE 1.0): what was signed is its type and its payload. */
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

const CONTEXT: JsonContext = { what: 'The attestation', code: 'SHEAF_INVALID_FILE' };
const MEDIA_TYPES: ReadonlySet<unknown> = new Set([
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'application/vnd.dev.sigstore.bundle+json;version=0.3',
]);

type Table = Readonly<Record<string, unknown>>;

/**
 * Reads a bundle (sigstore/protobuf-specs, `sigstore_bundle.proto`). Fields that are not used are not looked at, among
 * them the proof that a transparency log has it.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`.
 */
export function readSigstoreBundle(bytes: Uint8Array): SigstoreBundle {
  const bundle = tableOf(parseJson(bytes, CONTEXT), 'is no sigstore bundle');
  if (!MEDIA_TYPES.has(bundle['mediaType'])) {
    const said = typeof bundle['mediaType'] === 'string' ? quote(bundle['mediaType']) : 'nothing';
    throw jsonFault(CONTEXT, `is no sigstore bundle of version 0.3; its mediaType is ${said}`);
  }
  const material = tableOf(bundle['verificationMaterial'], 'has no verificationMaterial');
  const certificate = tableOf(material['certificate'], 'has no certificate');
  const envelope = tableOf(bundle['dsseEnvelope'], 'has no dsseEnvelope');
  const signatures = envelope['signatures'];
  if (!Array.isArray(signatures) || signatures.length !== 1)
    throw jsonFault(CONTEXT, 'has not one signature');
  const signature = tableOf(signatures[0], 'has not one signature');
  const { payloadType } = envelope;
  if (typeof payloadType !== 'string') throw jsonFault(CONTEXT, 'has no payloadType');
  return {
    certificate: base64(certificate['rawBytes'], 'certificate'),
    payloadType,
    payload: base64(envelope['payload'], 'payload'),
    signature: base64(signature['sig'], 'signature'),
  };
}

function tableOf(value: unknown, problem: string): Table {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Table;
  throw jsonFault(CONTEXT, problem);
}

function base64(value: unknown, what: string): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
  // The decoder skips what is no base64; what it has understood is written the same way again.
  if (bytes !== undefined && bytes.byteLength > 0 && bytes.toString('base64') === value) return bytes;
  throw jsonFault(CONTEXT, `has a ${what} that is no base64`);
}
