import { nextPageOf, readReleasePage } from '../../core/downloads/release-assets.ts';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { DownloadCounters, Forge } from '../../core/publishing-ports.ts';
import type { Http, HttpResponse } from './http.ts';
import { collect } from './http-body.ts';
import { authenticationError, statusError } from './http-errors.ts';

/** Where a forge with GitHub's interface is. */
export interface GithubAddress {
  /** `https://api.github.com/`, or that of a server of one's own, with a slash at its end. */
  readonly api: string;
  /** What addresses of its files begin with: `https://github.com/`. */
  readonly prefix: string;
}

/** Reads download counters by GitHub's REST interface, with the token that the environment has for its host. */
export function createGithubForge(http: Http, { api, prefix }: GithubAddress): Forge {
  const { origin } = new URL(api);

  async function counters(repository: string): Promise<DownloadCounters> {
    const byUrl = new Map<string, number>();
    let page: string | undefined = new URL(`repos/${repository}/releases?per_page=100`, api).href;
    for (let count = 0; page !== undefined; count += 1) {
      if (count === LIMITS.forgePages) {
        throw new SheafError(
          'SHEAF_SIZE',
          `${repository} has more than ${LIMITS.forgePages} pages of releases.`,
        );
      }
      const response: HttpResponse = await http.get(page, {
        maxBytes: LIMITS.forgePageBytes,
        headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
        judgesRefusals: true,
      });
      if (response.status !== 200) {
        response.discard();
        return refusalOf(response);
      }
      const bytes = await collect(response.body);
      for (const [url, downloads] of readReleasePage(bytes, new URL(api).host)) byUrl.set(url, downloads);
      page = nextPage(response, origin);
    }
    return { kind: 'counts', byUrl };
  }

  return { prefix, counters };
}

/** What an answer without a list means. GitHub says "later" with 403 as well as with 429. */
function refusalOf({ status, headers, url }: HttpResponse): DownloadCounters {
  if (status === 404 || status === 410 || status === 451) return { kind: 'missing' };
  const retryAfter = Number(headers['retry-after'] ?? Number.NaN);
  const isSpent = headers['x-ratelimit-remaining'] === '0';
  if (status === 429 || (status === 403 && (isSpent || !Number.isNaN(retryAfter)))) {
    const reset = isSpent ? Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1000 : Number.NaN;
    return { kind: 'limited', ...(Number.isSafeInteger(reset) ? { until: reset } : {}) };
  }
  if (status === 401 || status === 403) throw authenticationError(status, new URL(url), false);
  throw statusError(status, url);
}

/** A forge must not send the token that it was given on to somebody else. */
function nextPage({ headers, url }: HttpResponse, origin: string): string | undefined {
  const next = nextPageOf(headers['link']);
  if (next === undefined) return undefined;
  const address = URL.canParse(next, url) ? new URL(next, url) : undefined;
  if (address?.origin === origin) return address.href;
  throw new SheafError('SHEAF_NETWORK', `${new URL(url).host} sends to another host for the next page.`);
}
