import { SheafError } from '../../core/errors.ts';
import type { GivenWaiver } from '../../core/reviewing/merge-message.ts';
import { quote } from '../../core/text.ts';
import { judgeChange } from '../../ops/submissions/judge-change.ts';
import { type MergedSubmission, mergeSubmission } from '../../ops/submissions/merge-submission.ts';
import { connectForge, connectMerging } from '../../wiring/review-work.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { reviewPlace } from '../open-review-work.ts';
import { bold, green, type Line } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const place = reviewPlace(call, requiredArgument(call, 0));
  const { target, openTrees, clock } = connectMerging(place, call);
  const waivers = call.values('waive').map(waiverOf);
  const waive = waivers.map(({ rule }) => rule);
  const judge = async (
    base: string,
    head: string,
  ): ReturnType<Parameters<typeof mergeSubmission>[0]['judge']> =>
    (await judgeChange({ trees: await openTrees(base, head), clock }, { waive })).findings;
  const dryRun = call.flag('dry-run');
  const ref = call.value('ref');
  const merges: (MergedSubmission & { readonly head: string })[] = [];
  for (const head of call.values('head')) {
    const title = call.value('title') ?? `Merge ${head.slice(0, 12)}`;
    const request = { head, title, waivers, dryRun, ...(ref === undefined ? {} : { ref }) };
    merges.push({ head, ...(await mergeSubmission({ target, judge, clock }, request)) });
  }
  const commit = merges.findLast(({ state }) => state === 'merged')?.commit;
  const dispatch = call.value('dispatch');
  if (commit !== undefined && dispatch !== undefined && !dryRun) {
    const { forge, close } = connectForge(call.value('forge') ?? 'github', call.value('repository'), call);
    try {
      await forge.dispatch(dispatch, place.into, { commit });
    } finally {
      await close();
    }
  }
  return {
    data: { into: place.into, merges, dryRun },
    lines: () => merges.map((one) => lineOf(one, place.into, dryRun)),
  };
}

function waiverOf(text: string): GivenWaiver {
  const [, rule, by] = /^([a-z0-9-]+):(\S{1,100})$/.exec(text) ?? [];
  if (rule !== undefined && by !== undefined) return { rule, by };
  throw new SheafError('SHEAF_USAGE', `--waive ${quote(text)} does not say rule and person.`, {
    hint: 'Write for example: --waive name-distance:alice.',
  });
}

function lineOf(
  { head, state, commit }: MergedSubmission & { readonly head: string },
  into: string,
  dryRun: boolean,
): Line {
  if (state === 'present') return [`${into} has ${head} already.`];
  if (dryRun) return [`Would merge ${head} into ${into}.`];
  return [green('Merged'), ` ${head} into ${into} as `, bold(commit), '.'];
}
