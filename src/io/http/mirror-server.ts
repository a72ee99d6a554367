import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import type { ApiAnswer, ApiRequest } from '../../core/publishing-ports.ts';
import { quote } from '../../core/text.ts';
import { isErrno } from '../files.ts';
import { sendStatic, sendVerified } from './static-answer.ts';

/** What is served, and where. */
export interface MirrorServerOptions {
  readonly directory: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Answers what is no file; undefined when it has nothing there either. */
  readonly answer: (request: ApiRequest) => Promise<ApiAnswer | undefined>;
}

/** A server that runs. */
export interface MirrorServer {
  /** `http://127.0.0.1:8080/` */
  readonly url: string;
  /** Requests so far. */
  readonly requests: number;
  /** Stops at once; what is being sent is broken off. */
  close(): Promise<void>;
}

// Whatever a mirror holds, a browser shows it as data and runs nothing of it.
const HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
};

/**
 * Serves a mirror over HTTP/1.1 (RFC 9110), read only: its files, and its JSON API below `v1/`.
 *
 * @throws SheafError `SHEAF_NETWORK` when the address cannot be listened on, `SHEAF_PERMISSION`.
 */
export async function serveMirror(options: MirrorServerOptions): Promise<MirrorServer> {
  const root = resolve(options.directory);
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    respond(root, options, request, response).catch(() => {
      // A disk that fails, or a client that left: nothing of it is for the other side to read.
      if (response.headersSent) response.destroy();
      else sendJson(request, response, 500, failure('SHEAF_INTERNAL', 'The mirror could not be read.'));
    });
  });
  await new Promise<void>((started, failed) => {
    server.once('error', (error) => failed(cannotListen(error, options)));
    server.listen(options.port, options.host, started);
  });
  const { address, port, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}/`,
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function respond(
  root: string,
  options: MirrorServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    sendJson(request, response, 405, failure('SHEAF_USAGE', 'A mirror can only be read: with GET or HEAD.'));
    return;
  }
  const asked = readTarget(request.url ?? '/');
  if (asked === undefined) {
    sendJson(request, response, 400, failure('SHEAF_USAGE', 'The address of the request is malformed.'));
    return;
  }
  const { path, query } = asked;
  const answer = await options.answer({ path, query, userAgent: request.headers['user-agent'] });
  if (answer === undefined) {
    if (await sendStatic(root, path, request, response)) return;
    sendJson(request, response, 404, failure('SHEAF_PATH', `There is nothing at ${quote(`/${path}`)}.`));
    return;
  }
  if (answer.kind === 'json') {
    sendJson(request, response, answer.status, answer.value);
    return;
  }
  if (await sendVerified(root, answer, request, response)) return;
  response.writeHead(302, { location: answer.elsewhere, 'content-length': 0 }).end();
}

/** Path and query of a request in origin form (RFC 9112 §3.2.1); undefined when it is in any other. */
function readTarget(target: string): { readonly path: string; readonly query: URLSearchParams } | undefined {
  // Not through URL, which would make `/../x` into a path that it is not.
  const end = target.indexOf('?');
  const raw = end === -1 ? target : target.slice(0, end);
  if (!raw.startsWith('/')) return undefined;
  try {
    return {
      path: decodeURIComponent(raw.slice(1)),
      query: new URLSearchParams(end === -1 ? '' : target.slice(end)),
    };
  } catch {
    return undefined;
  }
}

function sendJson(request: IncomingMessage, response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-cache',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function failure(code: string, message: string): unknown {
  return { error: { code, message } };
}

function cannotListen(error: Error, { host, port }: MirrorServerOptions): SheafError {
  if (isErrno(error, 'EACCES', 'EPERM')) {
    return new SheafError('SHEAF_PERMISSION', `Port ${port} of ${host} may not be listened on.`, {
      hint: 'Take a port above 1023: --port 8080.',
      cause: error,
    });
  }
  const isTaken = isErrno(error, 'EADDRINUSE');
  return new SheafError(
    'SHEAF_NETWORK',
    isTaken ? `Port ${port} of ${host} is in use.` : `${quote(host)} is no address of this machine.`,
    {
      hint: isTaken ? 'Take another one: --port N.' : 'Listen on 127.0.0.1, or on 0.0.0.0 for all.',
      cause: error,
    },
  );
}
