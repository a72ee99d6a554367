import { listCache } from '../../ops/cache.ts';
import { cachePath } from '../../wiring/places.ts';
import type { Call, Outcome } from '../call.ts';
import { count, formatBytes } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const contents = await listCache(await call.client());
  return {
    data: { ...contents },
    lines: () => [
      `${count(contents.objects, 'object')}, ${formatBytes(contents.bytes)}, in ${cachePath(call.environment)}`,
    ],
  };
}
