import { getConfig } from '../../ops/config.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';

export async function run(call: Call): Promise<Outcome> {
  const key = requiredArgument(call, 0);
  const value = await getConfig(await call.client(), key);
  return { data: { key, value: value ?? null }, lines: () => (value === undefined ? [] : [value]) };
}
