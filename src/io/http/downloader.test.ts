import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closedPort, type Loopback, serve } from '../../../test/support/loopback.ts';
import { refOf } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { TransferProgress } from '../../core/ports.ts';
import { createObjectStore } from '../object-store.ts';
import { createDownloader, type DownloaderOptions } from './downloader.ts';
import { createHttp, type HttpOptions } from './http.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

// Long enough to arrive in several pieces, and no two parts alike.
const bytes = Buffer.concat(Array.from({ length: 20_000 }, (_, i) => Buffer.from(`${i} `)));
const ref = refOf(bytes);
const half = Math.floor(bytes.length / 2);
const LABEL = 'graph-lens 1.0.0';

let directory: string;
const open: { close(): Promise<void> }[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sheaf-download-'));
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
  await rm(directory, { recursive: true, force: true });
});

async function server(handler: Handler): Promise<Loopback> {
  const started = await serve(handler);
  open.push(started);
  return started;
}

function downloader(options: Partial<DownloaderOptions> = {}, http: Partial<HttpOptions> = {}) {
  const client = createHttp({ offline: false, environment: { HOME: '/nonexistent' }, ...http });
  open.push(client);
  const store = createObjectStore(directory);
  const built = createDownloader({ http: client, store, directory, backoff: () => 1, ...options });
  return {
    store,
    fetch: (
      urls: readonly string[],
      artifact: { sha256: typeof ref.sha256; size?: number } = ref,
      seen: TransferProgress[] = [],
    ) => built.fetch(artifact, urls, LABEL, (progress) => seen.push(progress)),
  };
}

async function partials(): Promise<string[]> {
  return readdir(join(directory, 'partial'));
}

async function leave(content: Uint8Array, name = `${ref.sha256}.part`): Promise<void> {
  await mkdir(join(directory, 'partial'), { recursive: true });
  await writeFile(join(directory, 'partial', name), content);
}

/** Sends a part of the body and breaks the connection, which loses what the client has not written down by then. */
async function breakAfter(response: ServerResponse, from: number, length: number): Promise<void> {
  response.write(bytes.subarray(from, from + length));
  while ((await partialSize()) !== from + length) await delay(1);
  response.destroy();
}

async function partialSize(): Promise<number> {
  const [name = ''] = await partials();
  return (await stat(join(directory, 'partial', name))).size;
}

