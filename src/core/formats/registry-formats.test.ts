import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reading } from '../finding.ts';
import { isPluginName } from '../plugin-name.ts';
import { readAuditFile, writeAuditFile } from './audit-file.ts';
import { readCapabilityPolicy, writeCapabilityPolicy } from './capability-policy.ts';
import { readCategoryFile, writeCategoryFile } from './category-file.ts';
import { readCollectionFile, writeCollectionFile } from './collection-file.ts';
import { readLicensePolicy, writeLicensePolicy } from './license-policy.ts';
import { readMergePolicy, writeMergePolicy } from './merge-policy.ts';
import { readOwnerFile, writeOwnerFile } from './owner-file.ts';
import { readPluginFile, writePluginFile } from './plugin-file.ts';
import { readRegistryFile, writeRegistryFile } from './registry-file.ts';
import { readReviewFile, writeReviewFile } from './review-file.ts';
import { readReviewerPolicy, writeReviewerPolicy } from './reviewer-policy.ts';
import { givesPower, readStatusEvent, writeStatusEvent } from './status-event.ts';
import { readTierPolicy, writeTierPolicy } from './tier-policy.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const name = fc.stringMatching(/^[a-z][a-z0-9]{1,6}(-[a-z0-9]{1,4}){0,2}$/).filter(isPluginName);
const line = fc
  .string({
    unit: fc.constantFrom('a', 'B', ' ', '"', '\\', "'", 'ü', '語', '#', '😀'),
    minLength: 1,
    maxLength: 12,
  })
  .filter((text) => text.trim() !== '');
const version = fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)).map((parts) => parts.join('.'));
const range = version.map((text) => `>=${text}`);
const url = name.map((text) => `https://example.org/${text}`);
const prefixes = fc.uniqueArray(
  url.map((text) => `${text}/`),
  { maxLength: 3 },
);
const count = fc.nat(1_000_000);
const instant = fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1000);
const duration = fc.integer({ min: 0, max: 100_000 }).map((seconds) => seconds * 1000);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const slugs = fc.uniqueArray(name, { maxLength: 3 });
const tier = fc.constantFrom('wasm', 'native', 'core');
const tiers = fc.subarray(['wasm', 'native', 'core']);
const tables = <T>(value: fc.Arbitrary<T>) => fc.dictionary(name, value, { maxKeys: 3 });
const reasons = fc.dictionary(version, line, { maxKeys: 3 });

/** A record of which the keys in `optional` may be missing. */
const some = (
  required: Record<string, fc.Arbitrary<unknown>>,
  optional: Record<string, fc.Arbitrary<unknown>> = {},
) => fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });

const identity = { registry: name, plugin: name };
const criteria = some(
  {},
  {
    approvals: fc.nat(9),
    maintainers: fc.nat(9),
    scanScore: fc.nat(100),
    performanceValidated: fc.boolean(),
    downloads: count,
    incidentFreeDays: fc.nat(99),
    rating: fc.constant(3.5),
    securityAudit: fc.boolean(),
    performanceReview: fc.boolean(),
    strategicImportance: fc.boolean(),
    hostAgreement: fc.boolean(),
  },
);

type Format = [
  string,
  (bytes: Uint8Array, file: string) => Reading<unknown>,
  (value: never) => Uint8Array,
  fc.Arbitrary<unknown>,
];

