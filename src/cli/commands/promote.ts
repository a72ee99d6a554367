import { SheafError } from '../../core/errors.ts';
import { parsePluginSpec } from '../../core/plugin-spec.ts';
import type { GrantedTier, Promotion } from '../../core/promotion/judge-promotion.ts';
import { promotionDocument } from '../../core/promotion/report.ts';
import { quote } from '../../core/text.ts';
import { isVersion, type Version } from '../../core/version.ts';
import { type PromotionStep, promote, type StandingChange } from '../../ops/reviews/promote.ts';
import { openStandingPorts } from '../../wiring/standing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { EXIT_STATUS } from '../exit-codes.ts';
import { instantValue } from '../instant-value.ts';
import { ceremonyLines } from '../render/ceremony.ts';
import { bold, dim, green, type Line, red, yellow } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = openStandingPorts(call.value('registry') ?? '.', call.value('facts'), call);
  const { name, range } = parsePluginSpec(requiredArgument(call, 0));
  const date = call.value('date');
  const step = await promote(ports, {
    plugin: name,
    ...(range === undefined ? {} : { version: oneVersion(range) }),
    change: changeOf(call),
    ...(date === undefined ? {} : { date: instantValue('--date', date) }),
    dryRun: call.flag('dry-run'),
  });
  const { promotion, ceremony, ...rest } = step;
  return {
    data: {
      ...rest,
      promotion: promotion === undefined ? null : promotionDocument(promotion),
      ceremony: ceremony ?? null,
    },
    lines: () => [
      titleOf(step),
      ...criterionLines(promotion),
      ...(ceremony === undefined ? [] : ceremonyLines(ceremony)),
    ],
    ...(step.state === 'unmet' ? { exitStatus: EXIT_STATUS.SHEAF_POLICY } : {}),
  };
}

/** The one change that the options name. */
function changeOf(call: Call): StandingChange {
  const [to, revoke, reason] = [call.value('to'), call.value('revoke'), call.value('reason')];
  const [quarantine, release] = [call.flag('quarantine'), call.flag('release')];
  const asked = [to !== undefined, revoke !== undefined, quarantine, release].filter(Boolean).length;
  if (asked !== 1) {
    throw new SheafError('SHEAF_USAGE', 'One change at a time: --to, --revoke, --quarantine or --release.', {
      hint: 'Write for example: sheaf promote graph-lens --to native.',
    });
  }
  const advisory = call.value('advisory');
  if (advisory !== undefined && !release) {
    throw new SheafError('SHEAF_USAGE', '--advisory names what --release lifts.', { hint: 'Leave it out.' });
  }
  // The table lists the tiers.
  if (to !== undefined)
    return { kind: 'grant-tier', tier: to as GrantedTier, ...(reason === undefined ? {} : { reason }) };
  if (reason === undefined) {
    throw new SheafError('SHEAF_USAGE', 'Nothing tells the reason.', {
      hint: 'Add --reason TEXT, one line for those whom it concerns.',
    });
  }
  if (revoke !== undefined) return { kind: 'revoke-tier', tier: revoke as GrantedTier, reason };
  if (quarantine) return { kind: 'quarantine', reason };
  return { kind: 'release', reason, ...(advisory === undefined ? {} : { advisory }) };
}

function oneVersion(range: string): Version {
  if (isVersion(range)) return range;
  throw new SheafError('SHEAF_USAGE', `${quote(range)} is not one version.`, {
    hint: 'Write NAME@1.2.0 for one version, or NAME for all.',
  });
}

function titleOf({ plugin, kind, state, promotion }: PromotionStep): Line {
  if (kind !== 'grant-tier')
    return [bold(plugin), state === 'done' ? ': it counts at once' : ': it waits for signatures'];
  const to = promotion?.to ?? '';
  switch (state) {
    case 'unmet':
      return [bold(plugin), red(` does not meet what the tier ${to} demands`)];
    case 'waiting':
      return [bold(plugin), ` meets what the tier ${to} demands`, yellow('; the grant waits for signatures')];
    case 'done':
      return [bold(plugin), green(` has the tier ${to}`)];
    default:
      return state satisfies never;
  }
}

function criterionLines(promotion: Promotion | undefined): readonly Line[] {
  return (promotion?.criteria ?? []).flatMap(({ demand, met, evidence }): readonly Line[] => [
    [met ? green('  ✓ ') : red('  ✗ '), demand],
    ...evidence.map((sentence): Line => [dim(`      ${sentence}`)]),
  ]);
}
