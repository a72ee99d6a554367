import { basename } from 'node:path';
import { createKey } from '../../ops/trust/key-create.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, dim, green } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const path = requiredArgument(call, 0);
  const key = await createKey(createSigningPorts({ mayAsk: !call.global.noInput, signal: call.signal }), {
    path,
    comment: call.value('comment') ?? basename(path),
    passphrase: call.flag('passphrase'),
  });
  return {
    data: { ...key },
    lines: () => [
      [green('Created'), ` ${key.privateKey}`, dim('  keep it secret')],
      ['    and ', bold(key.publicKey), dim('  give it away')],
      `Fingerprint ${key.fingerprint}`,
    ],
  };
}
