import { nextPageOf } from '../../../core/downloads/release-assets.ts';
import { SheafError } from '../../../core/errors.ts';
import { LIMITS } from '../../../core/limits.ts';
import type { Environment } from '../credentials.ts';
import type { Http, HttpChange, HttpResponse } from '../http.ts';
import { collect } from '../http-body.ts';
import { statusError } from '../http-errors.ts';

/** GitLab's REST API, version 4. Paths are relative to its base: `projects/7/merge_requests`. */
export interface GitlabClient {
  get(path: string): Promise<unknown>;
  /** The same; undefined when there is nothing, or nothing that may be seen. */
  find(path: string): Promise<unknown>;
  /**
   * All items of a list, page by page.
   *
   * @throws SheafError `SHEAF_SIZE` for more than `LIMITS.forgePages` pages.
   */
  list(path: string): Promise<readonly unknown[]>;
  /** Changes something, once; undefined when the answer has one of the statuses that the caller expects. */
  change(
    method: HttpChange['method'],
    path: string,
    body: unknown,
    expected?: readonly number[],
  ): Promise<unknown>;
}

/**
 * A client of a server.
 *
 * @param api base address, with a slash at its end: `https://gitlab.com/api/v4/`.
 */
export function createGitlabClient(http: Http, api: string, environment: Environment): GitlabClient {
  const { origin } = new URL(api);
  // Without it, `http` sends the credentials that it has for the host.
  const token = environment['GITLAB_TOKEN'];
  const headers: Readonly<Record<string, string>> = {
    accept: 'application/json',
    ...(token === undefined || token === '' ? {} : { authorization: `Bearer ${token}` }),
  };

  async function read(url: string): Promise<HttpResponse> {
    const response = await http.get(url, { maxBytes: LIMITS.forgePageBytes, headers, judgesRefusals: true });
    if (response.status === 200) return response;
    response.discard();
    throw refusalOf(response);
  }

  const get: GitlabClient['get'] = async (path) => bodyOf(await read(new URL(path, api).href));

  return {
    get,
    async find(path) {
      try {
        return await get(path);
      } catch (error) {
        if (error instanceof SheafError && error.details['status'] === 404) return undefined;
        throw error;
      }
    },
    async list(path) {
      const items: unknown[] = [];
      let page: string | undefined = new URL(`${path}${path.includes('?') ? '&' : '?'}per_page=100`, api)
        .href;
      for (let count = 0; page !== undefined; count += 1) {
        if (count === LIMITS.forgePages) {
          throw new SheafError('SHEAF_SIZE', `${path} has more than ${LIMITS.forgePages} pages.`);
        }
        const response: HttpResponse = await read(page);
        const body = await bodyOf(response);
        if (!Array.isArray(body))
          throw new SheafError('SHEAF_NETWORK', `GitLab's answer for ${path} is no list.`);
        items.push(...(body as unknown[]));
        const next = nextPageOf(response.headers['link']);
        // A forge must not send the token that it was given on to somebody else.
        if (next !== undefined && new URL(next, api).origin !== origin) {
          throw new SheafError(
            'SHEAF_NETWORK',
            `${new URL(api).host} sends to another host for the next page.`,
          );
        }
        page = next;
      }
      return items;
    },
    async change(method, path, body, expected = []) {
      const response = await http.change(new URL(path, api).href, {
        method,
        maxBytes: LIMITS.forgePageBytes,
        headers: { ...headers, 'content-type': 'application/json' },
        body: new TextEncoder().encode(JSON.stringify(body)),
        judgesRefusals: true,
      });
      if (response.status >= 200 && response.status < 300) return bodyOf(response);
      response.discard();
      if (expected.includes(response.status)) return undefined;
      throw refusalOf(response);
    },
  };
}

async function bodyOf({ body, url }: HttpResponse): Promise<unknown> {
  const bytes = await collect(body);
  if (bytes.byteLength === 0) return {};
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new SheafError('SHEAF_NETWORK', `${new URL(url).host} answered with something that is not JSON.`, {
      hint: 'Check that CI_API_V4_URL is the address of a GitLab server.',
      cause: error,
    });
  }
}

function refusalOf({ status, url }: HttpResponse): SheafError {
  if (status !== 401 && status !== 403) return statusError(status, url);
  const { host } = new URL(url);
  return new SheafError('SHEAF_AUTHENTICATION', `${host} wants a token that may do this (${status}).`, {
    hint: 'Put one with the scope api into GITLAB_TOKEN.',
    details: { host, status },
  });
}
