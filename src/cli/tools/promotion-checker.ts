import { writePromotionMarkdown, writePromotionReport } from '../../core/promotion/report.ts';
import { promotionReport } from '../../ops/reviews/promotion-report.ts';
import { openStandingPorts } from '../../wiring/standing.ts';
import { runTool } from '../run-tool.ts';

/** Shows where every plugin stands on its way to the next tier: tools/promotion-checker. */
export function main(): Promise<void> {
  const usage = {
    usage: 'promotion-checker REGISTRY [--facts DIR] [--markdown FILE]',
    positionals: ['REGISTRY'],
    options: ['facts', 'markdown'],
  };
  return runTool(usage, async (call) => {
    const { facts, markdown } = call.values;
    const ports = openStandingPorts(call.positionals[0] ?? '.', facts, call);
    const report = await promotionReport(ports);
    if (markdown !== undefined) await ports.files.write(markdown, writePromotionMarkdown(report));
    return writePromotionReport(report);
  });
}
