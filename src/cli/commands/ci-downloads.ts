import { defined } from '../../core/defined.ts';
import { formatInstant } from '../../core/instant.ts';
import { collectDownloads, writeTrending } from '../../ops/reviews/collect-downloads.ts';
import { type ProposedTrending, proposeTrending } from '../../ops/reviews/propose-trending.ts';
import { connectDownloads, type DownloadPorts, githubOf } from '../../wiring/downloads.ts';
import { connectRegistry } from '../../wiring/publishing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import type { Line } from '../render/line.ts';
import { count } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const own = githubOf(call.environment);
  const given = (name: string): string | undefined => call.value(name)?.replace(/\/*$/, '/');
  const address = { api: given('api') ?? own.api, prefix: given('files') ?? own.prefix };
  const ports = connectDownloads(requiredArgument(call, 0), call.value('facts'), address, call);
  try {
    const { until, ...counted } = await collectDownloads(ports);
    const proposed = await propose(call, ports);
    const trending = call.flag('trending') ? await writeTrending(ports) : proposed?.names;
    const { updated, repositories, missing, postponed } = counted;
    return {
      data: defined({
        ...counted,
        until: until === undefined ? undefined : formatInstant(until),
        trending,
        proposed: proposed && defined({ state: proposed.state, url: proposed.url }),
      }),
      lines: (): readonly Line[] => [
        `${count(updated.length, 'release')} updated, ${count(repositories, 'repository', 'repositories')} read.`,
        ...missing.map((one) => `${one} is not there, or may not be read.`),
        ...postponed.map((one) => `${one} is left for the next run.`),
        ...(proposed === undefined ? [] : [PROPOSED[proposed.state] + (proposed.url ?? '')]),
      ],
    };
  } finally {
    await ports.close();
  }
}

const PROPOSED: Readonly<Record<ProposedTrending['state'], string>> = {
  present: 'The registry says already what trends.',
  proposed: 'What trends is proposed: ',
  local: 'What trends is on a branch: ',
  merged: 'What trends is merged: ',
  closed: 'The change that says what trends was closed: ',
  declined: 'Maintainers closed the change that says what trends.',
};

async function propose(call: Call, ports: DownloadPorts): Promise<ProposedTrending | undefined> {
  const to = call.value('propose');
  if (to === undefined) return undefined;
  const { transport, close } = connectRegistry(
    { to, ...defined({ transport: call.value('transport') }) },
    call,
  );
  try {
    return await proposeTrending(ports, transport);
  } finally {
    await close();
  }
}
