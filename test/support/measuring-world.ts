import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { valueOf } from '../../src/core/finding.ts';
import { type AuditFile, readAuditFile } from '../../src/core/formats/audit-file.ts';
import type { RegistrySimulator, SimulatedRelease, TemporaryDirectory } from '../../src/testkit/index.ts';
import { listenOnLoopback, temporaryDirectory } from '../../src/testkit/index.ts';
import { type ChangeWorld, changeWorld, type Proposed } from './change-world.ts';
import { git } from './index-branch.ts';

/** A registry in real Git whose artifacts lie on loopback, and a repository that keeps its facts. */
export interface MeasuringWorld {
  readonly change: ChangeWorld;
  readonly registry: RegistrySimulator;
  /** Path of something of this test. */
  at(name: string): string;
  /** The bare repository of the facts. */
  readonly facts: string;
  /** Proposes releases. */
  propose(...releases: readonly SimulatedRelease[]): Promise<Proposed>;
  /** Merges what was proposed with a merge commit whose author wrote it years before. */
  merge(proposed: Proposed): Promise<Proposed>;
  /** The facts about a release, as the branch has them. */
  audit(plugin: string, version: string): Promise<AuditFile>;
  remove(): Promise<void>;
}

const FILES: Readonly<Record<string, string>> = {
  'specimen.js':
    'export function run(input) { let sum = 0; for (let i = 0; i < 20_000; i++) sum += i; return input; }',
  'tests/first.json': '{"command": "run", "input": 1, "expect": 1}',
  LICENSE: 'MIT',
  'README.md': 'A specimen.',
};

/** A plugin in JavaScript with a test, for an engine that the registry has. */
export function specimen(version: string, change: Partial<SimulatedRelease> = {}): SimulatedRelease {
  return {
    name: 'specimen',
    version,
    engines: { parseltongue: '>=0.3.0' },
    files: FILES,
    manifest: { performance: { maxQueryTimeUs: 1_000_000, maxMemoryMb: 32, cpuIntensive: false } },
    ...change,
  };
}

/** The same with a benchmark, which takes seconds. */
export function benchedSpecimen(version: string): SimulatedRelease {
  return specimen(version, { files: { ...FILES, 'bench/first.json': '{"command": "run", "input": 1}' } });
}

/** Makes it; the registry has `releases` already and supports parseltongue from 0.3 on, below 2. */
export async function measuringWorld(...releases: readonly SimulatedRelease[]): Promise<MeasuringWorld> {
  const home: TemporaryDirectory = await temporaryDirectory();
  let artifacts: ReadonlyMap<string, Uint8Array> = new Map();
  const server = await listenOnLoopback((request, response) => {
    const bytes = artifacts.get(`${server.url}${(request.url ?? '').slice(1)}`);
    response.writeHead(bytes === undefined ? 404 : 200).end(bytes);
  });
  const change = await changeWorld(
    (registry) => {
      const path = 'registry/registry.toml';
      const text = `${Buffer.from(registry.source.get(path) ?? []).toString()}\n[engines]\nparseltongue = { supported = ">=0.3.0 <2" }\n`;
      registry.source.set(path, Buffer.from(text));
      for (const release of releases) registry.addRelease(release);
    },
    { artifactBase: server.url },
  );
  artifacts = change.registry.artifacts;
  const at = (name: string): string => join(home.path, name);
  const facts = at('facts.git');
  await mkdir(facts);
  await git(facts, 'init', '--quiet', '--bare', '--initial-branch=main');
  return {
    change,
    registry: change.registry,
    at,
    facts,
    propose: (...added) =>
      change.propose((registry) => {
        for (const release of added) registry.addRelease(release);
      }),
    async merge({ head }) {
      const base = await change.git('rev-parse', 'main');
      await change.git('merge', '--quiet', '--no-ff', '--no-edit', head);
      await change.git('commit', '--quiet', '--amend', '--no-edit', '--date', '2001-02-03T04:05:06Z');
      return { base, head: await change.git('rev-parse', 'HEAD') };
    },
    async audit(plugin, version) {
      const path = `registry/security/audits/${plugin.slice(0, 2)}/${plugin}/${version}.toml`;
      return valueOf(readAuditFile(Buffer.from(`${await git(facts, 'show', `facts:${path}`)}\n`), path));
    },
    async remove() {
      await server.close();
      await change.remove();
      await home.remove();
    },
  };
}
