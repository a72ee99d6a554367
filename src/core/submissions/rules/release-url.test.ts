import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { submittedChange } from '../../../../test/support/submitted-change.ts';
import { releaseUrl } from './release-url.ts';

const PREFIX = 'https://git.example.org/dana/';

/** What attackers put together. */
const PIECES = [
  'https://',
  'http://',
  'HTTPS://',
  'git.example.org',
  'evil.example',
  'git.example.org.',
  'dana',
  'erin',
  '/',
  '//',
  '\\',
  '..',
  '.',
  '%2e',
  '%2F',
  '%5c',
  '%25',
  '@',
  ':',
  ':443',
  '?',
  '#',
  '\t',
  '\n',
  ' ',
  'a.wasm',
  '\u3002',
  '\uff0e',
  '\u2215',
  '%00',
  ';',
  '&',
  '[',
  ']',
];
const piece = fc.constantFrom(...PIECES);

const address = fc.oneof(
  fc.array(piece, { minLength: 1, maxLength: 10 }).map((pieces) => pieces.join('')),
  fc.array(piece, { maxLength: 6 }).map((pieces) => `${PREFIX}${pieces.join('')}`),
  fc.array(piece, { maxLength: 4 }).map((pieces) => `https://git.example.org${pieces.join('')}/dana/a.wasm`),
);

it('takes no address that a client or a server could read as one outside of the stated ones', async () => {
  const change = await submittedChange();
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(address, async (url) => {
      const plugins = change.plugins.map((plugin) => ({
        ...plugin,
        releases: plugin.releases.map((release) => ({
          ...release,
          manifest: {
            ...release.manifest,
            artifacts: release.manifest.artifacts.map((one) => ({ ...one, url })),
          },
        })),
      }));
      const faults = await releaseUrl.judge({ ...change, plugins });
      if (faults.length > 0) return;
      taken += 1;
      const parsed = new URL(url);
      expect(parsed.href.startsWith(PREFIX)).toBe(true);
      expect(parsed.href.toLowerCase()).toBe(url.toLowerCase());
      expect(parsed.pathname).toBe(url.slice(url.indexOf('/', 'https://'.length)));
      expect([parsed.username, parsed.password, parsed.search, parsed.hash, parsed.port]).toEqual([
        '',
        '',
        '',
        '',
        '',
      ]);
      // However often a server decodes the path, it stays below the prefix.
      const decoded = decodeURIComponent(parsed.pathname);
      expect(decodeURIComponent(decoded)).toBe(decoded);
      expect(new URL(decoded, PREFIX).pathname.startsWith('/dana/')).toBe(true);
    }),
    { seed: 20_261_120, numRuns: 3_000 },
  );
  // Or the property would hold of nothing.
  expect(taken).toBeGreaterThan(50);
});
