import { readFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join, normalize, sep } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type LoopbackServer, listenOnLoopback } from './loopback-server.ts';

const COMPRESS_FROM_BYTES = 256;

/** Serves a directory as any static host would: GET and HEAD, single ranges, gzip where the client accepts it. */
export function serveDirectory(directory: string): Promise<LoopbackServer> {
  return listenOnLoopback(staticFiles(directory));
}

function staticFiles(directory: string): RequestListener {
  return (request, response) => void answer(directory, request, response);
}

async function answer(directory: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://loopback').pathname));
  const file = join(directory, path);
  const bytes = file.startsWith(join(directory, sep))
    ? await readFile(file).catch(() => undefined)
    : undefined;
  if (bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  if (range !== null) {
    const from = Number(range[1]);
    if (from >= bytes.length) {
      response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
      return;
    }
    response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` });
    response.end(bytes.subarray(from));
    return;
  }
  const compress =
    bytes.length >= COMPRESS_FROM_BYTES && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const body = compress ? gzipSync(bytes, { level: 6 }) : bytes;
  response.writeHead(200, {
    'content-length': body.length,
    ...(compress ? { 'content-encoding': 'gzip' } : {}),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