const FORMATS: readonly Format[] = [
  [
    'plugin file',
    readPluginFile,
    writePluginFile,
    some(
      {
        registry: name,
        name,
        revision: fc.integer({ min: 1, max: 1e9 }),
        owner: name,
        keywords: slugs,
        repositories: prefixes,
        yanked: reasons,
        deprecatedVersions: reasons,
      },
      { displayName: line, deprecated: line },
    ),
  ],
  [
    'registry file',
    readRegistryFile,
    writeRegistryFile,
    some(
      {
        id: name,
        title: line,
        index: fc.uniqueArray(
          fc.oneof(
            url,
            url.map((text) => `git+${text}.git#index`),
          ),
          { maxLength: 3 },
        ),
        artifactMirrors: prefixes,
        reservedNames: fc.constant([]),
        removedNames: tables(line),
        officialOwners: slugs,
        engines: tables(fc.record({ supported: range })),
      },
      { description: line, homepage: url },
    ),
  ],
  [
    'owner file',
    readOwnerFile,
    writeOwnerFile,
    some(
      { repositories: prefixes },
      { displayName: line, url, githubId: fc.constant(7), gitlabId: fc.constant(8), giteaId: fc.constant(9) },
    ),
  ],
  [
    'category file',
    readCategoryFile,
    writeCategoryFile,
    some({ title: line, description: line, expertise: slugs }),
  ],
  [
    'collection',
    readCollectionFile,
    writeCollectionFile,
    some(
      {
        title: line,
        description: line,
        certifies: fc.boolean(),
        featured: fc.boolean(),
        plugins: fc.uniqueArray(some({ name }, { versions: range, note: line }), {
          maxLength: 3,
          selector: (entry) => entry.name,
        }),
      },
      { curator: name },
    ),
  ],
  [
    'status event',
    readStatusEvent,
    writeStatusEvent,
    fc.oneof(
      some(
        {
          ...identity,
          kind: fc.constantFrom('grant-tier', 'revoke-tier'),
          tier,
          date: instant,
          reason: line,
        },
        { version },
      ),
      some(
        { ...identity, kind: fc.constantFrom('quarantine', 'release'), date: instant, reason: line },
        { version },
      ),
    ),
  ],
  [
    'review',
    readReviewFile,
    writeReviewFile,
    some(
      {
        ...identity,
        version,
        reviewer: name,
        date: instant,
        rating: fc.integer({ min: 1, max: 5 }),
        verdict: fc.constantFrom('approve', 'concerns', 'reject'),
        thoroughness: fc.constantFrom('low', 'medium', 'high'),
      },
      {
        manifest: digest,
        text: fc.tuple(line, line).map((lines) => lines.join('\n')),
        attests: fc.uniqueArray(fc.constantFrom('security-audit', 'endorsement', 'host-agreement'), {
          minLength: 1,
        }),
      },
    ),
  ],
  [
    'audit file',
    readAuditFile,
    writeAuditFile,
    some(
      {
        ...identity,
        version,
        published: instant,
        compatibility: fc.array(
          some({
            engine: name,
            version,
            loads: fc.boolean(),
            tests: fc.constantFrom('passed', 'failed', 'none'),
          }),
          { maxLength: 2 },
        ),
        waivers: fc.array(some({ rule: name, by: name, reason: line }), { maxLength: 2 }),
      },
      {
        manifest: digest,
        reproduced: fc.boolean(),
        scan: some({
          rules: line,
          score: fc.nat(100),
          coverage: fc.double({ min: 0, max: 1, noNaN: true }),
          passed: fc.boolean(),
          findings: fc.array(
            some(
              {
                rule: name,
                severity: fc.constantFrom('info', 'low', 'critical'),
                points: fc.nat(20),
                message: line,
              },
              { place: line, waived: line },
            ),
            { maxLength: 2 },
          ),
        }),
        performance: some(
          { verdict: fc.constantFrom('passed', 'over-budget', 'regression', 'inconclusive') },
          {
            p50Us: fc.constant(1.25),
            p95Us: fc.constant(3),
            peakMemoryBytes: count,
            ratio: fc.constant(1.01),
          },
        ),
        downloads: some({
          total: count,
          months: fc.dictionary(fc.constantFrom('2026-09', '2026-10'), count),
        }),
      },
    ),
  ],
  [
    'tier policy',
    readTierPolicy,
    writeTierPolicy,
    some({ wasm: criteria, native: criteria, core: criteria }),
  ],
  [
    'merge policy',
    readMergePolicy,
    writeMergePolicy,
    some(
      {
        enabled: fc.boolean(),
        delay: duration,
        maxSeverity: fc.constantFrom('none', 'info', 'low', 'medium'),
        tiers,
      },
      { newPluginsAfter: duration },
    ),
  ],
  [
    'licence policy',
    readLicensePolicy,
    writeLicensePolicy,
    some({
      required: fc.boolean(),
      allow: fc.subarray(['MIT', 'GPL-2.0+']),
      deny: fc.subarray(['LicenseRef-x']),
    }),
  ],
  [
    'capability policy',
    readCapabilityPolicy,
    writeCapabilityPolicy,
    tables(some({ description: line, risk: fc.constantFrom('low', 'medium', 'high'), tiers })),
  ],
  [
    'reviewer policy',
    readReviewerPolicy,
    writeReviewerPolicy,
    some({
      reviewers: fc.integer({ min: 1, max: 9 }),
      remindAfter: fc.constant(90_000),
      fallbackAfter: fc.constant(86_400_000),
      people: tables(
        some(
          { expertise: slugs, maintainer: fc.boolean() },
          { hostTeam: fc.boolean(), github: line, gitlab: line, maxOpen: fc.constant(5) },
        ),
      ),
    }),
  ],
];