function rangeOf(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

/** A server that supports ranges. */
const whole: Handler = (request, response) => {
  const from = rangeOf(request);
  if (from === 0) response.writeHead(200, { 'content-length': bytes.length, etag: '"v1"' }).end(bytes);
  else
    response
      .writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`, etag: '"v1"' })
      .end(bytes.subarray(from));
};

describe('a download', () => {
  it('arrives in the store with its progress told', async () => {
    const { url } = await server(whole);
    const seen: TransferProgress[] = [];
    const { fetch, store } = downloader();
    expect(await fetch([url], ref, seen)).toEqual(ref);
    expect(await store.read(ref)).toEqual(bytes);
    expect(await partials()).toEqual([]);
    expect(seen.at(-1)).toEqual({ label: LABEL, received: bytes.length, total: bytes.length, done: true });
    expect(seen.slice(0, -1).every(({ done, total }) => !done && total === bytes.length)).toBe(true);
  });

  it('of unknown size is bounded and arrives too', async () => {
    const { url } = await server(whole);
    const seen: TransferProgress[] = [];
    expect(await downloader().fetch([url], { sha256: ref.sha256 }, seen)).toEqual(ref);
    expect(seen[0]?.total).toBe(bytes.length);
  });

  it('of something that is in the store asks nobody', async () => {
    const { url, requests } = await server(whole);
    const { fetch, store } = downloader({}, { offline: true });
    await store.write(bytes);
    expect(await fetch([url])).toEqual(ref);
    expect(await fetch([url], { sha256: ref.sha256 })).toEqual(ref);
    expect(requests).toHaveLength(0);
  });

  it('comes from a directory where a host fails, and is checked like any other', async () => {
    const stick = join(directory, 'stick');
    await writeFile(stick, bytes);
    const { fetch, store } = downloader();
    const url = pathToFileURL(stick).href;
    expect(await fetch([`http://127.0.0.1:${await closedPort()}/a`, url])).toEqual(ref);
    await store.remove(ref.sha256);
    await writeFile(stick, bytes.subarray(1));
    await expect(fetch([url])).rejects.toMatchObject({ code: 'SHEAF_DIGEST' });
    await rm(stick);
    await expect(fetch([url])).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
    expect(await partials()).toEqual([]);
  });

  it('asked for twice at once is one', async () => {
    const { url, requests } = await server(whole);
    const { fetch } = downloader();
    expect(await Promise.all([fetch([url]), fetch([url]), fetch([url])])).toEqual([ref, ref, ref]);
    expect(requests).toHaveLength(1);
  });

  it('by several processes at once arrives whole', async () => {
    const { url } = await server(whole);
    await Promise.all([1, 2, 3].map(() => downloader().fetch([url])));
    expect(await downloader().store.read(ref)).toEqual(bytes);
    expect(await partials()).toEqual([]);
  });

  it('of many artifacts runs eight at a time', async () => {
    let begun = 0;
    let most = 0;
    const held: (() => void)[] = [];
    const contents = Array.from({ length: 20 }, (_, i) => Buffer.from(`artifact ${i}`));
    const { url } = await server((request, response) => {
      begun += 1;
      held.push(() => response.end(contents[Number(request.url?.slice(1))]));
      most = Math.max(most, held.length);
      // All that may run at once do before one is answered, and a ninth would have the time to be seen.
      const release = (): void => {
        for (const answer of held.splice(0)) answer();
      };
      if (held.length === 8 || begun === contents.length) setTimeout(release, 20);
    });
    const { fetch } = downloader();
    const refs = await Promise.all(contents.map((content, i) => fetch([`${url}${i}`], refOf(content))));
    expect(refs).toEqual(contents.map(refOf));
    expect(most).toBe(8);
  });

  it('is of the file as it lies there, however the host labels it', async () => {
    const packed = gzipSync('a release');
    const { url, requests } = await server((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    );
    expect(await downloader().fetch([url], refOf(packed))).toEqual(refOf(packed));
    expect(requests[0]?.headers['accept-encoding']).toBe('identity');
  });
});

