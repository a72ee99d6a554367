import { isLocalOrigin } from '../../core/formats/lock-entries.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import { isEmptyPlan, type Plan, type PlannedChange } from '../../core/resolution/plan.ts';
import { bold, cyan, dim, green, type Line, red, yellow } from './line.ts';
import { count, formatBytes } from './size.ts';

/** A plan for people: one line a change, the powers it adds, and the sum. What `--dry-run` prints. */
export function planLines(plan: Plan): readonly Line[] {
  if (isEmptyPlan(plan)) return ['Nothing to do: everything is as it should be.'];
  return [
    ...plan.add.flatMap((change) => changeLines(green('+'), change)),
    ...plan.update.flatMap((change) => changeLines(yellow('~'), change)),
    ...plan.remove.map((removal): Line => [red('-'), ' ', bold(removal.name), ` ${removal.version}`]),
    summaryLine(plan),
  ];
}

function changeLines(sign: ReturnType<typeof green>, change: PlannedChange): readonly Line[] {
  const versions = change.from === undefined ? change.version : `${change.from} → ${change.version}`;
  const size = change.bytes === undefined ? '' : `, ${formatBytes(change.bytes)}`;
  return [
    [
      sign,
      ' ',
      bold(change.name),
      ` ${versions}`,
      dim(`  from ${change.registry}${size}`),
      ...(isLocalOrigin(change.registry) ? [yellow('  unverified')] : []),
    ],
    ...(change.newCapabilities.length === 0
      ? []
      : [['    ', cyan('new capabilities'), `: ${change.newCapabilities.join(', ')}`]]),
  ];
}

function summaryLine(plan: Plan): Line {
  const bytes = [...plan.add, ...plan.update].reduce((sum, change) => sum + (change.bytes ?? 0), 0);
  const parts = [
    ...(plan.add.length > 0 ? [`${plan.add.length} to add`] : []),
    ...(plan.update.length > 0 ? [`${plan.update.length} to update`] : []),
    ...(plan.remove.length > 0 ? [`${plan.remove.length} to remove`] : []),
    `${plan.keep.length} unchanged`,
    ...(bytes > 0 ? [`${formatBytes(bytes)} to download`] : []),
  ];
  return parts.join(', ');
}

/** What was done, after the plan was carried out. */
export function doneLine(plan: Plan, generation: number): Line {
  const changed = plan.add.length + plan.update.length + plan.remove.length;
  return [green('Done'), `: ${count(changed, 'plugin')} changed; this is set ${generation}.`];
}

/** The plan in `--json` documents, the same for a dry run and for a real one. */
export interface PlanDocument {
  readonly add: readonly PlannedChange[];
  readonly update: readonly PlannedChange[];
  readonly remove: readonly { readonly name: PluginName; readonly version: string }[];
  readonly capabilities: Readonly<Record<string, readonly string[]>>;
}

export function planDocument(plan: Plan): PlanDocument {
  return { add: plan.add, update: plan.update, remove: plan.remove, capabilities: plan.capabilities };
}
