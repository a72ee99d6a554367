import { setTimeout as wait } from 'node:timers/promises';
import { nextPageOf } from '../../../core/downloads/release-assets.ts';
import { SheafError } from '../../../core/errors.ts';
import { LIMITS } from '../../../core/limits.ts';
import { listAt, optionalTextAt } from '../forge-answer.ts';
import type { Http, HttpChange, HttpResponse } from '../http.ts';
import { collect } from '../http-body.ts';
import type { GithubAddress } from './address.ts';
import { githubRefusal, isPassing, statusOf } from './refusals.ts';
import type { GithubToken } from './token.ts';

/**
 * GitHub's REST API. Paths are relative to its base: `repos/acme/registry`; what is put into them is escaped by the
 * caller. Every refusal is the `SheafError` of {@link githubRefusal}.
 */
export interface GithubClient {
  readonly server: GithubAddress;
  /** How long to wait before a second attempt, milliseconds. */
  readonly delay: number;
  /** Waits that many milliseconds. @throws SheafError `SHEAF_INTERRUPTED`. */
  pause(milliseconds: number): Promise<void>;
  /** The JSON at a path. */
  get(path: string): Promise<unknown>;
  /** The same; undefined when there is nothing, or nothing that may be seen. */
  find(path: string): Promise<unknown>;
  /**
   * All items of a list, page by page.
   *
   * @param key where the list is in an answer that is an object.
   * @throws SheafError `SHEAF_SIZE` for more than `LIMITS.forgePages` pages.
   */
  list(path: string, key?: string): Promise<readonly unknown[]>;
  /** The bytes at a path, for an `accept` header that asks for something else than JSON; undefined without any. */
  bytes(path: string, accept: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Changes something, once. After an error of which `isPassing` is true nobody knows whether it was done. */
  change(method: HttpChange['method'], path: string, body?: unknown): Promise<unknown>;
  /** Sends a file to an address that the API has named. */
  upload(url: string, bytes: Uint8Array): Promise<unknown>;
  /** What the pages of a list consist of, unparsed. */
  pages(path: string): AsyncIterable<Uint8Array>;
}

/** How to reach a server. */
export interface GithubClientOptions {
  readonly http: Http;
  readonly server: GithubAddress;
  /** Finds the token, when it is first needed; without one `http` sends the credentials that it has for the host. */
  readonly token?: () => Promise<GithubToken | undefined>;
  /** Before the second attempt; `LIMITS.forgeDelay` when absent. */
  readonly delay?: number;
  /** Breaks off the waiting; requests are broken off by that of `http`. */
  readonly signal?: AbortSignal;
}

const JSON_TYPE = 'application/vnd.github+json';

/** A client of a server. */
export function createGithubClient(options: GithubClientOptions): GithubClient {
  const { http, server, delay = LIMITS.forgeDelay } = options;
  const { origin } = new URL(server.api);
  let found: Promise<GithubToken | undefined> | undefined;
  const findToken = async (): Promise<GithubToken | undefined> => await (found ??= options.token?.());

  async function headersFor(accept: string): Promise<Record<string, string>> {
    const token = await findToken();
    return {
      accept,
      'x-github-api-version': '2022-11-28',
      ...(token === undefined ? {} : { authorization: `Bearer ${token.value}` }),
    };
  }

  async function pause(milliseconds: number): Promise<void> {
    const { signal } = options;
    await wait(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    if (signal?.aborted === true) throw new SheafError('SHEAF_INTERRUPTED', 'The wait was interrupted.');
  }

  /** Errors of the server pass, and reading twice does no harm. */
  async function read(url: string, accept: string, maxBytes: number): Promise<HttpResponse> {
    for (let attempt = 1; ; attempt += 1) {
      const response = await http.get(url, {
        maxBytes,
        headers: await headersFor(accept),
        judgesRefusals: true,
      });
      if (response.status === 200) return response;
      const error = await refusalOf(response, false);
      if ((statusOf(error) ?? 0) < 500 || attempt === LIMITS.forgeAttempts) throw error;
      await pause(delay * 2 ** (attempt - 1));
    }
  }

  async function refusalOf(response: HttpResponse, isChange: boolean): Promise<SheafError> {
    const { status, headers, url } = response;
    // Pages of a proxy in between are no JSON, and what they say is of no use to anybody.
    const body = await collect(response.body)
      .then(jsonOf)
      .catch(() => undefined);
    return githubRefusal(
      { status, headers, url, isChange, said: saidIn(body), now: Date.now() },
      await findToken(),
    );
  }

  async function send(url: string, request: HttpChange): Promise<unknown> {
    const response = await http.change(url, { ...request, judgesRefusals: true });
    if (response.status < 200 || response.status >= 300) throw await refusalOf(response, true);
    const bytes = await collect(response.body);
    return bytes.byteLength === 0 ? undefined : parsed(bytes, response.url);
  }

  async function* pages(path: string): AsyncGenerator<Uint8Array, void, undefined> {
    const query = path.includes('?') ? '&' : '?';
    let page: string | undefined = addressOf(`${path}${query}per_page=100`);
    for (let count = 0; page !== undefined; count += 1) {
      if (count === LIMITS.forgePages) {
        throw new SheafError('SHEAF_SIZE', `${path} has more than ${LIMITS.forgePages} pages.`);
      }
      const response = await read(page, JSON_TYPE, LIMITS.forgePageBytes);
      yield await collect(response.body);
      page = nextPage(response, origin);
    }
  }

  function addressOf(path: string): string {
    return new URL(path, server.api).href;
  }

  const get: GithubClient['get'] = async (path) => {
    const response = await read(addressOf(path), JSON_TYPE, LIMITS.forgePageBytes);
    return parsed(await collect(response.body), response.url);
  };

  return {
    server,
    delay,
    pause,
    get,
    pages,
    find: (path) => unlessMissing(get(path)),
    async list(path, key = '') {
      const items: unknown[] = [];
      for await (const bytes of pages(path)) items.push(...listAt(parsed(bytes, server.api), key));
      return items;
    },
    async bytes(path, accept, maxBytes) {
      const response = await unlessMissing(read(addressOf(path), accept, maxBytes));
      return response === undefined ? undefined : await collect(response.body);
    },
    change: async (method, path, body) =>
      await send(addressOf(path), {
        method,
        maxBytes: LIMITS.forgePageBytes,
        headers: { ...(await headersFor(JSON_TYPE)), 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: new TextEncoder().encode(JSON.stringify(body)) }),
      }),
    async upload(url, bytes) {
      const { origin: target } = new URL(url);
      // The token goes along, so it must not go wherever an answer says.
      if (target !== origin && target !== 'https://uploads.github.com') {
        throw new SheafError('SHEAF_NETWORK', `${new URL(server.api).host} sends uploads to another host.`);
      }
      return await send(url, {
        method: 'POST',
        maxBytes: LIMITS.forgePageBytes,
        headers: { ...(await headersFor(JSON_TYPE)), 'content-type': 'application/octet-stream' },
        body: bytes,
      });
    },
  };
}

/**
 * Creates something once, also when the answer gets lost, the server stumbles or somebody else creates it at the same
 * time: then it looks whether it is there, and sends a second time only if not.
 */
export async function createOnce<T>(send: () => Promise<T>, look: () => Promise<T | undefined>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    const isThere = error instanceof SheafError && error.code === 'SHEAF_EXISTS';
    if (!isThere && !isPassing(error)) throw error;
    const found = await look();
    if (found !== undefined) return found;
    if (isThere) throw error;
  }
  try {
    return await send();
  } catch (error) {
    // What was not to be seen a moment ago may be there all the same.
    if (!(error instanceof SheafError) || error.code !== 'SHEAF_EXISTS') throw error;
    const found = await look();
    if (found !== undefined) return found;
    throw error;
  }
}

