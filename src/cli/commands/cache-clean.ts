import { cleanCache } from '../../ops/cache.ts';
import type { Call, Outcome } from '../call.ts';
import { count, formatBytes } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const dryRun = call.flag('dry-run');
  const { objects, bytes } = await cleanCache(await call.client(), { dryRun });
  return {
    data: { objects, bytes, dryRun },
    lines: () => [
      `${dryRun ? 'Would delete' : 'Deleted'} ${count(objects, 'object')}, ${formatBytes(bytes)}.`,
    ],
  };
}
