import type { Readable } from 'node:stream';
import type { Dispatcher, request } from 'undici';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { type Credentials, createCredentials, type Environment } from './credentials.ts';
import { readBody, tooLong } from './http-body.ts';
import { authenticationError, networkError, stallError } from './http-errors.ts';
import { allowedUrl, redirectTarget } from './http-url.ts';
import { type ConnectionGuard, guardedLookup, refusedLiteral } from './public-network.ts';

/** One bounded GET. */
export interface HttpRequest {
  /** Bytes of the body after decompression; one more is a refusal. */
  readonly maxBytes: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Asks for the bytes from here on (RFC 9110 §14.2), if the entity tag is still `etag` (§13.1.5). */
  readonly range?: { readonly from: number; readonly etag?: string };
  readonly signal?: AbortSignal;
  /** The caller judges 401 and 403, too: some services say "later" with them. */
  readonly judgesRefusals?: boolean;
  /** Told of every chunk as it came over the wire, before decompression. */
  readonly onReceived?: (bytes: number) => void;
}

/** One request that may change what a server has. */
export interface HttpChange extends HttpRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: Uint8Array;
}

/** What a server answered. The body is read once, or given up with `discard`. */
export interface HttpResponse {
  readonly status: number;
  /** The address that answered in the end, after redirects. */
  readonly url: string;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** @throws SheafError `SHEAF_SIZE` or `SHEAF_NETWORK` while it is read. */
  readonly body: AsyncIterable<Uint8Array>;
  discard(): void;
}

/** Fetches over HTTP. */
export interface Http {
  /**
   * Follows at most `LIMITS.redirects` redirects. Statuses other than 401 and 403 are the caller's to judge, and
   * those where it says so.
   *
   * @throws SheafError `SHEAF_NETWORK`, `SHEAF_AUTHENTICATION`, `SHEAF_OFFLINE`, `SHEAF_SIZE`, `SHEAF_USAGE` for
   * an address that may not be fetched, `SHEAF_INTERRUPTED`.
   */
  get(url: string, request: HttpRequest): Promise<HttpResponse>;
  /**
   * Sends a change once: it is never repeated, and never sent on to where the server redirects, which is the caller's
   * to judge. Throws as `get`; after `SHEAF_NETWORK` nobody knows whether the change was made.
   */
  change(url: string, request: HttpChange): Promise<HttpResponse>;
  /** Closes the connections that are kept open for the next request. */
  close(): Promise<void>;
}

/** When a host has had its chance: milliseconds and bytes; `LIMITS` where absent. */
export interface Patience {
  readonly connectTimeout?: number;
  readonly stallTime?: number;
  readonly stallBytes?: number;
}

/** How to fetch. */
export interface HttpOptions extends Patience {
  readonly offline: boolean;
  /** Proxies (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, lower case too) and, unless given, credentials. */
  readonly environment: Environment;
  readonly credentials?: Credentials;
  /** Version of sheaf, for the User-Agent. */
  readonly version?: string;
  /** Breaks off every request that has no signal of its own. */
  readonly signal?: AbortSignal;
  /** Also plain HTTP to hosts other than this machine: for closed networks, where a person asked for it. */
  readonly allowPlainHttp?: boolean;
  /** Where it may connect to; anywhere when absent. With it no proxy is used, which would look names up itself. */
  readonly guard?: ConnectionGuard;
}

/** The library, once it is loaded: what sends, and what keeps connections and knows the proxies. */
interface Client {
  readonly send: typeof request;
  readonly dispatcher: Dispatcher;
}

type Answer = Awaited<ReturnType<typeof request>>;

// What identifies a person to one host must not reach the next one.
const PRIVATE_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization']);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** A body this short is cheaper to read to its end than a new connection. */
const DRAIN_BYTES = 16 * 1024;
const DRAIN_TIME = 1000;

