import { listConfig } from '../../ops/config.ts';
import type { Call, Outcome } from '../call.ts';
import { bold } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const settings = await listConfig(await call.client());
  return { data: { settings }, lines: () => settings.map(({ key, value }) => [bold(key), ` = ${value}`]) };
}