async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    const status = statusOf(error);
    if (status === 404 || status === 410) return undefined;
    throw error;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

function parsed(bytes: Uint8Array, url: string): unknown {
  try {
    return jsonOf(bytes);
  } catch (error) {
    throw new SheafError('SHEAF_NETWORK', `${new URL(url).host} answered with something that is not JSON.`, {
      hint: 'Check that GITHUB_API_URL, where it is set, is the address of a GitHub server.',
      cause: error,
    });
  }
}

/** `message`, and what is wrong with which field. */
function saidIn(body: unknown): readonly string[] {
  const message = optionalTextAt(body, 'message');
  const errors = (body as { readonly errors?: unknown } | undefined | null)?.errors;
  const faults = (Array.isArray(errors) ? errors : []).map((fault: unknown) =>
    typeof fault === 'string'
      ? fault
      : (optionalTextAt(fault, 'message') ??
        [optionalTextAt(fault, 'field'), optionalTextAt(fault, 'code')]
          .filter((one) => one !== undefined)
          .join(' ')),
  );
  return [...(message === undefined ? [] : [message]), ...faults].filter((one) => one !== '');
}

/** A forge must not send the token that it was given on to somebody else. */
function nextPage({ headers, url }: HttpResponse, origin: string): string | undefined {
  const next = nextPageOf(headers['link']);
  if (next === undefined) return undefined;
  const address = URL.canParse(next, url) ? new URL(next, url) : undefined;
  if (address?.origin === origin) return address.href;
  throw new SheafError('SHEAF_NETWORK', `${new URL(url).host} sends to another host for the next page.`);
}