describe('a broken transfer', () => {
  it('goes on where it broke, if the file is still the same', async () => {
    const { url, requests } = await server((request, response) => {
      if (request.headers.range === undefined) {
        response.writeHead(200, { 'content-length': bytes.length, etag: '"v1"' });
        void breakAfter(response, 0, half);
      } else whole(request, response);
    });
    expect(await downloader().fetch([url])).toEqual(ref);
    expect(requests.map(rangeOf)).toEqual([0, half]);
    expect(requests[1]?.headers['if-range']).toBe('"v1"');
  });

  it('starts again at a server that ignores ranges', async () => {
    let answers = 0;
    const { url } = await server((_, response) => {
      answers += 1;
      response.writeHead(200, { 'content-length': bytes.length });
      if (answers === 1) void breakAfter(response, 0, half);
      else response.end(bytes);
    });
    expect(await downloader().fetch([url])).toEqual(ref);
    expect(answers).toBe(2);
  });

  it('starts again at a server that answers with another range', async () => {
    await leave(bytes.subarray(0, half));
    const { url, requests } = await server((request, response) => {
      if (request.headers.range === undefined) response.end(bytes);
      else
        response.writeHead(206, { 'content-range': `bytes 0-9/${bytes.length}` }).end(bytes.subarray(0, 10));
    });
    expect(await downloader().fetch([url])).toEqual(ref);
    expect(requests).toHaveLength(2);
  });

  it('starts again at a server that has no such range', async () => {
    await leave(bytes.subarray(0, half));
    const { url } = await server((request, response) => {
      if (request.headers.range === undefined) response.end(bytes);
      else response.writeHead(416).end();
    });
    expect(await downloader().fetch([url])).toEqual(ref);
  });

  it('is continued at most five times', async () => {
    const { url, requests } = await server((request, response) => {
      const from = rangeOf(request);
      response.writeHead(from === 0 ? 200 : 206, {
        'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
      });
      void breakAfter(response, from, 1000);
    });
    await expect(downloader().fetch([url])).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: /broke off/,
    });
    expect(requests.map(rangeOf)).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
  });

  it('without any progress is not continued', async () => {
    const { url, requests } = await server((_, response) => response.destroy());
    await expect(downloader().fetch([url])).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
    expect(requests).toHaveLength(1);
  });

  it('that stalls goes on too', async () => {
    const { url, requests } = await server((request, response) => {
      if (request.headers.range === undefined)
        response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, half));
      else whole(request, response);
    });
    expect(await downloader({}, { stallTime: 1000 }).fetch([url])).toEqual(ref);
    expect(requests.map(rangeOf)).toEqual([0, half]);
  });

  it('is kept and continued by the next run', async () => {
    let failing = true;
    const { url, requests } = await server((request, response) => {
      if (!failing) whole(request, response);
      else if (request.headers.range === undefined)
        void breakAfter(response.writeHead(200, { 'content-length': bytes.length }), 0, half);
      else response.writeHead(503).end();
    });
    await expect(downloader().fetch([url])).rejects.toMatchObject({ code: 'SHEAF_NETWORK' });
    expect(await partials()).toEqual([`${ref.sha256}.part`]);
    const kept = await readFile(join(directory, 'partial', `${ref.sha256}.part`));
    expect(kept.equals(bytes.subarray(0, half))).toBe(true);
    failing = false;
    expect(await downloader().fetch([url])).toEqual(ref);
    expect(rangeOf(requests.at(-1)!)).toBe(half);
    expect(await partials()).toEqual([]);
  });

  it('of a process that was killed is continued', async () => {
    await leave(bytes.subarray(0, half), `${ref.sha256}.4194305.0badcafe.part`);
    const { url, requests } = await server(whole);
    expect(await downloader().fetch([url])).toEqual(ref);
    expect(rangeOf(requests[0]!)).toBe(half);
    expect(await partials()).toEqual([]);
  });

  it('of a process that still runs is left alone', async () => {
    const name = `${ref.sha256}.${process.pid}.0badcafe.part`;
    await leave(bytes.subarray(0, half), name);
    const { url, requests } = await server(whole);
    expect(await downloader().fetch([url])).toEqual(ref);
    expect(requests[0]?.headers.range).toBeUndefined();
    expect(await partials()).toEqual([name]);
  });

  it('that had all its bytes needs no request', async () => {
    await leave(bytes);
    expect(await downloader().fetch([`http://127.0.0.1:${await closedPort()}/`])).toEqual(ref);
  });

  it('continued from wrong bytes is fetched again in one piece', async () => {
    await leave(Buffer.alloc(half, 'x'));
    const { url, requests } = await server(whole);
    expect(await downloader().fetch([url])).toEqual(ref);
    expect(requests.map(rangeOf)).toEqual([half, 0]);
  });

  it('that is interrupted stops at once and keeps what it has', async () => {
    const controller = new AbortController();
    const { url } = await server((_, response) =>
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, half)),
    );
    const { fetch } = downloader({ signal: controller.signal });
    const seen: TransferProgress[] = [];
    const fetching = fetch([url, url], ref, seen);
    const timer = setInterval(() => {
      if (seen.length > 0) controller.abort();
    }, 5);
    await expect(fetching).rejects.toMatchObject({ code: 'SHEAF_INTERRUPTED' });
    clearInterval(timer);
    expect(await partials()).toEqual([`${ref.sha256}.part`]);
  });
});

