import type { Ceremony } from '../../ops/trust/ceremony.ts';
import type { Call } from '../call.ts';
import { bold, cyan, dim, green, type Line, red, yellow } from './line.ts';

/** A ceremony in the words of somebody who has to decide whether to sign. */
export function ceremonyLines(ceremony: Ceremony): readonly Line[] {
  const { changes, demands, complete, next } = ceremony;
  return [
    [bold(ceremony.path), complete ? green('  has all its signatures') : yellow('  waits for signatures')],
    [dim(`  sha256:${ceremony.sha256}`)],
    ...changes.map((change): Line => `  ${change}`),
    ...demands.flatMap(demandLines),
    ...(next.length === 0 ? [] : ['', 'Next:', ...next.map((line): Line => ['  ', cyan(line)])]),
  ];
}

/** What a command that writes a key file says first. */
export function wroteLines(call: Call, ceremony: Ceremony): readonly Line[] {
  const verb = call.flag('dry-run') ? 'Would write' : 'Wrote';
  return [[green(verb), ` a file of registry ${ceremony.registry}:`], ...ceremonyLines(ceremony)];
}

function demandLines({
  by,
  threshold,
  signed,
  missing,
  refused,
  met,
}: Ceremony['demands'][number]): readonly Line[] {
  const who = signed.length === 0 ? 'nobody yet' : signed.join(', ');
  return [
    [met ? green('  ✓ ') : yellow('  · '), `${by} demands ${threshold}: ${who}`],
    ...(met || missing.length === 0 ? [] : [`    may still sign: ${missing.join(', ')}`]),
    ...Object.entries(refused).map(([name, problem]): Line => ['    ', red(name), `: ${problem}`]),
  ];
}
