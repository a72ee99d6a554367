import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { affects } from '../src/core/advisories/affects.ts';
import { sha256 } from '../src/core/digest.ts';
import { type Reading, valueOf } from '../src/core/finding.ts';
import { readAdvisory } from '../src/core/formats/advisory.ts';
import { readAuditFile } from '../src/core/formats/audit-file.ts';
import { readCapabilityPolicy } from '../src/core/formats/capability-policy.ts';
import { readCategoryFile } from '../src/core/formats/category-file.ts';
import { readCollectionFile } from '../src/core/formats/collection-file.ts';
import { readLicensePolicy } from '../src/core/formats/license-policy.ts';
import {
  type Manifest,
  type ReleaseManifest,
  readManifest,
  readReleaseManifest,
} from '../src/core/formats/manifest.ts';
import { readMergePolicy } from '../src/core/formats/merge-policy.ts';
import { readOwnerFile } from '../src/core/formats/owner-file.ts';
import { readPluginFile } from '../src/core/formats/plugin-file.ts';
import { readRegistryFile } from '../src/core/formats/registry-file.ts';
import { readReviewFile } from '../src/core/formats/review-file.ts';
import { readReviewerPolicy } from '../src/core/formats/reviewer-policy.ts';
import { readStatusEvent } from '../src/core/formats/status-event.ts';
import { readTierPolicy } from '../src/core/formats/tier-policy.ts';
import { readTransferFile } from '../src/core/formats/transfer-file.ts';
import { parseSourcePath, type SourceFile, sourcePath } from '../src/core/index/source-layout.ts';
import { readAllowedSigners } from '../src/core/signatures/allowed-signers.ts';
import { DEMO_KEYS } from '../src/core/signatures/demo-keys.ts';
import { readRevoked } from '../src/core/signatures/revoked.ts';
import { readSigners, requireThreshold } from '../src/core/signatures/signers.ts';
import { fingerprint } from '../src/core/signatures/ssh-key.ts';
import { satisfies } from '../src/core/version.ts';
import { unpackArtifact } from '../src/io/archives/archive.ts';

const repository = fileURLToPath(new URL('../', import.meta.url));
const REGISTRY = 'sheaf-example-plugins';
const POLICIES: Readonly<Record<string, (bytes: Uint8Array, file: string) => Reading<unknown>>> = {
  automerge: readMergePolicy,
  capabilities: readCapabilityPolicy,
  licenses: readLicensePolicy,
  reviewers: readReviewerPolicy,
  tiers: readTierPolicy,
};

/** Every file below a directory of the repository or of a copy of it, by its path there. */
function filesBelow(root: string, directory: string): string[] {
  if (!existsSync(join(root, directory))) return [];
  const entries = readdirSync(join(root, directory), { recursive: true, encoding: 'utf8' });
  const paths = entries.map((entry) => `${directory}/${entry.replaceAll('\\', '/')}`);
  return paths.filter((path) => statSync(join(root, path)).isFile());
}

function committed(path: string): Buffer {
  return readFileSync(join(repository, path));
}

const paths = [...filesBelow(repository, 'registry'), ...filesBelow(repository, 'plugins')];
const sources = paths.map((path) => ({ path, source: parseSourcePath(path) }));

/** The files of one kind, each with what its path says. */
function ofKind<K extends SourceFile['kind']>(kind: K): { path: string; source: SourceFile & { kind: K } }[] {
  return sources.filter(
    (file): file is { path: string; source: SourceFile & { kind: K } } => file.source?.kind === kind,
  );
}

const plugins = ofKind('plugin').map(({ path }) => valueOf(readPluginFile(committed(path), path)));
const releases: readonly ReleaseManifest[] = ofKind('release').map(({ path, source }) =>
  valueOf(
    readReleaseManifest(committed(path), path, {
      expected: { name: source.plugin, version: source.version, registry: REGISTRY },
    }),
  ),
);
const ownerOf = new Map(plugins.map(({ name, owner }) => [name, owner]));

function ownerKeys(owner: string): string {
  return sourcePath({ kind: 'owner-signers', owner, version: 1 });
}

const workspace = await mkdtemp(join(tmpdir(), 'sheaf-reference-'));
afterAll(() => rm(workspace, { recursive: true, force: true }));

