import { type Sha256, sha256 } from '../core/digest.ts';
import { writeAuditFile } from '../core/formats/audit-file.ts';
import type { Manifest } from '../core/formats/manifest.ts';
import { writeOwnerFile } from '../core/formats/owner-file.ts';
import { writePluginFile } from '../core/formats/plugin-file.ts';
import { writeRegistryFile } from '../core/formats/registry-file.ts';
import { registryTemplate } from '../core/formats/registry-template.ts';
import { writeStatusEvent } from '../core/formats/status-event.ts';
import { pluginDirectory, releaseDirectory, sourcePath } from '../core/index/source-layout.ts';
import { DAY, formatInstant, type Instant, parseInstant } from '../core/instant.ts';
import type { PluginName } from '../core/plugin-name.ts';
import { type Signer, writeSigners } from '../core/signatures/signers.ts';
import type { SshPrivateKey } from '../core/signatures/ssh-key.ts';
import { type Namespace, sign } from '../core/signatures/sshsig.ts';
import type { Version } from '../core/version.ts';
import { testKey } from './keys.ts';
import { seededRandom } from './random.ts';
import { nextVersion, type PluginShape, type RegistryShape, registryShape } from './registry-shape.ts';
import { type BuiltRelease, buildRelease } from './simulated-release.ts';

/** A file and its path below some directory. */
export type GeneratedFile = readonly [path: string, bytes: Uint8Array];

/** What to generate. */
export interface GeneratorOptions {
  readonly plugins: number;
  /** Another seed, another registry of the same kind. */
  readonly seed?: string;
  readonly id?: string;
  /** When its root was made; the releases are older, the root expires a year later. */
  readonly now?: Instant;
  /** Where releases say that their artifacts lie; with a slash at the end. */
  readonly artifactBase?: string;
  /** Addresses of the index, for registry.toml. */
  readonly index?: readonly string[];
}

/** A registry that is made while it is read, so that its size is bounded by the disk only. */
export interface GeneratedRegistry {
  readonly names: readonly PluginName[];
  /** Digest of the first root: what a client pins. */
  readonly rootId: Sha256;
  /** The key that may sign its checkpoints. */
  readonly checkpointKey: SshPrivateKey;
  readonly shape: RegistryShape;
  /** The files of the registry repository, in the layout that `sheaf index build` reads, all of them signed. */
  source(): Iterable<GeneratedFile>;
  /** The files of the plugin at a position of `names`: all that its pull requests added. */
  pluginFiles(position: number): Iterable<GeneratedFile>;
  /** One more version of the plugin at a position of `names`: the files that its pull request adds. */
  release(position: number): readonly GeneratedFile[];
  /** The artifacts of the newest release of each named plugin, by their path below `artifactBase`. */
  artifacts(names: Iterable<PluginName>): Iterable<GeneratedFile>;
}

const START: Instant = parseInstant('2026-11-20T09:00:00Z') ?? 0;
const MAINTAINERS = ['maintainer-a', 'maintainer-b', 'maintainer-c'];
const CHECKPOINT_SIGNER = 'ci';
const THRESHOLD = 2;

/**
 * Generates a registry of any size: names, texts, versions and dependencies with the long tails of real ones
 * (core hubs and many leaves, prolific owners and many with one plugin, words by Zipf's law), written by the
 * writers that authors use and signed with real keys. The same options give the same bytes.
 */
