import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { archiveNameFault, foldArchivePath } from '../../src/core/archives/archive-name.ts';
import { closest } from '../../src/core/did-you-mean.ts';
import { parseDigest } from '../../src/core/digest.ts';
import { licenseProblem } from '../../src/core/formats/spdx.ts';
import { matchesPattern } from '../../src/core/import/path-pattern.ts';
import { parseCheckpointPath } from '../../src/core/index/checkpoint.ts';
import { parseSourcePath, sourcePath } from '../../src/core/index/source-layout.ts';
import { wordsOf } from '../../src/core/index/words.ts';
import { formatInstant, parseDuration, parseInstant } from '../../src/core/instant.ts';
import { parsePluginSpec } from '../../src/core/plugin-spec.ts';
import { readQuery } from '../../src/core/search/query.ts';
import { escapeForTerminal, quote, uncleanCharacter } from '../../src/core/text.ts';
import {
  compareVersions,
  isVersion,
  isVersionRange,
  parseVersion,
  rangeTest,
  satisfies,
  type Version,
} from '../../src/core/version.ts';
import { gitLocation, localDirectory } from '../../src/io/git/git-location.ts';
import { parseNetrc } from '../../src/io/http/credentials.ts';
import { allowedUrl, redirectTarget } from '../../src/io/http/http-url.ts';
import { damagedText, FUZZ_TIMEOUT, fuzzing, refusesAtMost } from '../support/fuzzing.ts';

/** What people type and what names are made of. */

const VERSION = '1.2.3-beta.1' as Version;
const BASE = new URL('https://acme.example/index/');

const READERS: readonly [string, readonly string[], (text: string) => unknown][] = [
  ['a plugin', ['graph-lens', 'graph-lens@^1.2', 'acme/graph-lens@1.10.0 || >=2 <3'], parsePluginSpec],
  ['a digest', [`sha256:${'ab'.repeat(32)}`], parseDigest],
  ['a date', ['2026-11-20T09:30:00Z'], (text) => formatInstant(parseInstant(text) ?? 0)],
  ['a duration', ['7d', '90m'], parseDuration],
  ['a licence', ['MIT', '(Apache-2.0 OR MIT) AND LGPL-2.1-only WITH GCC-exception-2.0'], licenseProblem],
  [
    'a query',
    ['graph "call graph" category:visualizers -tier:native lang:rust'],
    (text) => [wordsOf(text), readQuery(text)],
  ],
  ['a path of a checkpoint', ['checkpoints/2-17.json'], parseCheckpointPath],
  [
    'a pattern for paths',
    ['lens-*/bin/?[a-z]*', '**********a'],
    (text) => matchesPattern('lens-1/bin/x'.repeat(20), text),
  ],
  ['a misspelt name', ['graph-lens'], (text) => closest(text, ['graph-lens', 'users', ''])],
  [
    'netrc',
    ['machine acme.example login me password "a b"\nmacdef x\nmachine y\n\ndefault login z'],
    parseNetrc,
  ],
  [
    'an address',
    ['https://acme.example/index/', 'http://127.0.0.1:80/x', 'https://user:word@acme.example'],
    (text) => allowedUrl(text, false),
  ],
  [
    'where a server redirects to',
    ['https://other.example/', '../up', '//other.example/x'],
    (text) => redirectTarget(BASE, text, false),
  ],
  [
    'an address of a repository',
    ['git+https://acme.example/r.git#index', 'file:///srv/r.git', 'git@acme.example:r.git', '/srv/r'],
    (text) => {
      const location = gitLocation(text);
      return location === undefined ? undefined : localDirectory(location);
    },
  ],
];

describe('damaged in any way,', () => {
  it.each(READERS)(
    '%s is understood or refused with a sentence',
    (_, samples, read) => {
      expect(() =>
        fc.assert(
          fc.property(damagedText(samples), (text) => refusesAtMost(() => read(text))),
          fuzzing(300),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );

  it(
    'versions and ranges never throw, and those that are accepted can be compared',
    () => {
      const version = damagedText(['1.2.3', '1.0.0-rc.1', '99999999999.0.0']);
      const range = damagedText([
        '^1.2',
        '>=1.0.0-0 <2 || ~3.1',
        '1.x',
        '1 - 2',
        `>=1${' '.repeat(90)}<2`,
        '*',
      ]);
      expect(() =>
        fc.assert(
          fc.property(version, range, (someVersion, someRange) => {
            const good = isVersion(someVersion) ? [someVersion] : [];
            expect(good.map((one) => compareVersions(one, VERSION))).toEqual(
              good.map((one) => 0 - compareVersions(VERSION, one) || 0),
            );
            if (!isVersionRange(someRange)) return;
            const test = rangeTest(someRange);
            for (const one of [VERSION, ...good]) {
              expect(test(parseVersion(one))).toBe(satisfies(one, someRange));
            }
          }),
          fuzzing(500),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );

  it(
    'a path is a file of a registry only when the registry would give that file this path',
    () => {
      const samples = [
        'registry/trust/owners/author/1.signers.author.sig',
        'registry/security/status/gr/graph-lens/2026-11-20-quarantine.toml',
        'plugins/integrations/gr/graph-lens/1.0.0.toml.sig',
      ];
      expect(() =>
        fc.assert(
          fc.property(damagedText(samples), (path) => {
            const file = parseSourcePath(path);
            expect(file === undefined ? path : sourcePath(file)).toBe(path);
          }),
          fuzzing(500),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );

  it(
    'a text that is shown obeys nobody: no control, format or unassigned character is left',
    () => {
      expect(() =>
        fc.assert(
          fc.property(damagedText(['plain', '\u001b]0;title\u0007', 'a\u202eb', '\ud800']), (text) => {
            expect(uncleanCharacter(escapeForTerminal(text))).toBeUndefined();
            expect(uncleanCharacter(quote(text))).toBeUndefined();
          }),
          fuzzing(500),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );

  it(
    'a name in an archive that is accepted stays below the directory, in any spelling of a file system',
    () => {
      const samples = ['bin/lens', 'a/../b', 'C:/x', 'con.txt', 'a\\..\\b', 'caf\u00e9/x', './a'];
      expect(() =>
        fc.assert(
          fc.property(damagedText(samples), (path) => {
            const folded = foldArchivePath(path);
            if (archiveNameFault(path) !== undefined) return;
            expect(path.normalize('NFC')).toBe(path);
            expect(path.split('/')).not.toContain('..');
            expect(path.startsWith('/')).toBe(false);
            expect(/[\\:*?"<>|\0]/.test(path)).toBe(false);
            expect(foldArchivePath(path.toUpperCase())).toBe(foldArchivePath(folded.toUpperCase()));
          }),
          fuzzing(500),
        ),
      ).not.toThrow();
    },
    FUZZ_TIMEOUT,
  );
});
