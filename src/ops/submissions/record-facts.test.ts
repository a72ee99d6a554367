import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Proposed } from '../../../test/support/change-world.ts';
import { git } from '../../../test/support/index-branch.ts';
import { type MeasuringWorld, measuringWorld, specimen } from '../../../test/support/measuring-world.ts';
import { writeAuditFile } from '../../core/formats/audit-file.ts';
import { type MeasurementFile, measurementDocument } from '../../core/formats/measurement-file.ts';
import { LIMITS } from '../../core/limits.ts';
import { pluginName } from '../../core/plugin-name.ts';
import { scanResultOf } from '../../core/scanning/scan-result.ts';
import { scanPlugin } from '../../core/scanning/score.ts';
import type { Version } from '../../core/version.ts';
import { createBranchCommits } from '../../io/git/branch-commits.ts';
import { createMergedCommit } from '../../io/git/merged-commit.ts';
import { openProposedTrees } from '../../io/git/proposed-trees.ts';
import { testClock } from '../../testkit/index.ts';
import { connectExamination } from '../../wiring/examination.ts';
import { readAddedReleases } from './added-releases.ts';
import { type RecordOptions, type RecordPorts, recordFacts } from './record-facts.ts';

const PATH = 'registry/security/audits/sp/specimen/1.1.0.toml';

let world: MeasuringWorld;
let merged: Proposed;
let ports: RecordPorts;

async function makeWorld(): Promise<void> {
  world = await measuringWorld(specimen('1.0.0'));
  merged = await world.merge(await world.propose(specimen('1.1.0')));
  ports = await portsFor(merged);
}
const removeWorld = (): Promise<void> => world.remove();

async function portsFor(ends: Proposed): Promise<RecordPorts> {
  const { directory } = world.change;
  const { signal } = new AbortController();
  return {
    trees: await openProposedTrees(directory, ends, process.env),
    merged: createMergedCommit(directory, process.env),
    examine: connectExamination({ allowNetworks: ['127.0.0.0/8'], signal }),
    facts: createBranchCommits({ transport: 'system', url: world.facts }, process.env),
    clock: testClock(Date.parse('2026-11-21T00:00:00Z')),
    reporter: { note: () => {} },
  };
}

/** What a measuring job that does its work says of the merge. */
async function honest(): Promise<MeasurementFile> {
  const { registry, base, head, releases } = await readAddedReleases(ports.trees);
  const measured = await Promise.all(
    releases.map(async ({ manifest, sha256 }) => {
      const [artifact] = manifest.artifacts;
      const { files = [] } = artifact === undefined ? {} : await ports.examine(artifact);
      return {
        plugin: manifest.name,
        version: manifest.version,
        manifest: sha256,
        artifacts: manifest.artifacts.map((one) => one.sha256),
        scan: scanResultOf([scanPlugin(manifest, files, String)]),
        tests: 'passed',
        conformance: 'passed',
        performance: {
          verdict: 'passed',
          p50Us: 10,
          p95Us: 20,
          peakMemoryBytes: 65_536,
          against: '1.0.0' as Version,
          ratio: 1.01,
        },
        compatibility: [
          { engine: 'parseltongue', version: '0.3.0' as Version, loads: true, tests: 'passed' },
        ],
        problems: [],
      } as const;
    }),
  );
  const tools = { sheaf: '1.0.0' as Version, platform: 'linux-x64', isolation: 'os' } as const;
  return { registry: registry.id, base, head, tools, releases: measured };
}

type Json = Record<string, unknown>;

/** Records a measurement after `lie` changed its JSON. */
async function record(
  lie: (document: Json, release: Json) => void = () => {},
  options: Partial<RecordOptions> = {},
): ReturnType<typeof recordFacts> {
  const document = structuredClone(measurementDocument(await honest())) as Json;
  lie(document, (document['releases'] as readonly Json[])[0] ?? {});
  const measurement = { bytes: Buffer.from(JSON.stringify(document)), file: 'measurement.json' };
  return recordFacts(ports, { measurement, waivers: [], branch: 'facts', dryRun: false, ...options });
}

