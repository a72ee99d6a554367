import { reportDocument, writePromotionMarkdown, writePromotionReport } from '../../core/promotion/report.ts';
import { promotionReport } from '../../ops/reviews/promotion-report.ts';
import { openStandingPorts } from '../../wiring/standing.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { bold, green, type Line, yellow } from '../render/line.ts';

export async function run(call: Call): Promise<Outcome> {
  const ports = openStandingPorts(requiredArgument(call, 0), call.value('facts'), call);
  const report = await promotionReport(ports);
  const [out, markdown] = [call.value('out'), call.value('markdown')];
  if (out !== undefined) await ports.files.write(out, writePromotionReport(report));
  if (markdown !== undefined) await ports.files.write(markdown, writePromotionMarkdown(report));
  return {
    data: reportDocument(report),
    lines: (): readonly Line[] => [
      ...report.promotions.map(({ plugin, version, to, met, criteria }): Line => {
        const open = criteria.filter((one) => !one.met).length;
        const state = met ? green('ready') : `${criteria.length - open} of ${criteria.length} criteria met`;
        return [bold(plugin), ` ${version} → ${to}: `, state];
      }),
      ...report.unjudged.map(({ plugin, problem }): Line => [bold(plugin), ': ', yellow(problem)]),
    ],
  };
}