describe('tools/reference', () => {
  const artifacts = join(workspace, 'artifacts');
  const rebuilt = join(workspace, 'repository');

  beforeAll(async () => {
    if (!existsSync(join(repository, 'dist/core/formats/manifest.js')))
      throw new Error('Run npm run build first.');
    const script = join(repository, 'tools/reference/main.mjs');
    await promisify(execFile)(process.execPath, [script, artifacts, rebuilt]);
  });

  it.each(['plugins', 'registry', 'examples/keys'])('reproduces %s byte for byte', (directory) => {
    const written = filesBelow(rebuilt, directory);
    expect(written.length).toBeGreaterThan(0);
    const different = written.filter((path) => !readFileSync(join(rebuilt, path)).equals(committed(path)));
    expect(different).toEqual([]);
  });

  it('leaves only what people write', () => {
    const byHand = paths.filter((path) => !existsSync(join(rebuilt, path)));
    const kinds = new Set(byHand.map((path) => parseSourcePath(path)?.kind));
    expect(kinds).toEqual(new Set(['advisory', 'category', 'collection', 'policy', 'registry']));
  });

  it.each(releases)('packs $name $version as its manifest says', async (release) => {
    for (const artifact of release.artifacts) {
      const path = join(artifacts, artifact.sha256.slice(0, 2), artifact.sha256);
      const bytes = readFileSync(path);
      expect({ sha256: sha256(bytes), size: bytes.byteLength }).toEqual({
        sha256: artifact.sha256,
        size: artifact.size,
      });
      const destination = await mkdtemp(join(workspace, 'unpacked-')).then((parent) =>
        join(parent, 'plugin'),
      );
      await unpackArtifact({ plugin: release.name, artifact, path, destination });
      expect(authorsTables(embeddedManifest(destination))).toEqual(authorsTables(release));
      const entry = join(destination, artifact.entry ?? 'plugin.wasm');
      expect(statSync(entry).mode & 0o111).toBe(artifact.platform === 'any' ? 0 : 0o111);
    }
  });
});

describe('the reference registry', () => {
  it('has only files that a registry has, and every one is accepted by its reader', () => {
    const strangers = sources.filter(({ source }) => source === undefined);
    expect(strangers).toEqual([]);
    const findings = sources.flatMap(({ path, source }) =>
      source === undefined ? [] : findingsOf(path, source),
    );
    expect(findings).toEqual([]);
  });

  it('has a root, owners and tier grants that their thresholds signed', () => {
    const root = valueOf(readSigners(committed('registry/trust/root/1.signers'), '1.signers'));
    expect(root).toMatchObject({ registry: REGISTRY, version: 1, epoch: 1, threshold: 2 });
    const rootPath = sourcePath({ kind: 'root', version: 1 });
    requireThreshold(root, 'root@sheaf', committed(rootPath), signaturesOf(rootPath), 'root 1');

    for (const { path } of ofKind('owner-signers')) {
      const keys = valueOf(readSigners(committed(path), path));
      requireThreshold(keys, 'owner@sheaf', committed(path), signaturesOf(path), path);
    }
    for (const { path } of ofKind('status')) {
      requireThreshold(root, 'status@sheaf', committed(path), signaturesOf(path), path);
    }
    const granted = ofKind('status').map(({ source }) => source.plugin);
    const native = releases.filter(({ security }) => security.tier === 'native').map(({ name }) => name);
    expect(granted).toEqual([...new Set(native)].toSorted());
  });

  it('is signed with keys that sheaf knows as public, and with no others', () => {
    for (const path of [
      'registry/trust/root/1.signers',
      ...ofKind('owner-signers').map(({ path }) => path),
    ]) {
      for (const { principal, key } of valueOf(readSigners(committed(path), path)).signers) {
        expect(DEMO_KEYS.get(fingerprint(key))).toBe(principal);
      }
    }
  });

  it('releases every plugin from addresses of its owner', () => {
    for (const release of releases) {
      const path = sourcePath({ kind: 'owner', owner: ownerOf.get(release.name)! });
      const { repositories } = valueOf(readOwnerFile(committed(path), path));
      const urls = [`${release.repository}/`, ...release.artifacts.map(({ url }) => url)];
      expect(urls.filter((url) => !repositories.some((prefix) => url.startsWith(prefix)))).toEqual([]);
    }
  });

  it('has a version for every dependency that is not yanked, and offers every capability', () => {
    const path = sourcePath({ kind: 'policy', policy: 'capabilities' });
    const known = Object.keys(valueOf(readCapabilityPolicy(committed(path), path)));
    for (const release of releases) {
      for (const { id } of release.security.capabilities) expect(known).toContain(id);
      for (const [name, { range }] of Object.entries(release.dependencies)) {
        const { yanked } = plugins.find((plugin) => plugin.name === name)!;
        const fit = releases.filter((one) => one.name === name && satisfies(one.version, range));
        expect(fit.some(({ version }) => yanked[version] === undefined)).toBe(true);
      }
    }
  });

  it('has an advisory for exactly the versions that are yanked', () => {
    const advisories = ofKind('advisory').map(({ path }) => valueOf(readAdvisory(committed(path), path)));
    for (const { name, version } of releases) {
      const { yanked } = plugins.find((plugin) => plugin.name === name)!;
      const affected = advisories.some((one) => affects(one, { registry: REGISTRY, name, version }));
      expect(affected).toBe(yanked[version] !== undefined);
    }
  });
});

