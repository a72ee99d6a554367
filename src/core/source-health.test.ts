import { describe, expect, it } from 'vitest';
import { SheafError } from './errors.ts';
import { DAY, HOUR, MINUTE, parseInstant } from './instant.ts';
import { LIMITS } from './limits.ts';
import {
  graver,
  healthiestFirst,
  isFaultOfSource,
  readSourceHealth,
  type UnhealthySource,
  withUnhealthy,
  writeSourceHealth,
} from './source-health.ts';

const NOW = parseInstant('2026-11-20T09:00:00Z') ?? 0;

function failed(url: string, since: number = NOW): UnhealthySource {
  return { url, since, code: 'SHEAF_NETWORK', message: 'It sent next to nothing.' };
}

describe('addresses that failed lately', () => {
  it('come behind all others, each group in the order it was in', () => {
    const order = healthiestFirst(['a', 'b', 'c', 'd'], [failed('c'), failed('a')], NOW);
    expect(order).toEqual(['b', 'd', 'a', 'c']);
  });

  it('stand for everything below them, and for nothing beside them', () => {
    const urls = ['https://a.example/o/aa/x', 'https://a.example.org/x', 'https://b.example/plugins-2/'];
    const known = [failed('https://a.example/'), failed('https://b.example/plugins')];
    expect(healthiestFirst(urls, known, NOW)).toEqual([urls[1], urls[2], urls[0]]);
  });

  it('count for an hour, and not at all when their time lies ahead', () => {
    const first = (now: number, since: number = NOW): string | undefined =>
      healthiestFirst(['a', 'b'], [failed('a', since)], now)[0];
    expect(first(NOW + 59 * MINUTE)).toBe('b');
    expect(first(NOW + HOUR)).toBe('a');
    expect(first(NOW, NOW + DAY)).toBe('a');
  });

  it('are remembered once each, newest first, and no more than a few', () => {
    let known: readonly UnhealthySource[] = [];
    for (let n = 0; n < 200; n += 1) known = withUnhealthy(known, failed(`https://${n}.example/`));
    known = withUnhealthy(known, failed('https://150.example/', NOW + MINUTE));
    expect(known).toHaveLength(LIMITS.sourcesRemembered);
    expect(known[0]).toEqual(failed('https://150.example/', NOW + MINUTE));
    expect(known.filter(({ url }) => url === 'https://150.example/')).toHaveLength(1);
  });

  it('keep a bounded part of what was said', () => {
    const [known] = withUnhealthy([], { ...failed('a'), message: 'x'.repeat(10_000) });
    expect(known?.message).toHaveLength(LIMITS.sourceFailureLength);
  });

  it('are forgotten with the next failure once they no longer count', () => {
    expect(withUnhealthy([failed('a')], failed('b', NOW + 2 * HOUR))).toEqual([failed('b', NOW + 2 * HOUR)]);
  });
});

describe('the file of them', () => {
  it('is read as it was written', () => {
    const known = [failed('https://a.example/'), failed('https://b.example/', NOW - MINUTE)];
    expect(readSourceHealth(writeSourceHealth(known))).toEqual(known);
  });

  it.each([
    ['', 'is not JSON'],
    ['[]', 'is not a JSON object'],
    ['{"schema":"sheaf-sources/2","sources":[]}', 'is not of the schema'],
    ['{"schema":"sheaf-sources/1","sources":[{}]}', 'has no "url"'],
    [
      '{"schema":"sheaf-sources/1","sources":[{"url":"a","since":"now","code":"SHEAF_SIZE","message":""}]}',
      'without a time',
    ],
    [
      '{"schema":"sheaf-sources/1","sources":[{"url":"a","since":"2026-11-20T09:00:00Z","code":"toString","message":""}]}',
      'of an unknown kind',
    ],
  ])('is refused as %s', (text, problem) => {
    expect(() => readSourceHealth(Buffer.from(text))).toThrow(problem);
  });
});

describe('a failure', () => {
  const error = (code: SheafError['code'], details = {}): SheafError =>
    new SheafError(code, 'x', { details });

  it('is not the fault of an address that has no such file, nor of one when this machine is the cause', () => {
    expect(isFaultOfSource(error('SHEAF_NETWORK', { status: 404 }))).toBe(false);
    expect(isFaultOfSource(error('SHEAF_DISK_FULL'))).toBe(false);
    expect(isFaultOfSource(error('SHEAF_NETWORK', { status: 500 }))).toBe(true);
    expect(isFaultOfSource(error('SHEAF_DIGEST'))).toBe(true);
  });

  it('that says more than silence is the one to tell', () => {
    const [silent, lying] = [error('SHEAF_NETWORK'), error('SHEAF_DIGEST')];
    expect(graver(undefined, silent)).toBe(silent);
    expect(graver(silent, lying)).toBe(lying);
    expect(graver(lying, silent)).toBe(lying);
  });
});
