import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { type MeasurementFile, readMeasurementFile } from '../src/core/formats/measurement-file.ts';
import { whyNoBubblewrap } from '../src/host/bubblewrap-sandbox.ts';
import type { SimulatedRelease } from '../src/testkit/index.ts';
import { type AuthorWorld, authorWorld } from './support/author-world.ts';
import type { Proposed } from './support/change-world.ts';
import { git } from './support/index-branch.ts';
import { expectForm } from './support/json-output.ts';
import { benchedSpecimen, type MeasuringWorld, measuringWorld, specimen } from './support/measuring-world.ts';
import type { RunResult } from './support/run-sheaf.ts';

/** `sheaf ci measure` and `sheaf ci record` as workflows run them: real Git, real artifacts, real sandbox. */

vi.setConfig({ testTimeout: 300_000 });

const SECRET = 'ghp_this-is-the-secret';

let author: AuthorWorld;
beforeAll(async () => {
  // Nothing that is measured may ever see it.
  vi.stubEnv('GH_TOKEN', SECRET);
  author = await authorWorld();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await author.remove();
});

async function worldWith(...releases: readonly SimulatedRelease[]): Promise<MeasuringWorld> {
  const world = await measuringWorld(...releases);
  onTestFinished(() => world.remove());
  return world;
}

async function measure(
  world: MeasuringWorld,
  { base, head }: Proposed,
): Promise<{ readonly result: RunResult; readonly measurement: MeasurementFile; readonly file: string }> {
  const file = world.at(`${head}.json`);
  const ends = ['--base', base, '--head', head, '--allow-network', '127.0.0.0/8'];
  const result = await author.sheaf(
    'ci',
    'measure',
    world.change.directory,
    ...ends,
    '--out',
    file,
    '--json',
  );
  const measurement = valueOf(readMeasurementFile(await readFile(file), file));
  return { result, measurement, file };
}

function record(
  world: MeasuringWorld,
  { base, head }: Proposed,
  ...more: readonly string[]
): Promise<RunResult> {
  const ends = ['--base', base, '--head', head, '--allow-network', '127.0.0.0/8'];
  return author.sheaf(
    'ci',
    'record',
    world.change.directory,
    ...ends,
    '--facts',
    world.facts,
    ...more,
    '--json',
  );
}

describe('a release that is proposed and merged', () => {
  it('is measured, and its facts are recorded once', async () => {
    const world = await worldWith(specimen('1.0.0'));
    const merged = await world.merge(await world.propose(benchedSpecimen('1.1.0')));
    const { result, measurement, file } = await measure(world, merged);
    expect(result, result.stderr).toMatchObject({ status: 0 });
    expectForm('cli-output.schema.json#/$defs/ci-measure', JSON.parse(result.stdout));
    expect(measurement).toMatchObject({ registry: 'simulated', ...merged });
    const [release] = measurement.releases;
    expect(measurement.releases).toHaveLength(1);
    expect(release).toMatchObject({
      plugin: 'specimen',
      version: '1.1.0',
      scan: { score: 100, passed: true },
      tests: 'passed',
      conformance: 'passed',
      performance: { against: '1.0.0', peakMemoryBytes: expect.any(Number) as number },
      compatibility: [
        { engine: 'parseltongue', version: '0.3.0', loads: true, tests: 'passed' },
        { engine: 'parseltongue', version: '1.0.0', loads: true, tests: 'passed' },
      ],
      problems: [],
    });
    expect(['passed', 'inconclusive']).toContain(release?.performance?.verdict);

    const first = await record(
      world,
      merged,
      '--measurement',
      file,
      '--waive',
      'licence:alice:it is in the README',
    );
    expect(first, first.stderr).toMatchObject({ status: 0 });
    const document = JSON.parse(first.stdout) as { data: { commit: string } };
    expectForm('cli-output.schema.json#/$defs/ci-record', document);
    expect(document.data).toMatchObject({
      changed: true,
      releases: [{ plugin: 'specimen', measured: true }],
    });

    const audit = await world.audit('specimen', '1.1.0');
    const seconds = Number(await world.change.git('show', '-s', '--format=%ct', merged.head));
    const { against: _, ...performance } = release?.performance ?? {};
    expect(audit).toMatchObject({
      registry: 'simulated',
      manifest: release?.manifest,
      published: seconds * 1000,
      scan: { score: 100, passed: true },
      performance,
      compatibility: release?.compatibility,
      waivers: [{ rule: 'licence', by: 'alice', reason: 'it is in the README' }],
    });
    const second = await record(world, merged, '--measurement', file);
    expect(JSON.parse(second.stdout)).toMatchObject({
      data: { changed: false, commit: document.data.commit },
    });
    expect(await git(world.facts, 'rev-list', '--count', 'facts')).toBe('1');
  });

  it('is refused when the measurement is of the proposal and not of the merge', async () => {
    const world = await worldWith();
    const proposed = await world.propose(specimen('1.0.0'));
    const { file } = await measure(world, proposed);
    const merged = await world.merge(proposed);
    const refused = await record(world, merged, '--measurement', file);
    expect(refused).toMatchObject({ status: 1 });
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: {
        code: 'SHEAF_INVALID_FILE',
        message: `The measurement cannot be used. Its head is the commit ${proposed.head}, and that of the change is ${merged.head}.`,
      },
    });
    expect(await git(world.facts, 'for-each-ref')).toBe('');
  });
});

