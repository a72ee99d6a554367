import { buildPlugin } from '../../ops/authors/build-plugin.ts';
import { connectAuthor } from '../../wiring/author.ts';
import type { Call, Outcome } from '../call.ts';
import { buildLines } from '../render/built.ts';

export async function run(call: Call): Promise<Outcome> {
  const built = await buildPlugin(
    { ...connectAuthor(call), reporter: call.reporter },
    call.arguments[0] ?? '.',
  );
  return { data: { ...built }, lines: () => buildLines(built) };
}
