import { sign } from '../../ops/trust/sign.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, dim, green } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const namespace = call.value('namespace');
  const as = call.value('as');
  const signatures = await sign(createSigningPorts({ mayAsk: !call.global.noInput, signal: call.signal }), {
    files: call.arguments,
    key: call.required('key'),
    ...(namespace === undefined ? {} : { namespace }),
    ...(as === undefined ? {} : { as }),
  });
  return {
    data: { signatures },
    lines: () =>
      signatures.map(({ signature, namespace, signer }) => [
        green('Signed'),
        ' ',
        bold(signature),
        dim(`  ${namespace} by ${signer}`),
      ]),
  };
}
