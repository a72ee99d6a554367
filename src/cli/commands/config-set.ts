import { setConfig } from '../../ops/config.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';

export async function run(call: Call): Promise<Outcome> {
  const [key, value] = [requiredArgument(call, 0), requiredArgument(call, 1)];
  await setConfig(await call.client(), key, value);
  return { data: { key, value }, lines: () => [] };
}
