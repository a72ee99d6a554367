import { SheafError } from '../../core/errors.ts';
import { formatPlace } from '../../core/finding.ts';
import { followPlugin, linkPlugin } from '../../ops/authors/dev-plugin.ts';
import { connectAuthor } from '../../wiring/author.ts';
import type { Call, Outcome } from '../call.ts';
import { toRefusal } from '../failure.ts';
import { buildLines } from '../render/built.ts';
import { changeOutcome } from '../render/change.ts';

export async function run(call: Call): Promise<Outcome> {
  const path = call.arguments[0] ?? '.';
  const dryRun = call.flag('dry-run');
  const acceptCapabilities = call.flag('accept-capabilities');
  if (dryRun && call.flag('watch')) {
    throw new SheafError('SHEAF_USAGE', 'Nothing can be watched with --dry-run.', {
      hint: 'Leave out one of the two.',
    });
  }
  const ports = {
    author: { ...connectAuthor(call), reporter: call.reporter },
    client: await call.client(),
  };
  const { built, changed } = await linkPlugin(ports, path, { dryRun, acceptCapabilities });
  const outcome = changeOutcome(changed, dryRun);
  if (call.flag('watch')) {
    call.reporter.note(`${built.name} ${built.version} is installed; waiting for changes until Ctrl-C.`);
    await follow(call, ports, path, acceptCapabilities);
  }
  return {
    ...outcome,
    data: { built, ...outcome.data },
    lines: () => [...buildLines(built), ...outcome.lines()],
  };
}

async function follow(
  call: Call,
  ports: Parameters<typeof followPlugin>[0],
  path: string,
  acceptCapabilities: boolean,
): Promise<void> {
  for await (const next of followPlugin(ports, path, { acceptCapabilities, signal: call.signal })) {
    if ('failure' in next) {
      const { message, place } = toRefusal(next.failure, call.signal);
      call.reporter.warn(place === undefined ? message : `${formatPlace(place)}: ${message}`);
    } else {
      call.reporter.note(`Installed ${next.built.name} ${next.built.version} again.`);
    }
  }
}
