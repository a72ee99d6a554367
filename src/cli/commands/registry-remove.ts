import { registryRemove } from '../../ops/registries/registry-remove.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, green } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const { alias, id } = await registryRemove(await call.client(), requiredArgument(call, 0));
  return {
    data: { alias, id },
    lines: () => [[green('Removed'), ' ', bold(alias), ` (${id}); installed plugins stay.`]],
  };
}
