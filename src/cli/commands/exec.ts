import { LIMITS } from '../../core/limits.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { outcomeOf, withHost } from '../open-host.ts';

export async function run(call: Call): Promise<Outcome> {
  const file = requiredArgument(call, 0);
  const language = call.required('language');
  const context = { signal: call.signal };
  return withHost(call, async (host) => {
    const executor = host.getExecutor(language);
    if (file !== '-') return outcomeOf(call, executor.plugin.id, await executor.executeFile(context, file));
    const code = new TextDecoder().decode(await call.readInput(LIMITS.protocolLineBytes));
    return outcomeOf(call, executor.plugin.id, await executor.execute(context, language, code));
  });
}