describe('a release with faults', () => {
  it('is measured as far as it goes, and everything that failed is told', async () => {
    const world = await worldWith();
    const proposed = await world.propose(
      specimen('1.0.0', {
        engines: { parseltongue: '>=0.3.0 <0.4.0 || >=1.5.0' },
        files: {
          'specimen.js':
            'export function run(input) { if (input === 3) throw new Error("no"); return input; }',
          'tests/first.json':
            '[{"command": "run", "input": 1, "expect": 7}, {"command": "run", "input": 2, "expect": 2}]',
          'bench/first.json': '{"command": "run", "input": 3}',
          LICENSE: 'MIT',
          'README.md': 'A specimen.',
        },
      }),
    );
    const { result, measurement } = await measure(world, proposed);
    expect(result, result.stderr).toMatchObject({ status: 11 });
    const [release] = measurement.releases;
    expect(release).toMatchObject({
      tests: 'failed',
      compatibility: [
        { version: '0.3.0', loads: true, tests: 'failed' },
        { version: '1.5.0', loads: true, tests: 'failed' },
      ],
    });
    expect(release).not.toHaveProperty('performance');
    expect(release?.problems).toEqual(
      expect.arrayContaining([
        'first 1: "7" was expected, but it answered "1".',
        expect.stringContaining('With parseltongue 1.5.0: first 1: "7" was expected'),
      ]),
    );
  });

  it('does not escape the tests by a suite that cannot be read', async () => {
    const world = await worldWith();
    const files = { 'specimen.js': 'export const run = () => 1;', 'tests/first.json': '{"command": "run"' };
    const { result, measurement } = await measure(world, await world.propose(specimen('1.0.0', { files })));
    expect(result).toMatchObject({ status: 11 });
    expect(measurement.releases).toMatchObject([{ tests: 'failed', conformance: 'failed' }]);
  });

  it('is not run when its artifact is gone, or other bytes than signed', async () => {
    const world = await worldWith();
    const proposed = await world.propose(specimen('1.0.0'), { ...specimen('1.0.0'), name: 'other' });
    const [first = '', second = ''] = world.registry.artifacts.keys();
    world.registry.artifacts.delete(first);
    world.registry.artifacts.set(second, Buffer.from('something else'));
    const { result, measurement } = await measure(world, proposed);
    expect(result).toMatchObject({ status: 11 });
    for (const release of measurement.releases) {
      expect(release).toMatchObject({ tests: 'none', conformance: 'none', compatibility: [] });
      expect(release).not.toHaveProperty('scan');
      expect(release.problems).toHaveLength(1);
    }
  });
});

