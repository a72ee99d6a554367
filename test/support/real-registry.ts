import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import { writePluginFile } from '../../src/core/formats/plugin-file.ts';
import { releaseDirectory } from '../../src/core/index/source-layout.ts';
import { buildRelease } from '../../src/testkit/simulated-release.ts';
import { expectForm } from './json-output.ts';
import { type RunResult, runSheaf } from './run-sheaf.ts';

/** A registry as its people make it: a checkout and keys on a disk, every step a command; and a user of it. */
export interface RealRegistry {
  at(...path: string[]): string;
  /** Runs a command line of somebody who has the checkout, in its directory for paths that begin with `registry/`. */
  sheaf(...argv: string[]): Promise<RunResult>;
  /** As `sheaf`, where anything but success is a fault of the test. */
  does(...argv: string[]): Promise<string>;
  /** The data of a command that must succeed, after its document was checked against the schema. */
  data(definition: string, ...argv: string[]): Promise<Record<string, unknown>>;
  /** Makes a key pair and returns the path of the private half; `.pub` is the other. */
  key(name: string): Promise<string>;
  /** Runs the signing commands that a ceremony printed, for these signers, each with the key of that name. */
  sign(next: unknown, ...signers: string[]): Promise<void>;
  /** A release with its artifact in the cache of the user; the plugin comes with its first one. */
  release(plugin: string, version: string, owner: string, key?: string): Promise<void>;
  /** Builds, signs with the key of that name, and publishes. */
  publish(key?: string): Promise<void>;
  /** Digest of a file of the checkout. */
  digest(path: string): Promise<string>;
  /** Path of a file of the checkout. */
  file(path: string): string;
  /** Runs a command line of the user, on their project. */
  user(...argv: string[]): Promise<RunResult>;
}

const CATEGORY = 'integrations';

/** A registry `acme` of the maintainers alice, bob and carol, two of whom must sign, and a user who trusts it. */
export async function realRegistry(): Promise<RealRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-real-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const at = (...path: string[]): string => join(directory, ...path);
  const file = (path: string): string => at('acme', path);
  for (const name of ['project', 'keys']) await mkdir(at(name));
  const environment = { SHEAF_HOME: at('home'), PATH: process.env['PATH'] };
  const user = (...argv: string[]) => runSheaf(['--project', at('project'), ...argv], { environment });
  const sheaf = (...argv: string[]) =>
    runSheaf(
      argv.map((word) => (/^(registry|plugins)\//.test(word) ? file(word) : word)),
      { environment },
    );
  const does = async (...argv: string[]): Promise<string> => {
    const result = await sheaf(...argv);
    if (result.status !== 0) throw new Error(`sheaf ${argv.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };
  const key = async (name: string): Promise<string> => {
    await does('key', 'create', at('keys', name));
    return at('keys', name);
  };
  let published = 0;
  const registry: RealRegistry = {
    at,
    file,
    user,
    sheaf,
    does,
    key,
    async data(definition, ...argv) {
      const document = JSON.parse(await does(...argv, '--json')) as { data: Record<string, unknown> };
      expectForm(`cli-output.schema.json#/$defs/${definition}`, document);
      return document.data;
    },
    async sign(next, ...signers) {
      for (const signer of signers) {
        const lines = (next as readonly string[]).filter((line) => line.endsWith(` --as ${signer}`));
        if (lines.length === 0) throw new Error(`Nobody asked ${signer} to sign.`);
        for (const line of lines) {
          const [, ...words] = line.replace(' KEY', ` ${at('keys', signer)}`).split(' ');
          await does(...words);
        }
      }
    },
    async release(plugin, version, owner, signer = owner) {
      const built = buildRelease({ name: plugin, version }, 'acme', 'https://plugins.example/');
      const { name, manifest, artifact } = built;
      const below = releaseDirectory(CATEGORY, name);
      await mkdir(file(below), { recursive: true });
      const isNew = await readFile(file(`${below}/plugin.toml`)).then(
        () => false,
        () => true,
      );
      if (isNew) {
        const about = { registry: 'acme', name, revision: 1, owner };
        const lists = { keywords: [], repositories: [], yanked: {}, deprecatedVersions: {} };
        await writeFile(file(`${below}/plugin.toml`), writePluginFile({ ...about, ...lists }));
        await does('sign', file(`${below}/plugin.toml`), '--key', at('keys', signer));
      }
      await writeFile(file(`${below}/${version}.toml`), manifest);
      await does('sign', file(`${below}/${version}.toml`), '--key', at('keys', signer));
      const digest = sha256(artifact.bytes);
      const cached = at('home/cache/objects', digest.slice(0, 2), digest);
      await mkdir(dirname(cached), { recursive: true });
      await writeFile(cached, artifact.bytes);
    },
    async publish(signer = 'ci') {
      const previous = published === 0 ? [] : ['--previous', at(`built-${published}`)];
      published += 1;
      const built = at(`built-${published}`);
      await does('index', 'build', at('acme'), '--out', built, ...previous);
      await does('index', 'sign', built, '--key', at('keys', signer));
      await does('index', 'publish', built, '--to', at('www'));
    },
    digest: async (path) => sha256(await readFile(file(path))),
  };
  await Promise.all(['alice', 'bob', 'carol', 'ci'].map(key));
  const maintainers = ['alice', 'bob', 'carol'].flatMap((name) => ['--root-key', at(`keys/${name}.pub`)]);
  const ciKey = ['--ci-key', at('keys/ci.pub')];
  await does('registry', 'init', at('acme'), ...maintainers, ...ciKey, '--threshold', '2');
  for (const name of ['alice', 'bob']) {
    await does('sign', 'registry/trust/root/1.signers', '--key', at('keys', name), '--as', name);
  }
  return registry;
}
