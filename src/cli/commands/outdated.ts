import { outdated } from '../../ops/plugins/outdated.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, red } from '../render/line.ts';
import { tableLines } from '../render/table.ts';

export async function run(call: Call): Promise<Outcome> {
  const plugins = await outdated(await call.client(), { prereleases: call.flag('prerelease') });
  return {
    data: { plugins },
    lines: () =>
      plugins.length === 0
        ? ['Everything is up to date.']
        : tableLines(
            ['PLUGIN', 'INSTALLED', 'ALLOWED', 'NEWEST', 'REGISTRY', ''],
            plugins.map(({ name, installed, allowed, newest, registry, yanked, advisories = [] }) => [
              bold(name),
              installed,
              allowed,
              newest,
              registry,
              red([...advisories, ...(yanked === undefined ? [] : [`withdrawn: ${yanked}`])].join('; ')),
            ]),
            call.columns,
          ),
  };
}
