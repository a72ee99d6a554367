import { rollback, type VersionChange } from '../../ops/plugins/rollback.ts';
import type { Call, Outcome } from '../call.ts';
import { bold, green, type Line, red, yellow } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const [number] = call.arguments;
  const dryRun = call.flag('dry-run');
  const { from, generation, changes, capabilities } = await rollback(await call.client(), {
    ...(number === undefined ? {} : { generation: Number(number) }),
    dryRun,
  });
  return {
    data: { from, generation, plan: { ...planOf(changes), capabilities } },
    lines: () => [
      ...changes.map(changeLine),
      dryRun
        ? `Set ${generation} would take the place of set ${from}.`
        : [green('Done'), `: set ${generation} is in place of set ${from}.`],
    ],
  };
}

/** The differences in the form that other changes have. */
function planOf(changes: readonly VersionChange[]): Readonly<Record<'add' | 'update' | 'remove', unknown>> {
  return {
    add: changes.flatMap(({ name, from, to }) => (from === undefined ? [{ name, version: to }] : [])),
    update: changes.flatMap(({ name, from, to }) =>
      from === undefined || to === undefined ? [] : [{ name, from, version: to }],
    ),
    remove: changes.flatMap(({ name, from, to }) => (to === undefined ? [{ name, version: from }] : [])),
  };
}

function changeLine({ name, from, to }: VersionChange): Line {
  if (from === undefined) return [green('+'), ' ', bold(name), ` ${to ?? ''}`];
  if (to === undefined) return [red('-'), ' ', bold(name), ` ${from}`];
  return [yellow('~'), ' ', bold(name), ` ${from} → ${to}`];
}