/** The HTTP client of sheaf: bounded in time and bytes, credentials only to the host they belong to. */
export function createHttp(options: HttpOptions): Http {
  const credentials = options.credentials ?? createCredentials(options.environment);
  const stallTime = options.stallTime ?? LIMITS.stallTime;
  const stallBytes = options.stallBytes ?? LIMITS.stallBytes;
  const connectTimeout = options.connectTimeout ?? LIMITS.connectTimeout;
  let client: Promise<Client> | undefined;

  async function get(url: string, asked: HttpRequest): Promise<HttpResponse> {
    const { first, request, client } = await open(url, asked);
    let current = first;
    for (let hop = 0; ; hop += 1) {
      const response = await send(client, current, request, current.origin === first.origin);
      const target = REDIRECTS.has(response.status) ? response.headers.location : undefined;
      if (target === undefined) return response;
      response.discard();
      if (hop === LIMITS.redirects) {
        throw new SheafError('SHEAF_NETWORK', `${first.host} redirects more than ${LIMITS.redirects} times.`);
      }
      current = redirectTarget(current, target, options.allowPlainHttp === true);
    }
  }

  async function change(url: string, asked: HttpChange): Promise<HttpResponse> {
    const { first, request, client } = await open(url, asked);
    return send(client, first, request, true);
  }

  async function open<T extends HttpRequest>(
    url: string,
    asked: T,
  ): Promise<{ readonly first: URL; readonly request: T; readonly client: Client }> {
    const request = options.signal === undefined ? asked : { signal: options.signal, ...asked };
    const first = allowedUrl(url, options.allowPlainHttp === true);
    if (options.offline) {
      throw new SheafError(
        'SHEAF_OFFLINE',
        `${first.host} would have to be asked, and --offline forbids it.`,
        {
          hint: 'Run the command once without --offline, while there is a network.',
        },
      );
    }
    client ??=
      options.guard === undefined
        ? openClient(options.environment, connectTimeout)
        : openGuardedClient(options.guard, connectTimeout);
    return { first, request, client: await client };
  }

  async function send(
    client: Client,
    url: URL,
    request: HttpRequest & Partial<HttpChange>,
    sameOrigin: boolean,
  ): Promise<HttpResponse> {
    const headers = await requestHeaders(url, request, sameOrigin);
    const watchdog = new AbortController();
    // Covers what no timeout of the library does: a proxy that takes the connection and then says nothing.
    // An upload may take as long as it would at the least speed that is put up with.
    const sending = ((request.body?.byteLength ?? 0) / stallBytes) * 1000;
    const patience = connectTimeout + stallTime + sending;
    const timer = setTimeout(() => watchdog.abort(stallError(url, patience)), patience);
    const signals = [watchdog.signal, ...(request.signal === undefined ? [] : [request.signal])];
    try {
      const signal = AbortSignal.any(signals);
      const answer = await unlessAborted(
        client.send(url, {
          dispatcher: client.dispatcher,
          method: request.method ?? 'GET',
          headers,
          signal,
          ...(request.body === undefined ? {} : { body: request.body }),
        }),
        signal,
      );
      // A body that is given up ends with an error event; unheard, it would end the process.
      answer.body.on('error', () => undefined);
      return toResponse(answer, url, request, headers);
    } catch (error) {
      throw interrupted(request.signal) ?? networkError(error, url);
    } finally {
      clearTimeout(timer);
    }
  }

  async function requestHeaders(
    url: URL,
    request: HttpRequest,
    sameOrigin: boolean,
  ): Promise<Record<string, string>> {
    const headers: Record<string, string> = {
      'user-agent': `sheaf/${options.version ?? '0'}`,
      // A range counts bytes of the encoded form, so a resumed transfer must not be encoded at all.
      'accept-encoding': request.range === undefined ? 'gzip, br' : 'identity',
    };
    const authorization = await credentials.authorization(url);
    if (authorization !== undefined) headers.authorization = authorization;
    for (const [name, value] of Object.entries(request.headers ?? {})) {
      const lower = name.toLowerCase();
      if (sameOrigin || !PRIVATE_HEADERS.has(lower)) headers[lower] = value;
    }
    if (request.range !== undefined) {
      headers.range = `bytes=${request.range.from}-`;
      if (request.range.etag !== undefined) headers['if-range'] = request.range.etag;
    }
    return headers;
  }

  function toResponse(
    answer: Answer,
    url: URL,
    request: HttpRequest,
    sent: Readonly<Record<string, string>>,
  ): HttpResponse {
    const { body, statusCode: status } = answer;
    const headers = flatHeaders(answer.headers);
    // Only what was asked for is undone: hosts label a .tar.gz as encoded, and its digest is of the packed form.
    const encoding = sent['accept-encoding'] === 'identity' ? undefined : headers['content-encoding'];
    const discard = (): void => {
      if (Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) > DRAIN_BYTES) body.destroy();
      else body.dump({ limit: DRAIN_BYTES, signal: AbortSignal.timeout(DRAIN_TIME) }).catch(() => undefined);
    };
    if ((status === 401 || status === 403) && request.judgesRefusals !== true) {
      discard();
      throw authenticationError(status, url, sent.authorization !== undefined);
    }
    if (encoding === undefined && status < 300 && Number(headers['content-length'] ?? 0) > request.maxBytes) {
      body.destroy();
      throw tooLong(url, request.maxBytes);
    }
    const bounds = {
      maxBytes: request.maxBytes,
      stallTime,
      stallBytes,
      ...(request.onReceived === undefined ? {} : { onReceived: request.onReceived }),
    };
    return {
      status,
      url: url.href,
      headers,
      body: interruptible(body, encoding, url, bounds, request.signal),
      discard,
    };
  }

  return {
    get,
    change,
    async close() {
      const opened = await client?.catch(() => undefined);
      client = undefined;
      await opened?.dispatcher.destroy();
    },
  };
}

