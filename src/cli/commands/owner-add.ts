import { defined } from '../../core/defined.ts';
import { ownerAdd } from '../../ops/trust/owner-add.ts';
import { openCheckout } from '../../wiring/checkout.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { wroteLines } from '../render/ceremony.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = openCheckout(call.value('registry') ?? '.', { mayAsk: false, signal: call.signal });
  const id = (forge: string): number | undefined => {
    const text = call.value(`${forge}-id`);
    return text === undefined ? undefined : Number(text);
  };
  const ceremony = await ownerAdd(ports, {
    owner: requiredArgument(call, 0),
    keys: call.values('key'),
    releaseKeys: call.values('release-key'),
    threshold: Number(call.value('threshold') ?? '1'),
    about: defined({
      displayName: call.value('display-name'),
      githubId: id('github'),
      gitlabId: id('gitlab'),
      giteaId: id('gitea'),
      repositories: call.values('repository'),
    }),
    dryRun: call.flag('dry-run'),
  });
  return { data: { ...ceremony }, lines: () => wroteLines(call, ceremony) };
}
