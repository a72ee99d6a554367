import { basename, resolve } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import { initRegistry } from '../../ops/trust/registry-init.ts';
import { createSigningPorts } from '../../wiring/signing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, cyan, dim, green, type Line } from '../render/line.ts';
import { count } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const ci = call.value('ci') ?? 'none';
  if (ci !== 'none') {
    throw new SheafError('SHEAF_USAGE', `This version of sheaf writes no workflows for ${ci}.`, {
      hint: 'Use --ci none; building, signing and publishing the index are three commands in any CI system.',
    });
  }
  const directory = requiredArgument(call, 0);
  const threshold = call.value('threshold');
  const ciKey = call.value('ci-key');
  const registry = await initRegistry(createSigningPorts({ mayAsk: false, signal: call.signal }), {
    directory,
    id: call.value('id') ?? basename(resolve(directory)),
    rootKeys: call.values('root-key'),
    ...(ciKey === undefined ? {} : { ciKey }),
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
  });
  return {
    data: { ...registry, directory },
    lines: () => [
      [
        green('Made'),
        ` the registry `,
        bold(registry.id),
        ` in ${directory}: ${count(registry.created.length, 'file')} created, ${registry.kept.length} kept.`,
      ],
      ...(registry.root === undefined
        ? ['It has no trust root yet, and nothing can be published without one.']
        : rootLines(registry.root)),
      '',
      'Next:',
      ...registry.next.map((line): Line => ['  ', cyan(line)]),
    ],
  };
}

function rootLines(root: {
  readonly path: string;
  readonly threshold: number;
  readonly signers: readonly { readonly principal: string; readonly fingerprint: string }[];
}): readonly Line[] {
  return [
    `Its trust root ${root.path} is unsigned; ${root.threshold} of its maintainers must sign it.`,
    ...root.signers.map((signer): Line => [`  ${signer.principal} `, dim(signer.fingerprint)]),
  ];
}