export function generateRegistry(options: GeneratorOptions): GeneratedRegistry {
  const shape = registryShape(options.plugins, options.seed ?? '1');
  const { id = 'generated', now = START, artifactBase = 'https://plugins.example/artifacts/' } = options;
  const maker: Maker = { id, now, artifactBase, keys: createKeyRing() };
  const root = makeRoot(maker);
  const positions = new Map(shape.names.map((name, position) => [name, position]));
  return {
    names: shape.names,
    rootId: sha256(root),
    checkpointKey: testKey(CHECKPOINT_SIGNER),
    shape,
    *source() {
      yield* registryTemplate(id);
      yield [sourcePath({ kind: 'registry' }), makeRegistryFile(id, options.index ?? [])];
      yield* signedRoot(root);
      for (const owner of shape.owners) yield* ownerFiles(maker, owner);
      for (const position of shape.names.keys()) yield* pluginFiles(maker, shape.plugin(position));
    },
    pluginFiles: (position) => pluginFiles(maker, shape.plugin(position)),
    release(position) {
      const plugin = shape.plugin(position);
      const last = plugin.versions.at(-1) ?? plugin.versions[0];
      const version = nextVersion(last, seededRandom(`next of ${plugin.name} ${last}`));
      return [...releaseFiles(maker, plugin, version, now)];
    },
    *artifacts(names) {
      for (const name of names) {
        const plugin = shape.plugin(positions.get(name) ?? -1);
        const { artifact } = build(maker, plugin, plugin.versions.at(-1) ?? plugin.versions[0]);
        yield [artifact.url.slice(artifactBase.length), artifact.bytes];
      }
    },
  };
}

interface Maker {
  readonly id: string;
  readonly now: Instant;
  readonly artifactBase: string;
  readonly keys: (principal: string) => SshPrivateKey;
}

/** Each key is derived once: that costs more than a signature. */
function createKeyRing(): Maker['keys'] {
  const keys = new Map<string, SshPrivateKey>();
  return (principal) => {
    const key = keys.get(principal) ?? testKey(principal);
    keys.set(principal, key);
    return key;
  };
}

function makeRegistryFile(id: string, index: readonly string[]): Uint8Array {
  return writeRegistryFile({
    id,
    title: `Generated registry ${id}`,
    index,
    artifactMirrors: [],
    reservedNames: [],
    removedNames: {},
    officialOwners: [],
    engines: {},
  });
}

function makeRoot({ id, now, keys }: Maker): Uint8Array {
  const signer = (principal: string, namespaces: readonly Namespace[]): Signer => ({
    principal,
    namespaces,
    key: keys(principal).publicKey,
  });
  return writeSigners({
    kind: 'root',
    registry: id,
    version: 1,
    epoch: 1,
    threshold: THRESHOLD,
    expires: now + 365 * DAY,
    signers: [
      ...MAINTAINERS.map((name) => signer(name, ['root@sheaf', 'status@sheaf', 'recovery@sheaf'])),
      signer(CHECKPOINT_SIGNER, ['checkpoint@sheaf']),
    ],
  });
}

function* signedRoot(root: Uint8Array): Iterable<GeneratedFile> {
  yield [sourcePath({ kind: 'root', version: 1 }), root];
  for (const principal of MAINTAINERS) {
    const path = sourcePath({ kind: 'root-signature', version: 1, principal });
    yield [path, sign(testKey(principal), 'root@sheaf', root)];
  }
}

function* ownerFiles({ id, artifactBase, keys }: Maker, owner: string): Iterable<GeneratedFile> {
  const key = keys(owner);
  const signers = writeSigners({
    kind: 'owner',
    registry: id,
    owner,
    version: 1,
    epoch: 0,
    threshold: 1,
    signers: [{ principal: owner, namespaces: ['owner@sheaf', 'release@sheaf'], key: key.publicKey }],
  });
  yield [sourcePath({ kind: 'owner', owner }), writeOwnerFile({ repositories: [artifactBase] })];
  yield [sourcePath({ kind: 'owner-signers', owner, version: 1 }), signers];
  const path = sourcePath({ kind: 'owner-signature', owner, version: 1, principal: owner });
  yield [path, sign(key, 'owner@sheaf', signers)];
}

