import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectRef, Sha256 } from '../../core/digest.ts';
import { type ErrorCode, SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Downloader, TransferProgress } from '../../core/ports.ts';
import type { FileObjectStore } from '../object-store.ts';
import type { Http } from './http.ts';
import { copyLocal } from './local-transfer.ts';
import { openPartial, type PartialFile } from './partial-file.ts';
import { transfer } from './transfer.ts';

/** What a downloader works with. */
export interface DownloaderOptions {
  readonly http: Http;
  readonly store: FileObjectStore;
  /** Directory of the store: unfinished transfers lie in `partial/` below it, on the same file system. */
  readonly directory: string;
  /** Breaks every transfer off; what has arrived is kept for the next run. */
  readonly signal?: AbortSignal;
  /** Milliseconds before the n-th (from 1) continuation of a broken transfer. */
  readonly backoff?: (attempt: number) => number;
}

/** What ends the attempt at one address but not the download; the gravest, which names the error, first. */
const FAILURES: readonly ErrorCode[] = [
  'SHEAF_DIGEST',
  'SHEAF_SIZE',
  'SHEAF_AUTHENTICATION',
  'SHEAF_NETWORK',
  'SHEAF_USAGE',
];

/** What to do when the refusal itself does not know. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  SHEAF_DIGEST: 'Nothing of it was kept. Tell the registry that the file is not the one that was signed.',
  SHEAF_SIZE: 'Nothing of it was kept. Tell the registry that the file is not the one that was signed.',
};

/** One download: what, from where, and for whom. */
interface Order {
  readonly artifact: { readonly sha256: Sha256; readonly size?: number };
  readonly urls: readonly string[];
  readonly label: string;
  readonly onProgress: (progress: TransferProgress) => void;
  readonly onPassedOver: ((url: string, failure: SheafError) => void) | undefined;
}

/** Brings artifacts into the store, several at a time; equal downloads of one process are one. */
export function createDownloader(options: DownloaderOptions): Downloader {
  const backoff = options.backoff ?? ((attempt: number) => 250 * 2 ** (attempt - 1));
  const running = new Map<Sha256, Promise<ObjectRef>>();
  const waiting: (() => void)[] = [];
  let active = 0;

  /** At most `LIMITS.parallelDownloads` at a time; a finished one hands its place to the longest waiting. */
  async function inTurn(order: Order): Promise<ObjectRef> {
    if (active < LIMITS.parallelDownloads) active += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await download(order);
    } finally {
      const next = waiting.shift();
      if (next === undefined) active -= 1;
      else next();
    }
  }

  async function download(order: Order): Promise<ObjectRef> {
    const partial = await openPartial(join(options.directory, 'partial'), order.artifact.sha256);
    try {
      const ref = await fromAny(order, partial);
      await partial.remove();
      order.onProgress({ label: order.label, received: ref.size, total: ref.size, done: true });
      return ref;
    } catch (error) {
      // Half a file on a full disk only keeps it full.
      if (error instanceof SheafError && error.code === 'SHEAF_DISK_FULL') await partial.remove();
      else await partial.keep();
      throw error;
    }
  }

  async function fromAny(order: Order, partial: PartialFile): Promise<ObjectRef> {
    const failures: SheafError[] = [];
    for (const [position, url] of order.urls.entries()) {
      try {
        return await fromOne(url, order, partial, position === order.urls.length - 1);
      } catch (error) {
        if (!(error instanceof SheafError) || !FAILURES.includes(error.code)) throw error;
        failures.push(error);
        order.onPassedOver?.(url, error);
      }
    }
    throw allFailed(order.label, failures);
  }

  function fromHost(
    url: string,
    { artifact: { size }, label, onProgress }: Order,
    partial: PartialFile,
    isLast: boolean,
  ): Promise<boolean> {
    return transfer(
      {
        http: options.http,
        url,
        isLast,
        backoff,
        onProgress: (received, total) =>
          onProgress({ label, received, ...(total === undefined ? {} : { total }), done: false }),
        ...(size === undefined ? {} : { size }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      partial,
    );
  }

  /** One address, to the end. A file pieced together from several transfers gets a second chance in one piece. */
  async function fromOne(
    url: string,
    order: Order,
    partial: PartialFile,
    isLast: boolean,
  ): Promise<ObjectRef> {
    const { sha256, size } = order.artifact;
    for (let again = false; ; again = true) {
      if (partial.size > (size ?? LIMITS.artifactBytes)) await partial.reset();
      let pieced = partial.size > 0;
      try {
        if (url.startsWith('file:')) await copyLocal(url, partial, size ?? LIMITS.artifactBytes);
        else pieced = await fromHost(url, order, partial, isLast);
        await partial.sync();
        return await options.store.adopt(partial.path, sha256, `What ${new URL(url).host || url} sent`);
      } catch (error) {
        const wrong =
          error instanceof SheafError && (error.code === 'SHEAF_DIGEST' || error.code === 'SHEAF_SIZE');
        if (wrong) await partial.reset();
        if (!wrong || !pieced || again) throw error;
      }
    }
  }

  return {
    async fetch(artifact, urls, label, onProgress, onPassedOver) {
      const stored = await options.store.locate(artifact);
      if (stored !== undefined) return { sha256: artifact.sha256, size: (await stat(stored)).size };
      const same = running.get(artifact.sha256);
      if (same !== undefined) return same;
      const started = inTurn({ artifact, urls, label, onProgress, onPassedOver }).finally(() =>
        running.delete(artifact.sha256),
      );
      running.set(artifact.sha256, started);
      return started;
    },
  };
}

/** One error for all addresses: the gravest code, every reason. */
function allFailed(label: string, failures: readonly SheafError[]): SheafError {
  const gravest = failures.toSorted((a, b) => FAILURES.indexOf(a.code) - FAILURES.indexOf(b.code))[0];
  if (gravest === undefined) {
    return new SheafError('SHEAF_NETWORK', `${label} could not be downloaded: no address is known for it.`);
  }
  const hint = gravest.hint ?? HINTS[gravest.code];
  const reasons = failures.map((failure) => failure.message.replace(/\.$/, '')).join('; ');
  return new SheafError(gravest.code, `${label} could not be downloaded: ${reasons}.`, {
    ...(hint === undefined ? {} : { hint }),
    details: { failures: failures.map(({ code, message }) => ({ code, message })) },
    cause: gravest,
  });
}