describe('a native release that comes as source', () => {
  it('is built twice, run in the sandbox, and sees no secret of the job', async (context) => {
    const why = await whyNoBubblewrap();
    context.skip(why !== undefined, `native plugins are not run, because ${why}`);
    const world = await worldWith();
    const proposed = await world.propose({
      name: 'specimen',
      version: '1.0.0',
      tier: 'native',
      files: {
        'source.mjs': SPY,
        'tests/first.json': '{"command": "run", "input": null, "expect": "nothing"}',
        LICENSE: 'MIT',
      },
      manifest: { build: { command: ['cp', 'source.mjs', 'spy.mjs'], output: 'spy.mjs' } },
    });
    const { measurement } = await measure(world, proposed);
    expect(measurement.tools).toMatchObject({ isolation: 'os' });
    expect(measurement.releases).toMatchObject([{ tests: 'passed', reproduced: true, problems: [] }]);
  });

  it('is not called reproduced when two builds differ, or when there is nothing to be built', async (context) => {
    const why = await whyNoBubblewrap();
    context.skip(why !== undefined, `nothing is built, because ${why}`);
    const world = await worldWith();
    const command = ['sh', '-c', 'cat /proc/sys/kernel/random/uuid > made.txt'];
    const proposed = await world.propose(
      {
        name: 'random',
        version: '1.0.0',
        tier: 'native',
        files: { 'source.mjs': '' },
        manifest: { build: { command, output: 'made.txt' } },
      },
      { name: 'plain', version: '1.0.0', files: { 'plain.js': 'export const run = () => 1;' } },
    );
    const { measurement } = await measure(world, proposed);
    const [plain, random] = measurement.releases;
    expect(random).toMatchObject({ plugin: 'random', reproduced: false });
    expect(plain).not.toHaveProperty('reproduced');
  });
});

it('warns of secrets that it should not have been given, and names none of them', async () => {
  const world = await worldWith();
  const { base, head } = await world.propose();
  const ends = ['--base', base, '--head', head, '--out', world.at('measurement.json')];
  const { status, stderr } = await author.sheaf('ci', 'measure', world.change.directory, ...ends);
  expect(status).toBe(0);
  expect(stderr).toContain('here is GH_TOKEN');
  expect(stderr).not.toContain(SECRET);
});

describe('docs/measuring.md', () => {
  it('takes a proposal to its facts by the commands that it shows', async () => {
    const world = await worldWith(specimen('1.0.0'));
    const proposed = await world.propose(specimen('1.1.0'));
    await world.change.git('branch', 'proposal', proposed.head);
    const text = await readFile(new URL('../docs/measuring.md', import.meta.url), 'utf8');
    const lines = [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
      block.trim().split('\n'),
    );
    expect(lines).toHaveLength(2);
    const [measuring = '', recording = ''] = lines;
    const sheaf = async (line: string) => {
      const [, ...words] = line
        .replace(/git\+https:[^#]+/, world.facts)
        .replace(' . ', ` ${world.change.directory} `)
        .replace('measurement.json', world.at('measurement.json'))
        .split(' ');
      const result = await author.sheaf(...words, '--allow-network', '127.0.0.0/8');
      expect(result, result.stderr).toMatchObject({ status: 0 });
    };
    await sheaf(measuring);
    // What is recorded is the measurement of the merge, so the line is run again on that.
    const merged = await world.merge(proposed);
    await world.change.git('branch', 'merge', merged.head);
    await world.change.git('checkout', '--quiet', 'merge');
    await world.change.git('branch', '--force', 'main', merged.base);
    await sheaf(measuring.replace('--head proposal', '--head merge'));
    await sheaf(recording);
    expect(await world.audit('specimen', '1.1.0')).toMatchObject({
      compatibility: { length: 2 },
    });
  });
});

/** Answers what it finds of the environment of the job; speaks plugin protocol 1. */
const SPY = `import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const look = () => {
  const texts = ['self', 'thread-self', '1', String(process.ppid)].map((process) => {
    try { return readFileSync('/proc/' + process + '/environ', 'utf8'); } catch { return ''; }
  });
  return [JSON.stringify(process.env), ...texts].some((text) => /TOKEN|ghp_/.test(text)) ? 'a secret' : 'nothing';
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line);
  if (id === undefined) continue;
  const result = method === 'initialize' ? { protocol: 1, commands: ['run'] } : method === 'execute' ? look() : null;
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  if (method === 'shutdown') process.exit(0);
}
`;
