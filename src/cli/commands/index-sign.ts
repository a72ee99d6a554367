import { LIMITS } from '../../core/limits.ts';
import { parsePrivateKey } from '../../core/signatures/ssh-key.ts';
import { signIndex } from '../../ops/index/index-sign.ts';
import { connectOperator } from '../../wiring/operator.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, green } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const directory = requiredArgument(call, 0);
  const { files } = createSigningPorts({ mayAsk: false, signal: call.signal });
  const key = parsePrivateKey(await files.read(call.required('key'), LIMITS.signersBytes));
  const ports = connectOperator({ ...call.global, environment: call.environment, signal: call.signal });
  const target = ports.openDirectory(directory);
  try {
    const { registry, epoch, version, path, principal } = await signIndex(target, key);
    return {
      data: { registry, checkpoint: { epoch, version }, signature: `${directory}/${path}`, principal },
      lines: () => [
        [green('Signed'), ' checkpoint ', bold(`${epoch}-${version}`), ` of ${registry} as ${principal}.`],
      ],
    };
  } finally {
    await target.close();
  }
}
