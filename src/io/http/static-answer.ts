import { constants, type ReadStream } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { objectPath } from '../../core/index/index-head.ts';
import type { ApiAnswer } from '../../core/publishing-ports.ts';
import { isErrno } from '../files.ts';
import { digestFile } from '../object-store.ts';

const gzipBytes = promisify(gzip);

/** Files that are compressed: below it is not worth it, above they are artifacts, which are packed already. */
const COMPRESS_FROM = 256;
const COMPRESS_TO = 1_048_576;

const TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json; charset=utf-8',
  '.toml': 'text/plain; charset=utf-8',
  '.signers': 'text/plain; charset=utf-8',
  '.sig': 'text/plain; charset=utf-8',
};

// A year, the most that caches keep (RFC 8246): what is named by its digest never changes.
const FOREVER = 'public, max-age=31536000, immutable';

/** What a response says besides its bytes. */
interface Representation {
  readonly headers: Readonly<Record<string, string>>;
  readonly etag?: string;
}

/**
 * Sends a file of the directory: whole, a range of it (RFC 9110 §14), or compressed where the client takes that.
 *
 * @param path without its first slash.
 * @returns false, with nothing sent, when there is no such file: hidden files, directories and whatever a link
 *   would lead out of the directory count as absent.
 */
export async function sendStatic(
  root: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (!/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)*$/.test(path)) return false;
  const file = await openInside(root, path);
  if (file === undefined) return false;
  const digest = /^o\/[0-9a-f]{2}\/([0-9a-f]{64})$/.exec(path)?.[1];
  const type = TYPES[/\.[a-z]+$/.exec(path)?.[0] ?? ''] ?? 'application/octet-stream';
  const headers = { 'content-type': type, 'cache-control': digest === undefined ? 'no-cache' : FOREVER };
  await send(file, { headers, ...(digest === undefined ? {} : { etag: `"${digest}"` }) }, request, response);
  return true;
}

/**
 * Sends an artifact of the mirror under a name to save it as, after its digest was checked.
 *
 * @returns false, with nothing sent, when the mirror does not have it.
 */
export async function sendVerified(
  root: string,
  { artifact, name }: Extract<ApiAnswer, { kind: 'artifact' }>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const path = objectPath(artifact.sha256);
  const file = await openInside(root, path);
  if (file === undefined) return false;
  if ((await digestFile(join(root, path))).sha256 !== artifact.sha256) {
    await file.close();
    return false;
  }
  const headers = {
    'content-type': 'application/octet-stream',
    // RFC 6266; names of plugins, versions and platforms have no character that would need quoting.
    'content-disposition': `attachment; filename="${name}"`,
    'cache-control': 'no-cache',
    digest: `sha-256=${Buffer.from(artifact.sha256, 'hex').toString('base64')}`,
  };
  await send(file, { headers, etag: `"${artifact.sha256}"` }, request, response);
  return true;
}

async function openInside(root: string, path: string): Promise<FileHandle | undefined> {
  const place = join(root, ...path.split('/'));
  try {
    const [top, directory] = await Promise.all([realpath(root), realpath(dirname(place))]);
    if (directory !== top && !directory.startsWith(`${top}${sep}`)) return undefined;
    // A link could lead anywhere; what publishes here never makes one.
    const handle = await open(place, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
    return undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

async function send(
  file: FileHandle,
  { headers, etag }: Representation,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { size } = await file.stat();
    const shared = { ...headers, 'accept-ranges': 'bytes', ...(etag === undefined ? {} : { etag }) };
    if (etag !== undefined && request.headers['if-none-match']?.includes(etag) === true) {
      response.writeHead(304, shared).end();
      return;
    }
    const validator = request.headers['if-range'];
    const isSame = validator === undefined || validator === etag;
    const range = isSame ? readRange(request.headers.range, size) : undefined;
    if (range === 'none') {
      response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-length': 0 }).end();
      return;
    }
    if (range === undefined && (await sendCompressed(file, size, shared, request, response))) return;
    const { from, to } = range ?? { from: 0, to: size - 1 };
    response.writeHead(range === undefined ? 200 : 206, {
      ...shared,
      'content-length': to - from + 1,
      ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${size}` }),
    });
    if (request.method === 'HEAD' || size === 0) response.end();
    else await pipeline(readStream(file, from, to), response);
  } finally {
    await file.close();
  }
}

function readStream(file: FileHandle, start: number, end: number): ReadStream {
  return file.createReadStream({ start, end, autoClose: false });
}

async function sendCompressed(
  file: FileHandle,
  size: number,
  headers: Readonly<Record<string, string>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const isAccepted = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(String(request.headers['accept-encoding']));
  if (!isAccepted || size < COMPRESS_FROM || size > COMPRESS_TO) return false;
  const body = await gzipBytes(await readAll(file, size));
  if (body.length >= size) return false;
  // Another representation must not share the strong validator of the plain one (RFC 9110 §8.8.3).
  const { etag, ...rest } = headers;
  response.writeHead(200, {
    ...rest,
    ...(etag === undefined ? {} : { etag: `W/${etag}` }),
    'content-encoding': 'gzip',
    'content-length': body.length,
    vary: 'accept-encoding',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  return true;
}

/** From the beginning, and leaving the position of the handle alone. */
async function readAll(file: FileHandle, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, 0);
  return bytes.subarray(0, bytesRead);
}

/** One range of bytes; undefined for none or several, which a server may ignore; 'none' when there is no such. */
function readRange(
  header: string | undefined,
  size: number,
): { readonly from: number; readonly to: number } | 'none' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return undefined;
  const from = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return undefined;
  return from >= size || to < from ? 'none' : { from, to };
}
