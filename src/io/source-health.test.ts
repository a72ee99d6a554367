import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SheafError } from '../core/errors.ts';
import { HOUR } from '../core/instant.ts';
import { type TestClock, temporaryDirectory, testClock } from '../testkit/index.ts';
import { createSourceHealth } from './source-health.ts';

const SILENT = new SheafError('SHEAF_NETWORK', 'It sent next to nothing for 30 s.');

let file: string;
let clock: TestClock;

beforeEach(async () => {
  const home = await temporaryDirectory();
  onTestFinished(() => home.remove());
  file = join(home.path, 'state', 'sources.json');
  clock = testClock(Date.parse('2026-11-20T09:00:00Z'));
});

describe('the memory of addresses', () => {
  it('outlives the process, and no file is written before anything fails', async () => {
    const health = createSourceHealth(file, clock);
    await health.worked('a');
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
    await health.failed('a', SILENT);
    const later = createSourceHealth(file, clock);
    expect(await later.order(['a', 'b'])).toEqual(['b', 'a']);
    expect(await later.list()).toMatchObject([{ url: 'a', since: clock.time, message: SILENT.message }]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is forgotten by success and by time', async () => {
    const health = createSourceHealth(file, clock);
    await health.failed('a', SILENT);
    await health.failed('b', SILENT);
    await health.worked('a');
    expect(await health.list()).toMatchObject([{ url: 'b' }]);
    clock.time += HOUR;
    expect(await health.list()).toEqual([]);
    expect(await health.order(['b', 'c'])).toEqual(['b', 'c']);
  });

  it('keeps every one of many failures at the same time', async () => {
    const health = createSourceHealth(file, clock);
    const urls = Array.from({ length: 20 }, (_, n) => `https://${n}.example/`);
    await Promise.all(urls.map((url) => health.failed(url, SILENT)));
    expect((await health.list()).map(({ url }) => url).toSorted()).toEqual(urls.toSorted());
  });

  it('damaged is empty, and is written anew', async () => {
    const health = createSourceHealth(file, clock);
    await health.failed('a', SILENT);
    for (const damage of ['', '{', 'x'.repeat(1_000_000)]) {
      await writeFile(file, damage);
      expect(await health.order(['a', 'b'])).toEqual(['a', 'b']);
    }
    await health.failed('b', SILENT);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ sources: [{ url: 'b' }] });
  });

  it('that cannot be written is no reason to stop', async () => {
    await mkdir(file, { recursive: true });
    const health = createSourceHealth(file, clock);
    expect(await health.order(['a', 'b'])).toEqual(['a', 'b']);
    await mkdir(join(file, 'full'), { recursive: true });
    await expect(health.worked('a')).resolves.toBeUndefined();
  });
});
