import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LoopbackServer, listenOnLoopback } from './loopback-server.ts';

const HEADER_END = '\r\n\r\n';

/**
 * Serves the Git repositories below a directory over smart HTTP, by running the real `git http-backend` as a CGI
 * program (RFC 3875) for each request.
 *
 * @param push lets everybody push to them.
 */
export function serveGit(
  directory: string,
  { push = false }: { readonly push?: boolean } = {},
): Promise<LoopbackServer> {
  return listenOnLoopback((request, response) => runBackend(directory, push, request, response));
}

/** Answers one request for a repository below the directory. */
export function runBackend(
  directory: string,
  push: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '/', 'http://loopback');
  const backend = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: directory,
      GIT_HTTP_EXPORT_ALL: '1',
      // The repositories may belong to another user than the one who runs this; git would refuse to serve them.
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: '*',
      GIT_CONFIG_KEY_1: 'http.receivepack',
      GIT_CONFIG_VALUE_1: String(push),
      REQUEST_METHOD: request.method,
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      ...(request.headers['content-length'] === undefined
        ? {}
        : { CONTENT_LENGTH: request.headers['content-length'] }),
      ...(request.headers['content-encoding'] === undefined
        ? {}
        : { HTTP_CONTENT_ENCODING: request.headers['content-encoding'] }),
      ...(request.headers['git-protocol'] === undefined
        ? {}
        : { HTTP_GIT_PROTOCOL: request.headers['git-protocol'] as string }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(backend.stdin);
  // The backend closes its input as soon as it has read enough; what is still being piped has nowhere to go.
  backend.stdin.on('error', () => request.unpipe(backend.stdin));
  response.on('close', () => backend.kill());

  let head: Buffer | undefined = Buffer.alloc(0);
  backend.stdout.on('data', (chunk: Buffer) => {
    if (head === undefined) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(HEADER_END);
    if (end === -1) return;
    const body = head.subarray(end + HEADER_END.length);
    writeHead(response, head.subarray(0, end).toString('latin1'));
    if (body.length > 0) response.write(body);
    head = undefined;
  });
  backend.on('close', () => {
    if (head !== undefined && !response.headersSent) response.writeHead(500);
    response.end();
  });
}

function writeHead(response: ServerResponse, head: string): void {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else response.appendHeader(name, value);
  }
  response.writeHead(status);
}
