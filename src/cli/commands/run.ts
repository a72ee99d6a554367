import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { outcomeOf, withHost } from '../open-host.ts';

export async function run(call: Call): Promise<Outcome> {
  const [plugin, command] = [requiredArgument(call, 0), requiredArgument(call, 1)];
  const input = await inputOf(call);
  return withHost(call, async (host) => {
    const answered = await host.execute(plugin, command, input, { signal: call.signal });
    return outcomeOf(call, plugin, answered);
  });
}

async function inputOf(call: Call): Promise<unknown> {
  const given = call.arguments[2];
  if (given === undefined) return null;
  const isPiped = given === '-';
  const text = isPiped ? new TextDecoder().decode(await call.readInput(LIMITS.protocolLineBytes)) : given;
  try {
    return JSON.parse(text);
  } catch (cause) {
    const what = isPiped ? 'What comes from standard input' : 'The input';
    throw new SheafError('SHEAF_USAGE', `${what} is not JSON.`, {
      hint: 'A text needs quotes of its own: \'"like this"\'.',
      cause,
    });
  }
}
