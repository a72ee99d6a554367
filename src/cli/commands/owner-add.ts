import { defined } from '../../core/defined.ts';
import { ownerAdd } from '../../ops/trust/owner-add.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { inCheckout, keyFileTitle } from '../checkout-call.ts';
import { wroteLines } from '../render/ceremony.ts';
import { changeLines } from '../render/publication.ts';

export async function run(call: Call): Promise<Outcome> {
  const id = (forge: string): number | undefined => {
    const text = call.value(`${forge}-id`);
    return text === undefined ? undefined : Number(text);
  };
  const { result: ceremony, proposal } = await inCheckout(
    call,
    (ports) =>
      ownerAdd(ports, {
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
      }),
    ({ path, changes }) => keyFileTitle('Add the owner', requiredArgument(call, 0), path, changes),
  );
  return {
    data: { ...ceremony, ...(proposal === undefined ? {} : { proposal }) },
    lines: () => [...wroteLines(call, ceremony), ...(proposal === undefined ? [] : changeLines(proposal))],
  };
}