describe('every signature of the reference registry', () => {
  const signed = paths.filter((path) => path.endsWith('.sig'));

  it.each(signed)('%s is accepted by ssh-keygen', async (path) => {
    const { file, signers, principal, namespace } = signingOf(path);
    const options = ['-f', signers, '-I', principal, '-n', namespace, '-s', join(repository, path)];
    const revoked = ['-r', join(repository, 'registry/trust/revoked')];
    const good = await sshKeygenVerify([...options, ...revoked], committed(file));
    expect(good.output).toContain(`Good "${namespace}" signature for ${principal}`);
    const changed = Buffer.concat([committed(file), Buffer.from('\n')]);
    expect((await sshKeygenVerify(options, changed)).status).not.toBe(0);
  });
});

interface Signing {
  readonly file: string;
  readonly signers: string;
  readonly principal: string;
  readonly namespace: string;
}

/** Who signed what: told by the path of the signature alone. */
function signingOf(path: string): Signing {
  const source = parseSourcePath(path);
  const file = path.replace(/(\.signers|\.toml)(\.[a-z0-9-]+)?\.sig$/, '$1');
  if (source?.kind === 'root-signature' || source?.kind === 'status-signature') {
    const signers = join(repository, 'registry/trust/root/1.signers');
    const namespace = source.kind === 'root-signature' ? 'root@sheaf' : 'status@sheaf';
    return { file, signers, principal: source.principal, namespace };
  }
  if (source?.kind === 'owner-signature') {
    const signers = join(repository, ownerKeys(source.owner));
    return { file, signers, principal: source.principal, namespace: 'owner@sheaf' };
  }
  if (source?.kind === 'plugin-signature' || source?.kind === 'release-signature') {
    const principal = ownerOf.get(source.plugin)!;
    return { file, signers: join(repository, ownerKeys(principal)), principal, namespace: 'release@sheaf' };
  }
  if (source?.kind !== 'review-signature') throw new Error(`${path} is no signature of a registry.`);
  const signers = join(repository, 'registry/trust/reviewers.signers');
  return { file, signers, principal: source.reviewer, namespace: 'review@sheaf' };
}

async function sshKeygenVerify(
  options: string[],
  message: Uint8Array,
): Promise<{ status: number; output: string }> {
  const child = spawn('ssh-keygen', ['-Y', 'verify', ...options], { stdio: ['pipe', 'pipe', 'ignore'] });
  const status = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  child.stdin.end(message);
  const output = Buffer.concat(await child.stdout.toArray()).toString('utf8');
  return { status: await status, output };
}

/** The author's manifest inside an installed plugin: a file, or a custom section of a bare module. */
function embeddedManifest(directory: string): Manifest {
  const file = join(directory, 'sheaf.plugin.toml');
  if (existsSync(file)) return valueOf(readManifest(readFileSync(file), 'sheaf.plugin.toml'));
  const module = readFileSync(join(directory, 'plugin.wasm'));
  const name = Buffer.from('\u0011sheaf.plugin.toml');
  return valueOf(readManifest(module.subarray(module.indexOf(name) + name.length), 'sheaf.plugin.toml'));
}

/** What an author wrote, without what packing adds. */
function authorsTables(manifest: Manifest): object {
  return { ...manifest, registry: undefined, artifacts: [] };
}

/** The signatures beside a file that several may sign, by principal. */
function signaturesOf(path: string): ReadonlyMap<string, Uint8Array> {
  const beside = paths.filter((other) => other.startsWith(`${path}.`) && other.endsWith('.sig'));
  return new Map(beside.map((other) => [other.slice(path.length + 1, -'.sig'.length), committed(other)]));
}

/** What the reader of a file has to say about it. */
function findingsOf(path: string, source: SourceFile): Reading<unknown>['findings'] {
  const bytes = committed(path);
  switch (source.kind) {
    case 'registry':
      return readRegistryFile(bytes, path).findings;
    case 'revoked':
      return readRevoked(bytes, path).findings;
    case 'reviewers':
      // It throws at a line that ssh-keygen would read otherwise.
      readAllowedSigners(bytes, path);
      return [];
    case 'category':
      return readCategoryFile(bytes, path).findings;
    case 'collection':
      return readCollectionFile(bytes, path).findings;
    case 'policy':
      return POLICIES[source.policy]!(bytes, path).findings;
    case 'advisory':
      return readAdvisory(bytes, path).findings;
    case 'root':
    case 'owner-signers':
      return readSigners(bytes, path).findings;
    case 'owner':
      return readOwnerFile(bytes, path).findings;
    case 'status':
      return readStatusEvent(bytes, path).findings;
    case 'audit':
      return readAuditFile(bytes, path).findings;
    case 'review':
      return readReviewFile(bytes, path).findings;
    case 'plugin':
      return readPluginFile(bytes, path, { expected: { name: source.plugin, registry: REGISTRY } }).findings;
    case 'release':
      return readReleaseManifest(bytes, path).findings;
    case 'root-signature':
    case 'owner-signature':
    case 'status-signature':
    case 'review-signature':
    case 'plugin-signature':
    case 'release-signature':
    case 'transfer-signature':
      return [];
    case 'transfer':
      return readTransferFile(bytes, path, { ...source, registry: REGISTRY }).findings;
    default:
      return source satisfies never;
  }
}
