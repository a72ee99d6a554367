import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { readAdvisory, writeAdvisory } from './advisory.ts';

const SAMPLE = {
  schema_version: '1.7.0',
  id: 'PLUG-2026-0001',
  modified: '2026-11-20T09:30:00Z',
  published: '2026-11-19T09:30:00Z',
  aliases: ['CVE-2026-12345'],
  summary: 'Crafted graphs run code',
  details: 'A crafted graph\nruns code in the host.',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'sheaf:example-plugins', name: 'graph-lens' },
      ranges: [
        {
          type: 'SEMVER',
          events: [{ introduced: '0' }, { fixed: '1.2.3' }, { introduced: '2.0.0-rc.1' }, { fixed: '2.0.1' }],
        },
      ],
      versions: ['3.0.0'],
      ecosystem_specific: { anything: [1] },
    },
  ],
  references: [{ type: 'FIX', url: 'https://example.org/fix' }],
  credits: [{ name: 'Somebody', contact: ['https://example.org/'], type: 'FINDER' }],
  database_specific: { malware: true },
};

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value, undefined, 2));
const read = (value: unknown, file = 'PLUG-2026-0001.json') => readAdvisory(encode(value), file);
const clone = (): typeof SAMPLE => structuredClone(SAMPLE);

it('reads dates as instants and writes what it read', () => {
  const { value, findings } = read(SAMPLE);
  expect(findings).toEqual([]);
  expect(value?.modified).toBe(Date.UTC(2026, 10, 20, 9, 30));
  expect(value).not.toHaveProperty('withdrawn');
  const bytes = writeAdvisory(value!);
  expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(SAMPLE);
  expect(readAdvisory(bytes, 'PLUG-2026-0001.json').value).toEqual(value);
});

describe('refuses', () => {
  it.each<[string, (advisory: ReturnType<typeof clone>) => void, string, string]>([
    ['a foreign id', (a) => void (a.id = 'CVE-2026-1'), 'bad-value', '"id"'],
    [
      'another ecosystem',
      (a) => void (a.affected[0]!.package.ecosystem = 'Debian:12'),
      'bad-value',
      '"ecosystem"',
    ],
    ['a bad name', (a) => void (a.affected[0]!.package.name = 'Graph'), 'plugin-name', '"name"'],
    ['a date that no calendar has', (a) => void (a.modified = '2026-02-30T00:00:00Z'), 'date', '"modified"'],
    ['http', (a) => void (a.references[0]!.url = 'http://example.org'), 'url-scheme', '"url"'],
    ['an unknown key', (a) => void Object.assign(a, { sumary: '' }), 'unknown-key', '"sumary"'],
    [
      'severity twice',
      (a) => void Object.assign(a.affected[0]!, { severity: a.severity }),
      'duplicate-severity',
      '"severity"',
    ],
    [
      'events out of order',
      (a) => void (a.affected[0]!.ranges[0]!.events = a.affected[0]!.ranges[0]!.events.toReversed()),
      'event-order',
      '"introduced"',
    ],
    [
      'a range that begins nowhere',
      (a) => void (a.affected[0]!.ranges[0]!.events = [{ fixed: '1.0.0' }]),
      'missing-key',
      '"events"',
    ],
    [
      'two keys in one event',
      (a) => void (a.affected[0]!.ranges[0]!.events = [{ introduced: '0', fixed: '1.0.0' } as never]),
      'too-many',
      '{',
    ],
    [
      'no versions',
      (a) => void (a.affected[0] = { package: a.affected[0]!.package } as never),
      'missing-key',
      '{',
    ],
    ['Git ranges', (a) => void (a.affected[0]!.ranges[0]!.type = 'GIT'), 'bad-choice', '"type"'],
    ['control characters', (a) => void (a.summary = '\u001b[2J'), 'unclean-character', '"\\u001b'],
  ])('%s', (_, edit, rule, pointsAt) => {
    const advisory = clone();
    edit(advisory);
    const { value, findings } = read(advisory, 'advisory.json');
    expect(value).toBeUndefined();
    const finding = findings.find((one) => one.rule === rule);
    expect(finding).toBeDefined();
    const line = new TextDecoder().decode(encode(advisory)).split('\n')[finding!.place.line! - 1]!;
    expect(line.slice(finding!.place.column! - 1).startsWith(pointsAt)).toBe(true);
  });

  it('a file that is named after another advisory', () => {
    expect(read(SAMPLE, 'PLUG-2026-0002.json').findings).toMatchObject([{ rule: 'id-file-name' }]);
  });

  it('a range that ends in two ways', () => {
    const advisory = clone();
    advisory.affected[0]!.ranges[0]!.events = [
      { introduced: '0' },
      { fixed: '1.0.0' },
      { last_affected: '1.1.0' } as never,
    ];
    expect(read(advisory).findings).toMatchObject([{ rule: 'range-ends' }]);
  });
});

describe('the schema of the format itself', () => {
  const file = '../shared/vectors/osv-schema.json';
  const isThere = existsSync(file);
  if (!isThere) console.warn(`skipped: ${file} is not there`);

  it.skipIf(!isThere)(
    'accepts what we write, once our prefix and ecosystem are known to it, and packages of others as it is',
    () => {
      const schema = JSON.parse(readFileSync(file, 'utf8'));
      schema.$defs.prefix.pattern = `^PLUG-|${schema.$defs.prefix.pattern}`;
      schema.$defs.ecosystemWithSuffix.pattern = `^sheaf:|${schema.$defs.ecosystemWithSuffix.pattern}`;
      const ajv = new Ajv2020({ strict: false, allErrors: true });
      ajv.addFormat('uri', (text) => URL.canParse(text)).addFormat('date-time', /^\d{4}-/);
      const validate = ajv.compile(schema);
      const withdrawn = { ...SAMPLE, withdrawn: '2026-11-21T00:00:00Z' };
      const minimal = { id: SAMPLE.id, modified: SAMPLE.modified, affected: SAMPLE.affected };
      const packages = ['crates.io', 'npm', 'Go', 'Hex', 'Pub'].map((ecosystem) => ({
        package: { ecosystem, name: '@scope/some.package_1' },
        ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }] }],
      }));
      const malware = { ...minimal, id: 'MAL-2026-0001', affected: packages };
      for (const sample of [SAMPLE, withdrawn, minimal, malware]) {
        const written = JSON.parse(
          new TextDecoder().decode(writeAdvisory(read(sample, `${sample.id}.json`).value!)),
        );
        validate(written);
        expect(validate.errors).toBeNull();
      }
      expect(validate({ ...SAMPLE, id: 'X-1' })).toBe(false);
    },
  );
});
