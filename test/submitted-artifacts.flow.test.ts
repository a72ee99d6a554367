import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SimulatedRelease } from '../src/testkit/index.ts';
import type { Proposed } from './support/change-world.ts';
import { type MeasuringWorld, measuringWorld, specimen } from './support/measuring-world.ts';
import { type RunResult, runSheaf } from './support/run-sheaf.ts';

/** `sheaf check --as-ci` on what releases contain: real Git, real signatures, artifacts on a real server. */

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let world: MeasuringWorld;
beforeAll(async () => {
  world = await measuringWorld(specimen('1.0.0'), specimen('1.1.0'));
});
afterAll(() => world.remove());

const LOOPBACK = ['--allow-network', '127.0.0.1'];
const PATH = 'plugins/visualizers/sp/specimen/1.2.0.toml';

async function check(
  { base, head }: Proposed,
  more: readonly string[] = LOOPBACK,
): Promise<{ readonly result: RunResult; readonly errors: readonly (readonly [string, string])[] }> {
  const result = await runSheaf(
    ['check', world.change.directory, '--as-ci', '--base', base, '--head', head, '--json', ...more],
    { environment: { PATH: process.env.PATH } },
  );
  const { findings } = JSON.parse(result.stdout).data as {
    readonly findings: readonly {
      readonly rule: string;
      readonly severity: string;
      readonly message: string;
    }[];
  };
  const errors = findings.filter(({ severity }) => severity === 'error');
  return { result, errors: errors.map(({ rule, message }) => [rule, message]) };
}

/** Proposes 1.2.0 with some of its files in another form. */
function propose(
  change: Partial<SimulatedRelease> = {},
  files: Readonly<Record<string, string | null>> = {},
): Promise<Proposed> {
  const all = Object.entries({ ...specimen('1.2.0').files, ...files });
  const kept = all.filter((entry): entry is [string, string] => entry[1] !== null);
  return world.propose(specimen('1.2.0', { files: Object.fromEntries(kept), ...change }));
}

/** Proposes 1.2.0 with a manifest in which its author has changed a word after packing, and signed that. */
function proposeEdited(from: string | RegExp, by: string): Promise<Proposed> {
  return world.change.propose((registry) => {
    registry.addRelease(specimen('1.2.0'));
    const path = [...registry.source.keys()].find((one) => one.endsWith('/specimen/1.2.0.toml')) ?? PATH;
    const text = Buffer.from(registry.source.get(path) ?? []).toString();
    expect(text).toMatch(from);
    const bytes = Buffer.from(text.replace(from, by));
    registry.source.set(path, bytes);
    registry.source.set(`${path}.sig`, registry.sign('author', 'release@sheaf', bytes));
  });
}

describe('a submitted release', () => {
  it('passes when everything in it is in order', async () => {
    const { result, errors } = await check(await propose());
    expect(errors).toEqual([]);
    expect(result.status).toBe(0);
  });

  it('is refused when its artifact is another file by now, or gone', async () => {
    const proposed = await propose();
    const url = [...world.registry.artifacts.keys()].find((one) => one.includes('1.2.0')) ?? '';
    const bytes = world.registry.artifacts.get(url) ?? new Uint8Array();
    const other = Uint8Array.from(bytes);
    other[20] = (other[20] ?? 0) ^ 1;
    world.registry.artifacts.set(url, other);
    expect((await check(proposed)).errors).toEqual([
      ['artifact-fetch', expect.stringContaining('does not match its digest')],
    ]);
    world.registry.artifacts.delete(url);
    const gone = await check(proposed);
    expect(gone.errors).toEqual([['artifact-fetch', expect.stringContaining('does not have it')]]);
    expect(gone.result.status).not.toBe(0);
    world.registry.artifacts.set(url, bytes);
    expect((await check(proposed)).errors).toEqual([]);
  });

  it('is not fetched from this machine, unless somebody allows it', async () => {
    expect((await check(await propose(), [])).errors).toEqual([
      ['artifact-fetch', expect.stringContaining('"127.0.0.1" is not on the public internet')],
    ]);
  });

  it('is refused when it says something else than its artifact', async () => {
    expect((await check(await proposeEdited('The simulated plugin', 'The best plugin'))).errors).toEqual([
      ['embedded-manifest', expect.stringContaining('plugin.description is')],
    ]);
  });

  it('is refused when it lies where its owner does not publish', async () => {
    const proposed = await proposeEdited(
      /url = "[^"]*"/,
      'url = "https://files.example.org/specimen.tar.gz"',
    );
    expect((await check(proposed, ['--no-artifacts'])).errors).toEqual([
      ['release-url', expect.stringContaining('lies below no address of the owner')],
    ]);
  });

  it('is refused without a README, unless a maintainer waives that', async () => {
    const proposed = await propose({}, { 'README.md': null });
    expect((await check(proposed)).errors).toEqual([
      ['required-files', expect.stringContaining('no README')],
    ]);
    const waived = await check(proposed, [...LOOPBACK, '--waive', 'required-files']);
    expect(waived.errors).toEqual([]);
    expect(waived.result.status).toBe(0);
  });

  it('is refused for eval, unless a maintainer waives that', async () => {
    const proposed = await propose(
      {},
      { 'specimen.js': 'export function run(input) { return eval(input); }' },
    );
    expect((await check(proposed)).errors).toEqual([
      ['security-findings', expect.stringContaining('"specimen.js" in "specimen-1.2.0.tar.gz", line 1')],
    ]);
    expect((await check(proposed, [...LOOPBACK, '--waive', 'security-findings'])).errors).toEqual([]);
  });

  it('is refused when it needs what the registry does not have, and no waiver helps', async () => {
    const proposed = await propose({ dependencies: { users: '^1' } });
    for (const more of [LOOPBACK, [...LOOPBACK, '--waive', 'plugin-dependencies']]) {
      expect((await check(proposed, more)).errors).toEqual([
        ['plugin-dependencies', 'The registry has no plugin users.'],
      ]);
    }
  });

  it('is refused when its version lies below those of its line', async () => {
    const proposed = await world.propose(specimen('1.0.5'));
    expect((await check(proposed)).errors).toEqual([
      ['version-growth', 'Version 1.0.5 is lower than 1.1.0, which is published.'],
    ]);
  });
});
