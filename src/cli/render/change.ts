import { isEmptyPlan } from '../../core/resolution/plan.ts';
import type { Changed } from '../../ops/plugins/change-plugins.ts';
import type { Outcome } from '../call.ts';
import { bold, type Line } from './line.ts';
import { doneLine, planDocument, planLines } from './plan.ts';

/** What install, update and remove say: the plan, and unless it was a dry run, that it is done. */
export function changeOutcome({ plan, generation, notes }: Changed, dryRun: boolean): Outcome {
  return {
    data: {
      plan: planDocument(plan),
      ...(generation === undefined ? {} : { generation }),
      notes,
    },
    lines: () => [
      ...planLines(plan),
      ...(dryRun || generation === undefined || isEmptyPlan(plan) ? [] : [doneLine(plan, generation)]),
      ...notes.flatMap(({ plugin, text }): readonly Line[] => [
        '',
        [bold(plugin), ' says:'],
        ...text.split('\n').map((line) => `  ${line}`),
      ]),
    ],
  };
}
