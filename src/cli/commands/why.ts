import { pluginName } from '../../core/plugin-name.ts';
import { why } from '../../ops/plugins/why.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, dim, type Line, yellow } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const { name, version, chains } = await why(await call.client(), pluginName(requiredArgument(call, 0)));
  return {
    data: { name, ...(version === undefined ? {} : { version }), chains },
    lines: () => [
      [bold(name), version === undefined ? yellow(' not installed yet') : ` ${version}`],
      ...chains.map(
        (chain): Line => [
          '  sheaf.toml',
          ...chain.flatMap((link) => [dim(' → '), link.name, dim(` ${link.asked}`)]),
        ],
      ),
      ...(chains.length === 0 ? [[yellow('  Nothing needs it any more.')]] : []),
    ],
  };
}
