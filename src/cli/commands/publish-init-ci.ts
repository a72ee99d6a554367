import { initCi } from '../../ops/publishing/init-ci.ts';
import { connectAuthor } from '../../wiring/author.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, green } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const dryRun = call.flag('dry-run');
  const written = await initCi(connectAuthor(call), {
    path: call.arguments[0] ?? '.',
    forge: call.value('forge') === 'gitlab' ? 'gitlab' : 'github',
    dryRun,
  });
  const { file, text, changed } = written;
  const verb = !changed ? 'Already there:' : dryRun ? 'Would write' : 'Wrote';
  return {
    data: { ...written, dryRun },
    lines: () => [
      ...(dryRun ? text.trimEnd().split('\n') : []),
      [green(verb), ' ', bold(file)],
      ...(dryRun ? [] : ['What it needs in the settings of the repository is said at its top.']),
    ],
  };
}
