import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../core/digest.ts';
import { readReleaseManifest } from '../core/formats/manifest.ts';
import { parseSourcePath, sourcePath } from '../core/index/source-layout.ts';
import { DAY, parseInstant } from '../core/instant.ts';
import { readSigners, requireSigner } from '../core/signatures/signers.ts';
import { satisfies } from '../core/version.ts';
import { createSourceTree } from '../io/git/source-tree.ts';
import { buildIndexFromSource } from '../ops/index/index-build.ts';
import { type GeneratedRegistry, generateRegistry } from './generate-registry.ts';
import { memoryTree } from './memory-source.ts';
import { type TemporaryDirectory, temporaryDirectory, writeTree } from './temporary-directory.ts';

const issued = parseInstant('2026-11-21T00:00:00Z') ?? 0;
const PLUGINS = 120;

function filesOf(registry: GeneratedRegistry): Map<string, Uint8Array> {
  return new Map(registry.source());
}

describe('generateRegistry', () => {
  let home: TemporaryDirectory;
  beforeEach(async () => {
    home = await temporaryDirectory();
  });
  afterEach(() => home.remove());

  it('makes the same bytes from the same options, and others from another seed', () => {
    const [first, second] = [generateRegistry({ plugins: 20 }), generateRegistry({ plugins: 20 })];
    expect(filesOf(first)).toEqual(filesOf(second));
    expect(generateRegistry({ plugins: 20, seed: 'other' }).names).not.toEqual(first.names);
  });

  it('makes a repository that the index is built from without a single finding', async () => {
    const registry = generateRegistry({ plugins: PLUGINS });
    await writeTree(home.path, registry.source());
    const { head, findings } = await buildIndexFromSource(
      { source: createSourceTree(home.path, process.env) },
      { issued, life: 7 * DAY },
    );
    expect(findings).toEqual([]);
    expect(head.plugins).toBe(PLUGINS);
    expect(head.owners).toBe(registry.shape.owners.length);
  });

  it('makes releases that the index takes on top of the others', async () => {
    const registry = generateRegistry({ plugins: 10 });
    const files = filesOf(registry);
    const build = async (): Promise<number> => {
      const built = await buildIndexFromSource({ source: memoryTree(files) }, { issued, life: DAY });
      return built.head.releases;
    };
    const before = await build();
    for (const position of [0, 7]) {
      for (const [path, bytes] of registry.release(position)) {
        expect(files.has(path)).toBe(false);
        files.set(path, bytes);
      }
    }
    expect(await build()).toBe(before + 2);
  });

  it('signs every release with the key of its owner', () => {
    const registry = generateRegistry({ plugins: 30 });
    const files = filesOf(registry);
    const bytesAt = (path: string): Uint8Array => files.get(path) ?? new Uint8Array();
    const owners = new Map(registry.names.map((name, n) => [name, registry.shape.plugin(n).owner]));
    let releases = 0;
    for (const [path, bytes] of files) {
      const file = parseSourcePath(path);
      if (file?.kind !== 'release') continue;
      releases += 1;
      const signersPath = sourcePath({
        kind: 'owner-signers',
        owner: owners.get(file.plugin) ?? '',
        version: 1,
      });
      const signers = readSigners(bytesAt(signersPath), signersPath).value;
      expect(() =>
        requireSigner(signers!, 'release@sheaf', bytes, bytesAt(`${path}.sig`), path),
      ).not.toThrow();
    }
    expect(releases).toBeGreaterThan(30);
  });

  it('makes artifacts that have the digests in the manifests', () => {
    const registry = generateRegistry({ plugins: 40, artifactBase: 'https://host.example/a/' });
    const files = filesOf(registry);
    const digests = new Set<string>();
    for (const [path, bytes] of files) {
      if (parseSourcePath(path)?.kind !== 'release') continue;
      for (const artifact of readReleaseManifest(bytes, path).value?.artifacts ?? []) {
        digests.add(`${artifact.url} ${artifact.sha256} ${artifact.size}`);
      }
    }
    const artifacts = [...registry.artifacts(registry.names)];
    expect(artifacts).toHaveLength(40);
    for (const [path, bytes] of artifacts) {
      expect(digests).toContain(`https://host.example/a/${path} ${sha256(bytes)} ${bytes.length}`);
    }
  });

  it('has the shape of real registries: long tails, hubs, and dependencies that can be met', () => {
    const { shape, names } = generateRegistry({ plugins: 3000 });
    const plugins = names.map((_, position) => shape.plugin(position));
    const byName = new Map(plugins.map((plugin) => [plugin.name as string, plugin]));
    const dependents = new Map<string, number>();
    const owned = new Map<string, number>();
    for (const { dependencies, owner } of plugins) {
      owned.set(owner, (owned.get(owner) ?? 0) + 1);
      for (const [name, range] of Object.entries(dependencies)) {
        dependents.set(name, (dependents.get(name) ?? 0) + 1);
        const newest = byName.get(name)?.versions.at(-1);
        expect(newest !== undefined && satisfies(newest, range)).toBe(true);
      }
    }
    const releases = plugins.reduce((sum, plugin) => sum + plugin.versions.length, 0);
    expect(releases / plugins.length).toBeGreaterThan(3);
    expect(releases / plugins.length).toBeLessThan(4.5);
    expect(plugins.filter((plugin) => plugin.versions.length === 1).length).toBeGreaterThan(1500);
    expect(Math.max(...dependents.values())).toBeGreaterThan(100);
    expect(dependents.size).toBeLessThan(1500);
    expect(Math.max(...owned.values())).toBeGreaterThan(20);
  });
});