describe.each(FORMATS)('a %s', (_, read, write, values) => {
  it('is read as it was written, and written as the same bytes again', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = write(value as never);
        const reading = read(bytes, 'file.toml');
        expect(reading).toEqual({ value, findings: [] });
        expect(write(reading.value as never)).toEqual(bytes);
      }),
      { numRuns: 50 },
    );
  });

  it('with an unknown key is refused at the place of the key', () => {
    const reading = read(encode('# one\nsurprise = 1\n'), 'file.toml');
    expect(reading.value).toBeUndefined();
    expect(reading.findings).toContainEqual(
      expect.objectContaining({ rule: 'unknown-key', place: { file: 'file.toml', line: 2, column: 1 } }),
    );
  });

  it('that is no TOML, not UTF-8, or huge is refused', () => {
    expect(read(encode('= 1'), 'file.toml').findings).toMatchObject([{ rule: 'toml-syntax' }]);
    expect(read(Uint8Array.of(0xff), 'file.toml').findings).toMatchObject([{ rule: 'utf-8' }]);
    expect(read(new Uint8Array(5 * 1024 * 1024), 'file.toml').findings).toMatchObject([
      { rule: 'file-size' },
    ]);
  });
});

const PLUGIN = '[plugin]\nregistry = "r1"\nname = "ab"\nrevision = 1\nowner = "me"\n';
const REGISTRY = '[registry]\nid = "r1"\ntitle = "R"\n';
const EVENT =
  '[event]\nregistry = "r1"\nplugin = "ab"\nkind = "quarantine"\ndate = 2026-11-20T09:30:00Z\nreason = "bad"\n';
const REVIEW =
  '[review]\nregistry = "r1"\nplugin = "ab"\nversion = "1.0.0"\nreviewer = "me"\ndate = "2026-11-20T09:30:00Z"\nrating = 5\nverdict = "approve"\nthoroughness = "low"\n';
const AUDIT =
  '[audit]\nregistry = "r1"\nplugin = "ab"\nversion = "1.0.0"\npublished = "2026-11-20T09:30:00Z"\n';

const indexFindings = (address: string) =>
  readRegistryFile(encode(`${REGISTRY}index = ["${address}"]`), 'r').findings;

const kindGivesPower = (kind: string, more = '') =>
  givesPower(readStatusEvent(encode(EVENT.replace('quarantine', kind) + more), 's').value!);

