import { sourcePath } from '../../core/index/source-layout.ts';
import { type PendingRoot, type ShownTrust, trustedRoot, trustShow } from '../../ops/trust/trust-show.ts';
import { openCheckout } from '../../wiring/checkout.ts';
import type { Call, Outcome } from '../call.ts';
import { ceremonyLines } from '../render/ceremony.ts';
import { bold, dim, type Line, yellow } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const [name = '.'] = call.arguments;
  const ports = openCheckout(name, { mayAsk: false, signal: call.signal });
  const isCheckout =
    /[./\\]/.test(name) || (await ports.tree.read(sourcePath({ kind: 'registry' }))) !== undefined;
  const trust = isCheckout ? await trustShow(ports) : await trustedRoot(await call.client(), name);
  return { data: { ...trust }, lines: () => trustLines(trust) };
}

function trustLines({ registry, roots, pending }: ShownTrust): readonly Line[] {
  return [
    [bold(registry), roots.length === 0 ? ' has no signed trust root yet' : ''],
    ...roots.flatMap((root) => [
      [
        `Root ${root.version}, epoch ${root.epoch}, ${root.threshold} must sign, expires ${root.expires} `,
        dim(`sha256:${root.sha256}`),
      ],
      ...root.signers.map(
        ({ principal, namespaces, fingerprint }): Line => [
          `  ${principal} `,
          dim(`${fingerprint} ${namespaces.join(', ')}`),
        ],
      ),
      ...(root.signedBy.length === 0 ? [] : [`  signed by ${root.signedBy.join(', ')}`]),
    ]),
    ...(pending === undefined ? [] : ['', ...pendingRootLines(pending)]),
  ];
}

/** A root that waits, and what has to be signed again because of it. */
export function pendingRootLines(pending: PendingRoot): readonly Line[] {
  return [
    ...ceremonyLines(pending),
    ...(pending.lapses.length === 0
      ? []
      : [
          '',
          [yellow('These need further signatures by maintainers of the new root, or they lapse:')],
          ...pending.lapses.map((path): Line => `  ${path}`),
        ]),
  ];
}
