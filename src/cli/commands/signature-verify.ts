import { LIMITS } from '../../core/limits.ts';
import { verifySignature } from '../../ops/trust/signature-verify.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import type { Call, Outcome } from '../call.ts';

// ssh-keygen(1) ends with 255 when a signature does not count; scripts written for it look for that.
const NOT_VERIFIED = 255;

export async function run(call: Call): Promise<Outcome> {
  const [identity, namespace, revoked] = [
    call.required('identity'),
    call.required('namespace'),
    call.value('revoked'),
  ];
  const verdict = await verifySignature(createSigningPorts({ mayAsk: false, signal: call.signal }), {
    signers: call.required('signers'),
    identity,
    namespace,
    signature: call.required('signature'),
    ...(revoked === undefined ? {} : { revoked }),
    message: await call.readInput(LIMITS.artifactBytes),
  });
  if (!verdict.good) {
    if (!call.global.json) call.reporter.note(verdict.reason.message);
    return {
      data: { good: false, identity, namespace, reason: verdict.reason.message },
      lines: () => ['Could not verify signature.'],
      exitStatus: NOT_VERIFIED,
    };
  }
  const type = verdict.key.type === 'ssh-ed25519' ? 'ED25519' : 'ED25519-SK';
  return {
    data: { good: true, identity, namespace, signer: verdict.fingerprint },
    lines: () => [`Good "${namespace}" signature for ${identity} with ${type} key ${verdict.fingerprint}`],
  };
}
