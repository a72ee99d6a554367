import { affectingProject } from '../../ops/plugins/affecting-project.ts';
import { fetchNames } from '../../ops/plugins/keep-names.ts';
import { sync } from '../../ops/registries/sync.ts';
import type { Call, Outcome } from '../call.ts';
import { auditLines } from '../render/audit.ts';
import { bold, dim, green, type Line } from '../render/line.ts';
import { formatBytes } from '../render/size.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = await call.client();
  const registries = await sync(ports, { aliases: call.arguments, full: call.flag('full') });
  const affecting = await affectingProject(ports);
  // Only people complete names, and they sit at terminals.
  if (call.columns !== undefined) await fetchNames(ports, call.arguments);
  return {
    data: { registries, affecting },
    lines: () =>
      registries.length === 0
        ? ['No registry is configured; add one with: sheaf registry add URL']
        : [
            ...registries.map(
              ({ alias, checkpoint, changed, bytes, ms }): Line => [
                bold(alias),
                ` ${checkpoint.epoch}-${checkpoint.version} `,
                changed ? green('new') : 'unchanged',
                dim(`  ${formatBytes(bytes)} in ${ms} ms`),
              ],
            ),
            ...(affecting.length === 0
              ? []
              : ['', 'Of the plugins of this project:', ...auditLines(affecting)]),
          ],
  };
}
