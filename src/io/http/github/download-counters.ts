import { readReleasePage } from '../../../core/downloads/release-assets.ts';
import { SheafError } from '../../../core/errors.ts';
import { parseInstant } from '../../../core/instant.ts';
import type { DownloadCounters, Forge } from '../../../core/publishing-ports.ts';
import { createGithubClient, type GithubClientOptions } from './client.ts';
import { statusOf } from './refusals.ts';

/** Reads download counters by GitHub's REST interface. */
export function createGithubForge(options: GithubClientOptions): Forge {
  const { server } = options;
  const client = createGithubClient(options);
  const { host } = new URL(server.api);

  async function counters(repository: string): Promise<DownloadCounters> {
    const byUrl = new Map<string, number>();
    try {
      for await (const page of client.pages(`repos/${repository}/releases`)) {
        for (const [url, downloads] of readReleasePage(page, host)) byUrl.set(url, downloads);
      }
    } catch (error) {
      return countersOf(error);
    }
    return { kind: 'counts', byUrl };
  }

  return { prefix: server.prefix, counters };
}

/** What an answer without a list means. */
function countersOf(error: unknown): DownloadCounters {
  if (!(error instanceof SheafError)) throw error;
  // 451: taken away by order of a court.
  if ([404, 410, 451].includes(statusOf(error) ?? 0)) return { kind: 'missing' };
  const { limited, until } = error.details;
  if (limited !== true) throw error;
  const time = typeof until === 'string' ? parseInstant(until) : undefined;
  return { kind: 'limited', ...(time === undefined ? {} : { until: time }) };
}
