import { setTimeout as delay } from 'node:timers/promises';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Http, HttpResponse } from './http.ts';
import { statusError } from './http-errors.ts';
import type { PartialFile } from './partial-file.ts';

/** One file to be fetched from one address. */
export interface Transfer {
  readonly http: Http;
  readonly url: string;
  /** Length of the file in bytes, if its parent states one. */
  readonly size?: number;
  readonly signal?: AbortSignal;
  /** Nobody else can be asked: only then is it worth going on with a host that stalls. */
  readonly isLast: boolean;
  /** Milliseconds before the n-th (from 1) continuation. */
  readonly backoff: (attempt: number) => number;
  readonly onProgress: (received: number, total: number | undefined) => void;
}

/** Continuations of one broken transfer, each only after some progress. */
const CONTINUATIONS = 5;

/**
 * Appends to the partial file until it is complete, going on where the connection broke (RFC 9110 §14). A server
 * that ignores ranges sends everything again. Nothing is believed about the content; its digest is the caller's.
 *
 * @returns true when the file was pieced together from more than one response.
 * @throws SheafError `SHEAF_SIZE` for another length, `SHEAF_NETWORK`, and the other errors of `Http`.
 */
export async function transfer(order: Transfer, partial: PartialFile): Promise<boolean> {
  let pieced = partial.size > 0;
  let etag: string | undefined;
  for (let attempt = 1; partial.size !== order.size; attempt += 1) {
    let progress = 0;
    try {
      const response = await request(order, partial, etag);
      pieced &&= partial.size > 0;
      etag = strongTag(response);
      const total = order.size ?? announcedSize(response, partial.size);
      for await (const chunk of response.body) {
        requireAtMost(order, partial.size + chunk.byteLength);
        await partial.append(chunk);
        progress += chunk.byteLength;
        order.onProgress(partial.size, total);
      }
      requireComplete(order, partial.size);
      break;
    } catch (error) {
      const broken = error instanceof SheafError && error.code === 'SHEAF_NETWORK';
      const stalled = broken && error.details['reason'] === 'stalled';
      if (!broken || (stalled && !order.isLast) || progress === 0 || attempt > CONTINUATIONS) throw error;
      pieced = true;
      await pause(order.backoff(attempt), order.signal);
    }
  }
  return pieced;
}

/** A response whose body belongs at the end of the partial file, which is emptied for a whole one. */
async function request(
  order: Transfer,
  partial: PartialFile,
  etag: string | undefined,
): Promise<HttpResponse> {
  const from = partial.size;
  const response = await order.http.get(order.url, {
    maxBytes: order.size ?? LIMITS.artifactBytes,
    // The digest is that of the file as it lies on the server.
    headers: { 'accept-encoding': 'identity' },
    ...(from === 0 ? {} : { range: { from, ...(etag === undefined ? {} : { etag }) } }),
    ...(order.signal === undefined ? {} : { signal: order.signal }),
  });
  if (response.status === 206 && from > 0 && rangeStart(response) === from) return response;
  if (response.status === 200) {
    await partial.reset();
    return response;
  }
  response.discard();
  // 416: the file there is not longer than what is here. 206: some other range than the one asked for.
  const another = response.status === 416 || response.status === 206;
  if (from === 0 || !another) throw statusError(response.status, response.url);
  await partial.reset();
  return request(order, partial, undefined);
}

function requireAtMost(order: Transfer, bytes: number): void {
  const most = order.size ?? LIMITS.artifactBytes;
  if (bytes <= most) return;
  throw new SheafError('SHEAF_SIZE', `${hostOf(order)} sent more than the ${most} bytes that were promised.`);
}

function requireComplete(order: Transfer, bytes: number): void {
  if (order.size === undefined || bytes === order.size) return;
  throw new SheafError(
    'SHEAF_SIZE',
    `${hostOf(order)} sent ${bytes} bytes where ${order.size} were promised.`,
  );
}

/** A validator that may continue a transfer (RFC 9110 §13.1.5: weak ones must not). */
function strongTag(response: HttpResponse): string | undefined {
  const tag = response.headers.etag;
  return tag?.startsWith('"') === true ? tag : undefined;
}

function rangeStart(response: HttpResponse): number | undefined {
  const start = /^bytes (\d{1,15})-/.exec(response.headers['content-range'] ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}

function announcedSize(response: HttpResponse, from: number): number | undefined {
  const length = response.headers['content-length'];
  return length === undefined ? undefined : from + Number(length);
}

function hostOf(order: Transfer): string {
  return new URL(order.url).host;
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    throw new SheafError('SHEAF_INTERRUPTED', 'The transfer was interrupted.', { cause: error });
  }
}