describe('an honest measurement', () => {
  beforeEach(makeWorld);
  afterEach(removeWorld);

  it('is recorded with the time of the merge, and once', async () => {
    const first = await record();
    const seconds = Number(await world.change.git('show', '-s', '--format=%ct', merged.head));
    expect(first).toMatchObject({
      changed: true,
      releases: [
        { plugin: 'specimen', version: '1.1.0', published: seconds * 1000, measured: true, path: PATH },
      ],
    });
    expect(await world.audit('specimen', '1.1.0')).toMatchObject({
      published: seconds * 1000,
      scan: { score: 100, passed: true },
      performance: { verdict: 'passed', p50Us: 10, p95Us: 20, peakMemoryBytes: 65_536, ratio: 1.01 },
      compatibility: [{ engine: 'parseltongue', version: '0.3.0', loads: true, tests: 'passed' }],
    });
    expect(await record()).toMatchObject({ changed: false, commit: first.commit });
    expect(await git(world.facts, 'rev-list', '--count', 'facts')).toBe('1');
  });

  it('may be missing: time and scan are recorded all the same, and the rest later', async () => {
    const options = { waivers: [], branch: 'facts', dryRun: false };
    expect(await recordFacts(ports, options)).toMatchObject({ releases: [{ measured: false }] });
    const bare = await world.audit('specimen', '1.1.0');
    expect(bare).not.toHaveProperty('performance');
    await record();
    const full = await world.audit('specimen', '1.1.0');
    expect(full).toMatchObject({ published: bare.published, performance: { p50Us: 10 } });
    await recordFacts(ports, options);
    expect(await world.audit('specimen', '1.1.0')).toEqual(full);
  });

  it('writes nothing in a dry run', async () => {
    expect(await record(undefined, { dryRun: true })).toMatchObject({
      changed: false,
      commit: undefined,
      releases: [{ plugin: 'specimen' }],
    });
    expect(await git(world.facts, 'for-each-ref')).toBe('');
  });

  it('changes neither the time nor the downloads of facts that are there, nor the facts of others', async () => {
    await record();
    const known = await world.audit('specimen', '1.1.0');
    const kept = {
      ...known,
      published: 1_000_000_000_000,
      downloads: { total: 7, months: { '2026-11': 7 } },
    };
    const other = writeAuditFile({ ...kept, plugin: pluginName('other'), version: '3.0.0' as Version });
    const otherPath = 'registry/security/audits/ot/other/3.0.0.toml';
    await ports.facts.add({
      branch: 'facts',
      message: 'Somebody else',
      date: 0,
      files: async () =>
        new Map([
          [PATH, writeAuditFile(kept)],
          [otherPath, other],
        ]),
    });
    const waivers = [{ rule: 'licence', by: 'alice', reason: 'fine' }];
    expect(await record(undefined, { waivers })).toMatchObject({ changed: true });
    expect(await world.audit('specimen', '1.1.0')).toEqual({ ...kept, waivers });
    expect(`${await git(world.facts, 'show', `facts:${otherPath}`)}\n`).toBe(Buffer.from(other).toString());
  });

  it('is judged anew when somebody else pushes in the meantime', async () => {
    const raced: RecordPorts = {
      ...ports,
      facts: {
        ...ports.facts,
        add: (commit) => {
          let isFirst = true;
          return ports.facts.add({
            ...commit,
            async files(read) {
              const files = await commit.files(read);
              if (isFirst) {
                isFirst = false;
                await ports.facts.add({
                  ...commit,
                  files: async () => new Map([['theirs', Buffer.from('x')]]),
                });
              }
              return files;
            },
          });
        },
      },
    };
    expect(await recordFacts(raced, { waivers: [], branch: 'facts', dryRun: false })).toMatchObject({
      changed: true,
      releases: { length: 1 },
    });
    expect(await git(world.facts, 'ls-tree', '-r', '--name-only', 'facts')).toBe(`${PATH}\ntheirs`);
  });
});

const ZEROS = '0'.repeat(64);

describe('malware that only the measuring job can have found', () => {
  beforeEach(makeWorld);
  afterEach(removeWorld);

  it('takes the trust away that the scan of the recording job gives', async () => {
    const malware = {
      rule: 'malware',
      severity: 'critical',
      points: 0,
      place: 'specimen.js',
      message: 'Bad.Thing',
    };
    await record((_, one) => alter(one, 'scan', { passed: false, findings: [malware] }));
    expect((await world.audit('specimen', '1.1.0')).scan).toMatchObject({
      score: 100,
      passed: false,
      findings: [malware],
    });
  });
});