function* pluginFiles(maker: Maker, plugin: PluginShape): Iterable<GeneratedFile> {
  const { name, owner, keywords, deprecated, yanked, versions } = plugin;
  const path = `${releaseDirectory(plugin.category, name)}/plugin.toml`;
  yield* signedFile(
    maker,
    owner,
    path,
    writePluginFile({
      registry: maker.id,
      name,
      revision: 1,
      owner,
      keywords: keywords.slice(0, 2),
      repositories: [],
      ...(deprecated ? { deprecated: 'no longer maintained' } : {}),
      yanked: Object.fromEntries(yanked.map((version) => [version, 'loses data'])),
      deprecatedVersions: {},
    }),
  );
  if (plugin.tier !== 'wasm') yield* grantFiles(maker, plugin);
  for (const [age, version] of versions.toReversed().entries()) {
    yield* releaseFiles(maker, plugin, version, maker.now - (20 + 30 * age) * DAY);
  }
}

/** What makes a plugin of a higher tier installable: the maintainers grant it. */
function* grantFiles({ id, now, keys }: Maker, { name, tier }: PluginShape): Iterable<GeneratedFile> {
  const event = {
    kind: 'grant-tier',
    plugin: name,
    tier,
    registry: id,
    date: now,
    reason: 'reviewed',
  } as const;
  const bytes = writeStatusEvent(event);
  const place = { plugin: name, event: `${formatInstant(now).slice(0, 10)}-grant-tier` };
  yield [sourcePath({ kind: 'status', ...place }), bytes];
  for (const principal of MAINTAINERS.slice(0, THRESHOLD)) {
    const path = sourcePath({ kind: 'status-signature', ...place, principal });
    yield [path, sign(keys(principal), 'status@sheaf', bytes)];
  }
}

function* releaseFiles(
  maker: Maker,
  plugin: PluginShape,
  version: Version,
  published: Instant,
): Iterable<GeneratedFile> {
  const { name, owner, category } = plugin;
  const { manifest } = build(maker, plugin, version);
  yield* signedFile(maker, owner, `${releaseDirectory(category, name)}/${version}.toml`, manifest);
  yield [
    `${pluginDirectory('audits', name)}/${version}.toml`,
    audit(maker, plugin, version, published, manifest),
  ];
}

function build({ id, artifactBase }: Maker, plugin: PluginShape, version: Version): BuiltRelease {
  const { name, dependencies, engines, capabilities, tier, isArchive } = plugin;
  return buildRelease(
    {
      name,
      version,
      dependencies,
      engines,
      capabilities,
      tier,
      manifest: described(plugin, version),
      ...(isArchive ? { files: archiveFiles(name, version) } : {}),
    },
    id,
    artifactBase,
  );
}

function described(plugin: PluginShape, version: Version): Partial<Manifest> {
  const { description, owner, license, keywords, languages } = plugin;
  const repository = `https://plugins.example/${owner}/${plugin.name}`;
  return {
    description,
    authors: [{ name: owner, email: `${owner}@plugins.example` }],
    license,
    keywords,
    repository,
    provides: { languages, commands: [] },
    source: {
      repository,
      commit: sha256(Buffer.from(`${plugin.name} ${version}`)).slice(0, 40),
      tag: `v${version}`,
    },
  };
}

function archiveFiles(name: PluginName, version: Version): Readonly<Record<string, string>> {
  return {
    'main.js': `export const plugin = ${JSON.stringify({ name, version })};\n`.repeat(20),
    'README.md': `# ${name}\n\nVersion ${version}.\n`,
    'data/words.txt': `${name}\n`.repeat(100),
  };
}

function audit(
  { id }: Maker,
  { name, score, downloads, versions }: PluginShape,
  version: Version,
  published: Instant,
  manifest: Uint8Array,
): Uint8Array {
  return writeAuditFile({
    registry: id,
    plugin: name,
    version,
    manifest: sha256(manifest),
    published,
    scan: { rules: '1', score, coverage: 1, passed: true, findings: [] },
    compatibility: [],
    downloads: { total: Math.ceil(downloads / versions.length), months: {} },
    waivers: [],
  });
}

function* signedFile(
  { keys }: Maker,
  principal: string,
  path: string,
  bytes: Uint8Array,
): Iterable<GeneratedFile> {
  yield [path, bytes];
  yield [`${path}.sig`, sign(keys(principal), 'release@sheaf', bytes)];
}
