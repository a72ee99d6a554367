import { basename, resolve } from 'node:path';
import { defined } from '../../core/defined.ts';
import { type FoundedRegistry, foundRegistry } from '../../ops/trust/found-registry.ts';
import { readWorkflows } from '../../ops/trust/read-workflows.ts';
import { connectNewRepository, connectWorkflows, createSigningPorts } from '../../wiring/signing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, cyan, dim, green, type Line } from '../render/line.ts';
import { count } from '../render/size.ts';

const FORGE = { github: 'Then, on GitHub:', gitlab: 'Then, on GitLab:' };

export async function run(call: Call): Promise<Outcome> {
  const ci = call.value('ci');
  const system = ci === 'github' || ci === 'gitlab' ? ci : undefined;
  const directory = requiredArgument(call, 0);
  const threshold = call.value('threshold');
  const ports = {
    ...createSigningPorts({ mayAsk: false, signal: call.signal }),
    repository: connectNewRepository(call.environment),
  };
  const registry = await foundRegistry(ports, {
    directory,
    id: call.value('id') ?? basename(resolve(directory)),
    rootKeys: call.values('root-key'),
    ...defined({ ciKey: call.value('ci-key'), keys: call.value('keys'), remote: call.value('remote') }),
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
    ...(system === undefined ? {} : { workflows: await readWorkflows(connectWorkflows(), system) }),
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
        : rootLines(registry.root, registry.signed)),
      ...(registry.commit === undefined ? [] : [`It is pushed as ${registry.commit}.`]),
      ...(registry.next.length === 0 ? [] : ['', 'Next:']),
      ...registry.next.map((line): Line => ['  ', cyan(line)]),
      ...(system === undefined ? [] : ['', FORGE[system]]),
      ...registry.setup.map((step, index): Line => [`  ${index + 1}. `, step]),
    ],
  };
}

function rootLines(root: NonNullable<FoundedRegistry['root']>, signed: boolean): readonly Line[] {
  return [
    signed
      ? `Its trust root ${root.path} is signed. Tell your users its digest: sha256:${root.sha256}`
      : `Its trust root ${root.path} is unsigned; ${root.threshold} of its maintainers must sign it.`,
    ...root.signers.map((signer): Line => [`  ${signer.principal} `, dim(signer.fingerprint)]),
  ];
}
