import { pipeline, type Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { SheafError } from '../../core/errors.ts';
import { isErrno } from '../files.ts';
import { networkError, stallError } from './http-errors.ts';

/** How a response body is held in check. */
export interface BodyBounds {
  /** Bytes after decompression. */
  readonly maxBytes: number;
  /** Milliseconds that a transfer may stay below `stallBytes` per second. */
  readonly stallTime: number;
  readonly stallBytes: number;
  /** Told of every chunk as it came over the wire, before decompression. */
  readonly onReceived?: (bytes: number) => void;
}

/**
 * The decoded body of a response: decompressed (RFC 9110 §8.4.1), never longer than `maxBytes`, broken off
 * when it stalls. Its source is closed however the reader stops.
 *
 * @throws SheafError `SHEAF_SIZE` or `SHEAF_NETWORK` while it is read.
 */
export async function* readBody(
  body: Readable,
  encoding: string | undefined,
  url: URL,
  bounds: BodyBounds,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  try {
    for await (const chunk of decode(watch(body, url, bounds), encoding, url)) {
      total += chunk.byteLength;
      if (total > bounds.maxBytes) throw tooLong(url, bounds.maxBytes);
      yield chunk;
    }
  } catch (error) {
    if (isErrno(error, 'Z_BUF_ERROR', 'Z_DATA_ERROR') || decoderFailed(error)) {
      throw new SheafError('SHEAF_NETWORK', `${url.host} sent a body that cannot be decompressed.`, {
        details: { host: url.host },
        cause: error,
      });
    }
    throw networkError(error, url);
  } finally {
    body.destroy();
  }
}

/** All bytes of a body that is already bounded. */
export async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The refusal for a body beyond its bound. */
export function tooLong(url: URL, maxBytes: number): SheafError {
  return new SheafError(
    'SHEAF_SIZE',
    `${url.host} sent more than the ${maxBytes} bytes that were to be expected.`,
    {
      details: { host: url.host, maxBytes },
    },
  );
}

/**
 * Passes chunks on and throws when too few come. Only time spent waiting for the network counts: a reader that
 * is slow to take the next chunk, because its disk is, must not be mistaken for a slow server.
 */
async function* watch(body: Readable, url: URL, bounds: BodyBounds): AsyncGenerator<Uint8Array> {
  const minimum = (bounds.stallBytes * bounds.stallTime) / 1000;
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  let waited = 0;
  let received = 0;
  let pending = chunks.next();
  try {
    for (;;) {
      const started = performance.now();
      const result = await settledWithin(pending, bounds.stallTime - waited);
      waited += performance.now() - started;
      if (result?.done === true) return;
      if (result !== undefined) {
        received += result.value.byteLength;
        bounds.onReceived?.(result.value.byteLength);
      }
      if (waited >= bounds.stallTime || result === undefined) {
        if (received < minimum) throw stallError(url, bounds.stallTime);
        waited = 0;
        received = 0;
      }
      if (result !== undefined) {
        yield result.value;
        pending = chunks.next();
      }
    }
  } finally {
    // Not `chunks.return()`, which would wait for the very chunk that does not come.
    pending.catch(() => undefined);
    body.destroy();
  }
}

/** What the promise gives, or undefined when it gives nothing within that many milliseconds. */
async function settledWithin<T>(promise: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<undefined>((resolve) => {
    // One more look at what has arrived: where this process stood still itself, the server is not to blame.
    timer = setTimeout(() => setImmediate(resolve, undefined), Math.max(0, milliseconds));
  });
  try {
    return await Promise.race([promise, elapsed]);
  } finally {
    clearTimeout(timer);
  }
}

function decode(
  source: AsyncGenerator<Uint8Array>,
  encoding: string | undefined,
  url: URL,
): AsyncIterable<Uint8Array> {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return source;
    case 'gzip':
    case 'x-gzip':
      return pipeline(source, createGunzip(), () => undefined);
    case 'br':
      return pipeline(source, createBrotliDecompress(), () => undefined);
    default:
      throw new SheafError('SHEAF_NETWORK', `${url.host} sent a content encoding that nobody asked for.`);
  }
}

function decoderFailed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR__ERROR_');
}
