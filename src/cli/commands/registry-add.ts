import { parseDigest } from '../../core/digest.ts';
import { fetchNames } from '../../ops/plugins/keep-names.ts';
import { registryAdd } from '../../ops/registries/registry-add.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, dim, green, type Line } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const alias = call.value('alias');
  const root = call.value('root');
  const ports = await call.client();
  const added = await registryAdd(ports, {
    url: requiredArgument(call, 0),
    ...(alias === undefined ? {} : { alias }),
    ...(root === undefined ? {} : { root: parseDigest(root) }),
    yes: call.global.yes,
  });
  // Only people complete names, and they sit at terminals.
  if (call.columns !== undefined) await fetchNames(ports, [added.alias]);
  return {
    data: { ...added },
    lines: () => [
      [green('Added'), ' ', bold(added.alias), ` (${added.id}) at ${added.url}`],
      `Root ${added.root.version}, sha256:${added.root.sha256}, ${added.root.threshold} of:`,
      ...added.root.signers.map((signer): Line => [`  ${signer.principal} `, dim(signer.fingerprint)]),
    ],
  };
}