/** The answer, or the reason of the signal at once: the library heeds a signal only once it is connected. */
function unlessAborted(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
      // An answer that comes after all is of no use to anybody.
      answer.then(
        ({ body }) => body.on('error', () => undefined).destroy(),
        () => undefined,
      );
    };
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    answer.then(resolve, reject);
  });
}

async function* interruptible(
  body: Readable,
  encoding: string | undefined,
  url: URL,
  bounds: Parameters<typeof readBody>[3],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* readBody(body, encoding, url, bounds);
  } catch (error) {
    throw interrupted(signal) ?? error;
  }
}

function interrupted(signal: AbortSignal | undefined): SheafError | undefined {
  if (signal?.aborted !== true) return undefined;
  return signal.reason instanceof SheafError
    ? signal.reason
    : new SheafError('SHEAF_INTERRUPTED', 'The transfer was interrupted.');
}

function flatHeaders(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

/** Loads the client on first use: a command that stays offline must not pay for it at start-up. */
async function openClient(environment: Environment, connectTimeout: number): Promise<Client> {
  const undici = await import('undici');
  const proxy = (name: string): string => proxyUrl(environment[name.toLowerCase()] ?? environment[name]);
  try {
    const dispatcher = new undici.EnvHttpProxyAgent({
      // Never undefined, or the library would look into the environment of this process instead.
      httpProxy: proxy('HTTP_PROXY'),
      httpsProxy: proxy('HTTPS_PROXY'),
      noProxy: environment.no_proxy ?? environment.NO_PROXY ?? '',
      connect: { timeout: connectTimeout },
      proxyTls: { timeout: connectTimeout },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return { send: undici.request, dispatcher };
  } catch (error) {
    throw new SheafError('SHEAF_USAGE', 'HTTP_PROXY or HTTPS_PROXY does not hold the address of a proxy.', {
      hint: 'Write it as http://host:port.',
      cause: error,
    });
  }
}

/** Judges every connection as it is made, also those that redirects lead to. */
async function openGuardedClient(guard: ConnectionGuard, timeout: number): Promise<Client> {
  const undici = await import('undici');
  const connect = undici.buildConnector({ timeout, lookup: guardedLookup(guard) });
  const dispatcher = new undici.Agent({
    connect(options, callback) {
      const refusal = refusedLiteral(guard, options.hostname);
      if (refusal === undefined) connect(options, callback);
      else callback(refusal, null);
    },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return { send: undici.request, dispatcher };
}

function proxyUrl(value: string | undefined): string {
  if (value === undefined || value === '') return '';
  return value.includes('://') ? value : `http://${value}`;
}
