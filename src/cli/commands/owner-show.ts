import { ownerShow } from '../../ops/trust/owner-show.ts';
import { openCheckout } from '../../wiring/checkout.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { ceremonyLines } from '../render/ceremony.ts';
import { bold, dim, type Line } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = openCheckout(call.value('registry') ?? '.', { mayAsk: false, signal: call.signal });
  const shown = await ownerShow(ports, requiredArgument(call, 0));
  const { owner, registry, about, versions, pending } = shown;
  return {
    data: { ...shown, about: { ...about } },
    lines: () => [
      [bold(owner), ` of registry ${registry}`],
      ...versions.flatMap(({ version, sha256, threshold, signers }) => [
        [`Version ${version}, ${threshold} of `, dim(`sha256:${sha256}`)],
        ...signers.map(
          ({ principal, namespaces, fingerprint }): Line => [
            `  ${principal} `,
            dim(`${fingerprint} ${namespaces.join(', ')}`),
          ],
        ),
      ]),
      ...(pending === undefined ? [] : ['', ...ceremonyLines(pending)]),
    ],
  };
}