describe('wrong bytes', () => {
  it('with another digest are refused and removed', async () => {
    const wrong = Buffer.from(bytes);
    wrong[100]! ^= 1;
    const { url, port, requests } = await server((_, response) => response.end(wrong));
    await expect(downloader().fetch([url])).rejects.toMatchObject({
      code: 'SHEAF_DIGEST',
      message: `${LABEL} could not be downloaded: What 127.0.0.1:${port} sent does not match its digest.`,
    });
    expect(requests).toHaveLength(1);
    expect(await partials()).toEqual([]);
    expect(await downloader().store.locate(ref)).toBeUndefined();
  });

  it('that are too many are refused as soon as that is known', async () => {
    const announced = await server((_, response) =>
      response.writeHead(200, { 'content-length': bytes.length + 1 }).flushHeaders(),
    );
    const silent = await server((_, response) => {
      const write = (): void => {
        while (response.write(bytes) && !response.destroyed);
        response.once('drain', write);
      };
      write();
    });
    for (const { url } of [announced, silent]) {
      await expect(downloader().fetch([url])).rejects.toMatchObject({
        code: 'SHEAF_SIZE',
        message: /more than/,
      });
      expect(await partials()).toEqual([]);
    }
  });

  it('that are too few are refused with both numbers', async () => {
    const { url, port } = await server((_, response) => response.end(bytes.subarray(0, 5)));
    await expect(downloader().fetch([url])).rejects.toMatchObject({
      code: 'SHEAF_SIZE',
      message: `${LABEL} could not be downloaded: 127.0.0.1:${port} sent 5 bytes where ${bytes.length} were promised.`,
    });
    expect(await partials()).toEqual([]);
  });

  it('of one address do not stop the next', async () => {
    const liar = await server((_, response) => response.end(Buffer.alloc(bytes.length)));
    const honest = await server(whole);
    expect(await downloader().fetch([liar.url, honest.url])).toEqual(ref);
    expect(honest.requests[0]?.headers.range).toBeUndefined();
  });
});

describe('several addresses', () => {
  it('are tried in order until one works, which goes on where the other broke off', async () => {
    const missing = await server((_, response) => response.writeHead(404).end());
    const broken = await server((request, response) => {
      if (request.headers.range === undefined)
        void breakAfter(response.writeHead(200, { 'content-length': bytes.length }), 0, half);
      else response.writeHead(500).end();
    });
    const mirror = await server(whole);
    const never = await server(whole);
    const refused = `http://127.0.0.1:${await closedPort()}/`;
    expect(await downloader().fetch([missing.url, refused, broken.url, mirror.url, never.url])).toEqual(ref);
    expect(rangeOf(mirror.requests[0]!)).toBe(half);
    expect(never.requests).toHaveLength(0);
  });

  it('that all fail are all named, under the gravest code', async () => {
    const missing = await server((_, response) => response.writeHead(404).end());
    const locked = await server((_, response) => response.writeHead(401).end());
    const error = await downloader()
      .fetch([missing.url, locked.url, 'http://example.org/plain'])
      .catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: 'SHEAF_AUTHENTICATION',
      message:
        `${LABEL} could not be downloaded: 127.0.0.1:${missing.port} does not have it; ` +
        `127.0.0.1:${locked.port} asks for credentials (401); ` +
        'example.org would be asked over plain HTTP, which is not allowed.',
    });
    expect((error as SheafError).details.failures).toHaveLength(3);
  });

  it('that are none are a sentence too', async () => {
    await expect(downloader().fetch([])).rejects.toMatchObject({
      code: 'SHEAF_NETWORK',
      message: /no address is known/,
    });
  });

  it('are not asked when nothing may be asked', async () => {
    const { url, requests } = await server(whole);
    await expect(downloader({}, { offline: true }).fetch([url])).rejects.toMatchObject({
      code: 'SHEAF_OFFLINE',
    });
    expect(requests).toHaveLength(0);
  });

  it('are not tried one after the other while the disk is full', async () => {
    const { url, requests } = await server(whole);
    const store = createObjectStore(directory);
    const full = new SheafError('SHEAF_DISK_FULL', 'The disk is full.');
    const { fetch } = downloader({ store: { ...store, adopt: () => Promise.reject(full) } });
    await expect(fetch([url, url])).rejects.toBe(full);
    expect(requests).toHaveLength(1);
    expect(await partials()).toEqual([]);
  });
});
