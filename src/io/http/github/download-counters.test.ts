import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { primaryLimit, secondaryLimit } from '../../../../test/support/github/faults.ts';
import { type ServedGithub, serveGithub } from '../../../../test/support/github/serve-github.ts';
import type { Forge } from '../../../core/publishing-ports.ts';
import { createHttp, type Http } from '../http.ts';
import { createGithubForge } from './download-counters.ts';

let served: ServedGithub;
let http: Http;
let forge: Forge;

beforeEach(async () => {
  served = await serveGithub();
  http = createHttp({ offline: false, environment: { NETRC: '/nonexistent' } });
  forge = createGithubForge({
    http,
    server: { api: `${served.github.api}/`, prefix: `${served.github.url}/` },
  });
});

afterEach(async () => {
  await http.close();
  await served.close();
});

/** Publishes releases of one file each, downloaded as often as their number says. */
async function releases(count: number): Promise<void> {
  const { github } = served;
  const lens = await github.createRepository('alice/lens');
  for (let at = 1; at <= count; at += 1) {
    lens.releases.push({
      id: github.nextId(),
      tag: `v${at}`,
      name: '',
      body: '',
      draft: false,
      prerelease: false,
      target: 'main',
      assets: [
        {
          id: github.nextId(),
          name: 'lens.wasm',
          bytes: Buffer.from('module'),
          contentType: 'application/wasm',
          state: 'uploaded',
          downloads: at,
        },
      ],
    });
  }
}

describe('the download counters of a repository', () => {
  test('are those of all its releases, by address', async () => {
    await releases(101);
    const counters = await forge.counters('alice/lens');
    expect(counters.kind).toBe('counts');
    const byUrl = counters.kind === 'counts' ? counters.byUrl : new Map<string, number>();
    expect(byUrl.size).toBe(101);
    expect(byUrl.get(`${served.github.url}/alice/lens/releases/download/v7/lens.wasm`)).toBe(7);
  });

  test('are missing for a repository that is not there', async () => {
    expect(await forge.counters('alice/none')).toEqual({ kind: 'missing' });
  });

  test('are missing where a court took the repository away', async () => {
    served.github.faults.plan(
      {},
      { answer: { status: 451, body: { message: 'Repository access blocked' } } },
    );
    expect(await forge.counters('alice/lens')).toEqual({ kind: 'missing' });
  });

  test.each([
    [primaryLimit(1_900_000_000), { kind: 'limited', until: 1_900_000_000_000 }],
    [secondaryLimit(429), { kind: 'limited' }],
  ])('are limited for a time: %#', async (answer, expected) => {
    served.github.faults.plan({}, { answer });
    expect(await forge.counters('alice/lens')).toEqual(expected);
  });

  test('are an error when the server has one', async () => {
    served.github.faults.plan({}, { answer: { status: 403, body: { message: 'Forbidden' } } });
    await expect(forge.counters('alice/lens')).rejects.toMatchObject({ code: 'SHEAF_AUTHENTICATION' });
  });
});
