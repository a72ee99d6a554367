import { pluginName } from '../../core/plugin-name.ts';
import { verify } from '../../ops/plugins/verify.ts';
import type { Call, Outcome } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { ageDocuments, ageLines } from '../render/audit.ts';
import { bold, green, type Line, red } from '../render/line.ts';
import { count } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const { plugins, registries } = await verify(await call.client(), call.arguments.map(pluginName));
  const faulty = plugins.filter(({ faults }) => faults.length > 0);
  return {
    data: { plugins, registries: ageDocuments(registries) },
    lines: () => [
      ...faulty.flatMap(({ name, version, faults }): readonly Line[] => [
        [red('✗'), ' ', bold(name), ` ${version}`],
        ...faults.map((fault) => `    ${fault}`),
      ]),
      faulty.length === 0
        ? [green('✓'), ` ${count(plugins.length, 'plugin')} as signed.`]
        : `${faulty.length} of ${count(plugins.length, 'plugin')} not as signed.`,
      ...ageLines(registries),
    ],
    ...(faulty.length === 0 ? {} : { exitStatus: EXIT_STATUS.SHEAF_MODIFIED }),
  };
}
