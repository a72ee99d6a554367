import type { RangeChange } from '../../ops/plugins/pin.ts';
import type { Outcome } from '../call.ts';
import { bold, type Line } from './line.ts';

/** What pin and unpin say: the range of each plugin in sheaf.toml, before and after. */
export function rangeOutcome(plugins: readonly RangeChange[], dryRun: boolean): Outcome {
  return {
    data: { plugins, dryRun },
    lines: () =>
      plugins.map(({ name, from, to }): Line => {
        if (from === to) return [bold(name), ` stays at ${from}.`];
        return [bold(name), dryRun ? ` would go from ${from} to ${to}.` : `: ${from} → ${to}`];
      }),
  };
}