describe('a measuring job that lies', () => {
  // Nothing of what it says gets anywhere, so one world is enough.
  beforeAll(makeWorld);
  afterAll(removeWorld);

  it.each<[string, string, RegExp, (document: Json, release: Json) => void]>([
    [
      'of another registry',
      'SHEAF_INVALID_FILE',
      /is of the registry "other"/,
      (all) => put(all, 'registry', 'other'),
    ],
    [
      'with another head',
      'SHEAF_INVALID_FILE',
      /Its head is the commit 0/,
      (all) => put(all, 'head', '0'.repeat(40)),
    ],
    [
      'with another base',
      'SHEAF_INVALID_FILE',
      /Its base is the commit 0/,
      (all) => put(all, 'base', '0'.repeat(40)),
    ],
    [
      'of another plugin',
      'SHEAF_INVALID_FILE',
      /It lacks specimen 1\.1\.0/,
      (_, one) => put(one, 'plugin', 'graph-lens'),
    ],
    [
      'of another version',
      'SHEAF_INVALID_FILE',
      /It lacks specimen 1\.1\.0/,
      (_, one) => put(one, 'version', '1.0.0'),
    ],
    [
      'of a release more',
      'SHEAF_INVALID_FILE',
      /also about victim 1\.1\.0, which the change does not add/,
      (all, one) => put(all, 'releases', [one, { ...one, plugin: 'victim' }]),
    ],
    [
      'of one release twice',
      'SHEAF_INVALID_FILE',
      /is listed twice/,
      (all, one) => put(all, 'releases', [one, one]),
    ],
    ['of no release', 'SHEAF_INVALID_FILE', /It lacks specimen/, (all) => put(all, 'releases', [])],
    [
      'of another manifest',
      'SHEAF_DIGEST',
      /manifest of specimen 1\.1\.0/,
      (_, one) => put(one, 'manifest', ZEROS),
    ],
    [
      'of other artifacts',
      'SHEAF_DIGEST',
      /artifacts of specimen 1\.1\.0/,
      (_, one) => put(one, 'artifacts', [ZEROS]),
    ],
    [
      'of more artifacts',
      'SHEAF_DIGEST',
      /artifacts of specimen 1\.1\.0/,
      (_, one) => put(one, 'artifacts', [...listOf(one, 'artifacts'), ZEROS]),
    ],
    [
      'with a forged scan',
      'SHEAF_INVALID_FILE',
      /has 42 points and 0 findings; the same bytes give 100 points/,
      (_, one) => alter(one, 'scan', { score: 42 }),
    ],
    [
      'with an engine that nobody asked about',
      'SHEAF_INVALID_FILE',
      /Nobody asked for a trial of specimen 1\.1\.0 with parseltongue 9\.0\.0/,
      (_, one) =>
        put(one, 'compatibility', [{ ...(listOf(one, 'compatibility')[0] as Json), version: '9.0.0' }]),
    ],
    [
      'with a trial twice',
      'SHEAF_INVALID_FILE',
      /or not for a second one/,
      (_, one) =>
        put(one, 'compatibility', [...listOf(one, 'compatibility'), ...listOf(one, 'compatibility')]),
    ],
    [
      'with a build of no source',
      'SHEAF_INVALID_FILE',
      /says of no build/,
      (_, one) => put(one, 'reproduced', true),
    ],
    [
      'with a verdict against its figures',
      'SHEAF_INVALID_FILE',
      /verdict on specimen 1\.1\.0 is "over-budget", which contradicts its 10 µs/,
      (_, one) => alter(one, 'performance', { verdict: 'over-budget' }),
    ],
    [
      'with a regression that is none',
      'SHEAF_INVALID_FILE',
      /contradicts itself/,
      (_, one) => alter(one, 'performance', { verdict: 'regression', ratio: 0.5 }),
    ],
    [
      'that compares with a release of the future',
      'SHEAF_INVALID_FILE',
      /with 1\.1\.0, which is no earlier release/,
      (_, one) => alter(one, 'performance', { against: '1.1.0' }),
    ],
    [
      'with more memory than there is',
      'SHEAF_INVALID_FILE',
      /33554433 bytes of memory, and the sandbox no more than 33554432/,
      (_, one) => alter(one, 'performance', { peakMemoryBytes: 33_554_433 }),
    ],
    [
      'with half of its calls slower than nearly all of them',
      'SHEAF_INVALID_FILE',
      /take longer than 19 in 20/,
      (_, one) => alter(one, 'performance', { p50Us: 30 }),
    ],
    [
      'with absurd numbers',
      'SHEAF_INVALID_FILE',
      /p95Us/,
      (_, one) => alter(one, 'performance', { p95Us: 1e300 }),
    ],
    [
      'with negative numbers',
      'SHEAF_INVALID_FILE',
      /ratio/,
      (_, one) => alter(one, 'performance', { ratio: -1 }),
    ],
    [
      'with facts that are not its business',
      'SHEAF_INVALID_FILE',
      /published/,
      (_, one) => put(one, 'published', '1999-01-01T00:00:00Z'),
    ],
    ['with a waiver', 'SHEAF_INVALID_FILE', /waivers/, (_, one) => put(one, 'waivers', [])],
    ['with a prototype', 'SHEAF_INVALID_FILE', /./, (all) => put(all, '__proto__', { polluted: true })],
    [
      'with an escape sequence in a sentence',
      'SHEAF_INVALID_FILE',
      /./,
      (_, one) => put(one, 'problems', ['\u001b[2J']),
    ],
  ])('%s is refused', async (_, code, message, lie) => {
    await expect(record(lie)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
    expect(await git(world.facts, 'for-each-ref')).toBe('');
  });

  it('with a hundred megabytes is refused before they are looked at', async () => {
    const measurement = { bytes: Buffer.alloc(100_000_000, 0x20), file: 'measurement.json' };
    const refused = recordFacts(ports, { measurement, waivers: [], branch: 'facts', dryRun: false });
    await expect(refused).rejects.toMatchObject({
      code: 'SHEAF_INVALID_FILE',
      message: expect.stringContaining(`${LIMITS.measurementBytes}`) as string,
    });
  });

  it.each(['', '{', '[]', 'null', '{"schemaVersion": 1}', '\u0000'])('with %j is refused', async (text) => {
    const measurement = { bytes: Buffer.from(text), file: 'measurement.json' };
    const refused = recordFacts(ports, { measurement, waivers: [], branch: 'facts', dryRun: false });
    await expect(refused).rejects.toMatchObject({ code: 'SHEAF_INVALID_FILE' });
  });
});

describe('nothing is recorded', () => {
  beforeEach(makeWorld);
  afterEach(removeWorld);

  it('of a commit that does not come after the base', async () => {
    const { directory } = world.change;
    const swapped = { base: merged.head, head: merged.base };
    ports = { ...ports, trees: await openProposedTrees(directory, swapped, process.env) };
    await expect(recordFacts(ports, { waivers: [], branch: 'facts', dryRun: false })).rejects.toMatchObject({
      code: 'SHEAF_PATH',
    });
  });

  it('of an artifact that is not what was signed any more', async () => {
    const url = [...world.registry.artifacts.keys()].find((one) => one.includes('1.1.0')) ?? '';
    world.registry.artifacts.set(url, Buffer.from('other bytes'));
    await expect(recordFacts(ports, { waivers: [], branch: 'facts', dryRun: false })).rejects.toMatchObject({
      code: expect.stringMatching(/SHEAF_(DIGEST|SIZE)/) as string,
    });
    expect(await git(world.facts, 'for-each-ref')).toBe('');
  });

  it('where there are facts about another manifest of the release', async () => {
    await record();
    const known = await world.audit('specimen', '1.1.0');
    const bytes = writeAuditFile({ ...known, manifest: ZEROS as typeof known.manifest & string });
    await ports.facts.add({
      branch: 'facts',
      message: 'x',
      date: 0,
      files: async () => new Map([[PATH, bytes]]),
    });
    await expect(record()).rejects.toMatchObject({ code: 'SHEAF_DIGEST' });
  });

  it('of a change without releases', async () => {
    const proposed = await world.change.propose(() => {}, { 'docs/page.md': 'text' });
    ports = await portsFor(await world.merge(proposed));
    expect(await recordFacts(ports, { waivers: [], branch: 'facts', dryRun: false })).toEqual({
      releases: [],
      commit: undefined,
      changed: false,
    });
  });

  it('with a waiver that no facts may hold', async () => {
    const waivers = [{ rule: 'not a rule', by: 'alice', reason: 'x' }];
    await expect(record(undefined, { waivers })).rejects.toMatchObject({ code: 'SHEAF_INVALID_FILE' });
    expect(await git(world.facts, 'for-each-ref')).toBe('');
  });
});

function alter(target: Json, key: string, change: Json): void {
  put(target, key, { ...(target[key] as Json), ...change });
}

function listOf(target: Json, key: string): readonly unknown[] {
  return target[key] as readonly unknown[];
}

function put(target: Json, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}