describe('rules beyond the schema', () => {
  it.each<[string, Reading<unknown>, string, number]>([
    [
      'a prefix without slash',
      readPluginFile(encode(`${PLUGIN}repositories = ["https://a.org/x"]`), 'p'),
      'url-prefix',
      6,
    ],
    [
      'a prefix over http',
      readOwnerFile(encode('[owner]\nrepositories = [\n"http://a.org/"]'), 'o'),
      'url-scheme',
      3,
    ],
    [
      'a plugin file of another plugin',
      readPluginFile(encode(PLUGIN), 'p', { expected: { name: 'cd' } }),
      'name-mismatch',
      3,
    ],
    [
      'a plugin file of another registry',
      readPluginFile(encode(PLUGIN), 'p', { expected: { registry: 'r2' } }),
      'registry-mismatch',
      2,
    ],
    [
      'a yanked version that is none',
      readPluginFile(encode(`${PLUGIN}[yanked]\n"1.0" = "x"`), 'p'),
      'bad-key',
      7,
    ],
    [
      'an index behind file:',
      readRegistryFile(encode(`${REGISTRY}index = ["file:///etc"]`), 'r'),
      'url-scheme',
      4,
    ],
    [
      'an index with a password',
      readRegistryFile(encode(`${REGISTRY}index = ["git+https://u:p@a.org/x"]`), 'r'),
      'url-credentials',
      4,
    ],
    [
      'a name both reserved and removed',
      readRegistryFile(encode(`${REGISTRY}reserved_names = ["ab"]\nremoved_names = { ab = "x" }`), 'r'),
      'duplicate-name',
      4,
    ],
    [
      'a bad range of an engine',
      readRegistryFile(encode(`${REGISTRY}[engines]\nnode = { supported = "new" }`), 'r'),
      'range',
      5,
    ],
    [
      'a plugin twice in a collection',
      readCollectionFile(
        encode(
          '[collection]\ntitle = "A"\ndescription = "B"\n[[plugin]]\nname = "ab"\n[[plugin]]\nname = "ab"',
        ),
        'c',
      ),
      'duplicate-plugin',
      7,
    ],
    [
      'a grant without tier',
      readStatusEvent(encode(EVENT.replace('quarantine', 'grant-tier')), 's'),
      'missing-key',
      1,
    ],
    ['a quarantine with tier', readStatusEvent(encode(`${EVENT}tier = "core"`), 's'), 'unknown-key', 7],
    [
      'an event of another day',
      readStatusEvent(encode(EVENT), 'x/2026-11-19-quarantine.toml'),
      'event-file-name',
      4,
    ],
    [
      'an event of another kind',
      readStatusEvent(encode(EVENT), 'x/2026-11-20-release.toml'),
      'event-file-name',
      4,
    ],
    [
      'a date that no calendar has',
      readStatusEvent(encode(EVENT.replace('2026-11-20T09:30:00Z', '"2026-11-31T09:30:00Z"')), 's'),
      'date',
      5,
    ],
    ['a date with an offset', readStatusEvent(encode(EVENT.replace('00Z', '00+01:00')), 's'), 'bad-value', 5],
    ['a review of another version', readReviewFile(encode(REVIEW), '1.0.1.me.toml'), 'review-file-name', 4],
    ['a review by another', readReviewFile(encode(REVIEW), '1.0.0.you.toml'), 'review-file-name', 5],
    [
      'a rating of 6',
      readReviewFile(encode(REVIEW.replace('5\nverdict', '6\nverdict')), 'r'),
      'out-of-range',
      7,
    ],
    ['facts of another version', readAuditFile(encode(AUDIT), 'ab/1.0.1.toml'), 'version-file-name', 4],
    [
      'a licence allowed and denied',
      readLicensePolicy(encode('[licenses]\nrequired = true\nallow = ["MIT"]\ndeny = ["MIT"]'), 'l'),
      'duplicate-license',
      4,
    ],
    [
      'maintainers before the reminder',
      readReviewerPolicy(encode('[routing]\nremind_after = "2d"\nfallback_after = "1d"'), 'r'),
      'fallback-before-reminder',
      3,
    ],
  ])('refuse %s', (_, reading, rule, line) => {
    expect(reading.value).toBeUndefined();
    expect(reading.findings).toMatchObject([{ rule, severity: 'error', place: { line } }]);
    expect(reading.findings[0]?.fix).toMatch(/\S/);
  });

  it('let the first and further events of a day have their names', () => {
    for (const file of ['2026-11-20-quarantine.toml', 'x/2026-11-20-quarantine-2.toml', 'event.toml']) {
      expect(readStatusEvent(encode(EVENT), file).findings).toEqual([]);
    }
    expect(readReviewFile(encode(REVIEW), 'x/1.0.0.me.toml').findings).toEqual([]);
    expect(readAuditFile(encode(AUDIT), 'x/1.0.0.toml').findings).toEqual([]);
  });

  it('let a local registry be served over http from this machine only', () => {
    expect(indexFindings('http://127.0.0.1:8080/x/')).toEqual([]);
    expect(indexFindings('http://[::1]/')).toEqual([]);
    expect(indexFindings('git+http://localhost/x.git#index')).toEqual([]);
    expect(indexFindings('git+ssh://git@example.org/x.git#index')).toEqual([]);
    expect(indexFindings('http://127.0.0.1.example.org/')).toMatchObject([{ rule: 'url-scheme' }]);
    expect(indexFindings('http://localhost.example.org/')).toMatchObject([{ rule: 'url-scheme' }]);
  });

  it('tell what gives power', () => {
    expect(kindGivesPower('grant-tier', 'tier = "native"')).toBe(true);
    expect(kindGivesPower('release')).toBe(true);
    expect(kindGivesPower('revoke-tier', 'tier = "native"')).toBe(false);
    expect(kindGivesPower('quarantine')).toBe(false);
  });
});
