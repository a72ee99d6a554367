import type { GitHttpRequest, GitHttpResponse, HttpClient } from 'isomorphic-git';
import { EnvHttpProxyAgent, request } from 'undici';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Credentials } from '../http/credentials.ts';
import { authenticationError, networkError, statusError } from '../http/http-errors.ts';
import { allowedUrl, redirectTarget } from '../http/http-url.ts';
import { nameHead } from './git-advertisement.ts';

/** An HTTP client for isomorphic-git that counts, bounds and authenticates what it does. */
export interface GitHttp extends HttpClient {
  /** Bytes of all response bodies. */
  readonly bytesReceived: number;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Creates the client, by the rules of the one that reads static hosts (http.ts). Proxies come from the
 * environment; more than `LIMITS.gitPackBytes`, or a pack that announces more than `LIMITS.gitObjects`
 * objects, is broken off before isomorphic-git has it in memory.
 *
 * @param branch the one that will be fetched.
 */
export function createGitHttp(credentials: Credentials, branch: string): GitHttp {
  const dispatcher = new EnvHttpProxyAgent({
    connect: { timeout: LIMITS.connectTimeout },
    headersTimeout: LIMITS.stallTime,
    bodyTimeout: LIMITS.stallTime,
  });
  let bytesReceived = 0;
  // A moved repository redirects the first request; the second one, which is a POST, must follow it there.
  let moved: { readonly from: string; readonly to: string } | undefined;

  async function* bounded(body: AsyncIterable<Uint8Array>): AsyncIterableIterator<Uint8Array> {
    const countObjects = packObjectCounter();
    for await (const chunk of body) {
      bytesReceived += chunk.byteLength;
      if (bytesReceived > LIMITS.gitPackBytes) throw tooMuch(`more than ${LIMITS.gitPackBytes} bytes`);
      const objects = countObjects(chunk);
      if (objects > LIMITS.gitObjects) throw tooMuch(`a pack of ${objects} objects`);
      yield chunk;
    }
  }

  async function send(url: URL, git: GitHttpRequest, hop: number): Promise<GitHttpResponse> {
    const authorization = await credentials.authorization(url);
    const isPost = git.method === 'POST';
    const response = await request(url, {
      dispatcher,
      method: isPost ? 'POST' : 'GET',
      headers: { ...git.headers, ...(authorization === undefined ? {} : { authorization }) },
      body: git.body === undefined ? null : await joined(git.body),
    }).catch((error: unknown) => {
      throw networkError(error, url);
    });
    const { statusCode, headers } = response;
    const location = REDIRECTS.has(statusCode) && !isPost ? headers.location : undefined;
    if (typeof location === 'string') {
      await response.body.dump();
      if (hop < LIMITS.redirects) return send(redirectTarget(url, location, false), git, hop + 1);
      throw new SheafError('SHEAF_NETWORK', `${url.host} redirects more than ${LIMITS.redirects} times.`);
    }
    if (statusCode !== 200) {
      await response.body.dump();
      if (statusCode === 404 || statusCode === 410) throw noRepository(url);
      if (statusCode === 401 || statusCode === 403) {
        throw authenticationError(statusCode, url, authorization !== undefined);
      }
      throw statusError(statusCode, url.href);
    }
    if (hop > 0) moved = { from: repositoryOf(git.url), to: repositoryOf(url.href) };
    return {
      url: url.href,
      statusCode,
      statusMessage: String(statusCode),
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      body: url.pathname.endsWith('/info/refs')
        ? withHead(bounded(response.body), branch)
        : bounded(response.body),
    };
  }

  return {
    get bytesReceived() {
      return bytesReceived;
    },
    request: (git) => {
      const isMoved = moved !== undefined && git.url.startsWith(moved.from);
      const url = isMoved && moved !== undefined ? moved.to + git.url.slice(moved.from.length) : git.url;
      return send(allowedUrl(url, false), git, 0);
    },
  };
}

/**
 * Reads the number of objects from the head of the pack in a side-band stream: `PACK`, version 2 or 3, then
 * the count as 32 bits, big-endian (gitformat-pack(5)). Fed with the chunks in order, it answers 0 until the
 * head was seen.
 */
export function packObjectCounter(): (chunk: Uint8Array) => number {
  const HEAD_BYTES = 12;
  let tail: Uint8Array = new Uint8Array();
  let count: number | undefined;
  return (chunk) => {
    if (count !== undefined) return count;
    const window = Buffer.concat([tail, chunk]);
    for (let at = window.indexOf('PACK'); at !== -1; at = window.indexOf('PACK', at + 1)) {
      if (at + HEAD_BYTES > window.length) break;
      const version = window.readUInt32BE(at + 4);
      if (version === 2 || version === 3) {
        count = window.readUInt32BE(at + 8);
        return count;
      }
    }
    tail = window.subarray(Math.max(0, window.length - HEAD_BYTES + 1));
    return 0;
  };
}

/** Says that a URL leads to no Git repository. */
export function noRepository(url: URL): SheafError {
  return new SheafError('SHEAF_NOT_A_REGISTRY', `There is no Git repository at ${repositoryOf(url.href)}.`, {
    hint: 'Check the address with the registry; a published index on a static host is written without git+.',
  });
}

/** The URL of the repository itself, without the path of the service. */
function repositoryOf(url: string): string {
  return url.replace(/\/(info\/refs(\?.*)?|git-upload-pack)$/, '');
}

async function* withHead(
  body: AsyncIterableIterator<Uint8Array>,
  branch: string,
): AsyncIterableIterator<Uint8Array> {
  yield nameHead(await joined(body), branch);
}

async function joined(parts: NonNullable<GitHttpRequest['body']>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const part of parts) chunks.push(part);
  return Buffer.concat(chunks);
}

function tooMuch(what: string): SheafError {
  return new SheafError('SHEAF_SIZE', `The Git server sends ${what}, more than an index may have.`);
}
