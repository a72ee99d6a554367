import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import { SheafError } from '../../src/core/errors.ts';
import { nameHead } from '../../src/io/git/git-advertisement.ts';
import { packObjectCounter } from '../../src/io/git/git-http.ts';
import { createDownloader } from '../../src/io/http/downloader.ts';
import { createHttp, type Http } from '../../src/io/http/http.ts';
import { createObjectStore } from '../../src/io/object-store.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../../src/testkit/index.ts';
import {
  damaged,
  damagedText,
  FUZZ_TIMEOUT,
  fuzzing,
  refusesAtMost,
  refusesAtMostLater,
} from '../support/fuzzing.ts';
import { honestRegistry } from '../support/honest-files.ts';
import { type Loopback, serveRaw } from '../support/loopback.ts';
import { GIT_ANSWERS, playedBack, type RecordedGit, recordGit } from '../support/recorded-git.ts';

/** What a server says before anything could be verified: heads of responses, pkt-lines and packs. */

let home: TemporaryDirectory;
let raw: Loopback;
let http: Http;
let answer = Buffer.alloc(0);
let recorded: RecordedGit;

beforeAll(async () => {
  home = await temporaryDirectory();
  recorded = await recordGit(await honestRegistry(), home.path);
  raw = await serveRaw((socket) => socket.once('data', () => socket.end(answer)));
  http = createHttp({ offline: false, environment: {}, stallTime: 5_000 });
});

afterAll(async () => {
  await http.close();
  await raw.close();
  await home.remove();
});

/** What a client reads from a server that answers so. */
async function cloneWith(answers: RecordedGit): Promise<string> {
  const source = playedBack(answers, join(home.path, 'clone'));
  await source.refresh();
  return new TextDecoder().decode(await source.readFile('latest', 32));
}

describe('a Git server', () => {
  it('that is honest is cloned from what was recorded of it', async () => {
    expect(await cloneWith(recorded)).toBe('1-1\n');
  });

  it.each(GIT_ANSWERS)(
    'that damages its %s is refused with a sentence, or read',
    async (part) => {
      await expect(
        fc.assert(
          fc.asyncProperty(damaged([recorded.get(part) ?? Buffer.alloc(0)]), (bytes) =>
            refusesAtMostLater(() => cloneWith(new Map(recorded).set(part, Buffer.from(bytes)))),
          ),
          fuzzing(40),
        ),
      ).resolves.toBeUndefined();
    },
    FUZZ_TIMEOUT,
  );

  it(
    'never makes the reader of its references or the counter of its objects throw',
    () => {
      const samples = [...recorded.values()];
      expect(() =>
        fc.assert(
          fc.property(damaged(samples), fc.nat(40), (bytes, cut) => {
            refusesAtMost(() => nameHead(Buffer.from(bytes), 'index'));
            const whole = packObjectCounter()(bytes);
            const count = packObjectCounter();
            const first = count(bytes.subarray(0, cut));
            expect(first > 0 ? first : count(bytes.subarray(cut))).toBe(whole);
          }),
          fuzzing(300),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );
});

const HEADS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 429 Too Many Requests\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 503 Busy\r\nRetry-After: Fri, 20 Nov 2026 10:00:00 GMT\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nETag: "x"\r\nContent-Length: 5\r\n\r\nhello',
];

describe('a web server', () => {
  it(
    'that answers anything at all is read or refused with a sentence',
    async () => {
      await expect(
        fc.assert(
          fc.asyncProperty(damagedText(HEADS), async (text) => {
            answer = Buffer.from(text, 'latin1');
            await refusesAtMostLater(async () => {
              const response = await http.get(raw.url, { maxBytes: 1_000 });
              for await (const chunk of response.body) expect(chunk.byteLength).toBeLessThanOrEqual(1_000);
            });
          }),
          fuzzing(150),
        ),
      ).resolves.toBeUndefined();
    },
    FUZZ_TIMEOUT,
  );

  it(
    'that answers a request for the rest of a file with any range never makes another file of it',
    async () => {
      const content = 'the whole artifact, of which the first half is here already';
      const whole = Buffer.from(content);
      const digest = sha256(whole);
      const directory = join(home.path, 'objects');
      const samples = [
        `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 20-${whole.length - 1}/${whole.length}\r\nContent-Length: ${whole.length - 20}\r\n\r\n${content.slice(20)}`,
        `HTTP/1.1 200 OK\r\nContent-Length: ${whole.length}\r\n\r\n${content}`,
        `HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */${whole.length}\r\nContent-Length: 0\r\n\r\n`,
      ];
      await expect(
        fc.assert(
          fc.asyncProperty(damagedText(samples), async (text) => {
            answer = Buffer.from(text, 'latin1');
            const store = createObjectStore(directory);
            const downloader = createDownloader({ http, store, directory, backoff: () => 0 });
            await mkdir(join(directory, 'partial'), { recursive: true });
            await writeFile(join(directory, 'partial', `${digest}.part`), whole.subarray(0, 20));
            try {
              const artifact = { sha256: digest, size: whole.length };
              const ref = await downloader.fetch(artifact, [raw.url], 'the artifact', () => undefined);
              expect(Buffer.from((await store.read(ref)) ?? [])).toEqual(whole);
            } catch (error) {
              if (!(error instanceof SheafError) || error.code === 'SHEAF_INTERNAL') throw error;
            } finally {
              await rm(directory, { recursive: true, force: true });
            }
          }),
          fuzzing(100),
        ),
      ).resolves.toBeUndefined();
    },
    FUZZ_TIMEOUT,
  );
});
