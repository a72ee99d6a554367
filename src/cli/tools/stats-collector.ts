import { formatInstant } from '../../core/instant.ts';
import { collectDownloads, writeTrending } from '../../ops/reviews/collect-downloads.ts';
import { connectDownloads, GITHUB } from '../../wiring/downloads.ts';
import { runTool } from '../run-tool.ts';

/** Adds download counts to the facts of a registry: tools/stats-collector. */
export function main(): Promise<void> {
  const usage = {
    usage: 'stats-collector REGISTRY [--facts DIR] [--api URL] [--files URL] [--trending yes]',
    positionals: ['REGISTRY'],
    options: ['facts', 'api', 'files', 'trending'],
  };
  return runTool(usage, async (call) => {
    const { facts, api = GITHUB.api, files: prefix = GITHUB.prefix, trending } = call.values;
    const ports = connectDownloads(call.positionals[0] ?? '.', facts, { api, prefix }, call);
    try {
      const { until, ...counted } = await collectDownloads(ports);
      const answer = {
        ...counted,
        ...(until === undefined ? {} : { until: formatInstant(until) }),
        ...(trending === 'yes' ? { trending: await writeTrending(ports) } : {}),
      };
      return `${JSON.stringify(answer, undefined, 2)}\n`;
    } finally {
      await ports.close();
    }
  });
}
