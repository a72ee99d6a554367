import { type Sha256, sha256 } from '../core/digest.ts';
import { valueOf } from '../core/finding.ts';
import { writeOwnerFile } from '../core/formats/owner-file.ts';
import { type PluginFile, readPluginFile, writePluginFile } from '../core/formats/plugin-file.ts';
import { registryTemplate } from '../core/formats/registry-template.ts';
import { type StatusEvent, writeStatusEvent } from '../core/formats/status-event.ts';
import {
  type Checkpoint,
  type CheckpointId,
  checkpointPath,
  LATEST_PATH,
  readCheckpoint,
  writeCheckpoint,
  writeLatest,
} from '../core/index/checkpoint.ts';
import {
  parseSourcePath,
  releaseDirectory,
  SOURCE_DIRECTORIES,
  sourcePath,
} from '../core/index/source-layout.ts';
import { DAY, formatInstant, type Instant, parseInstant } from '../core/instant.ts';
import { type PluginName, pluginName } from '../core/plugin-name.ts';
import { readRevoked, writeRevoked } from '../core/signatures/revoked.ts';
import { readSigners, type Signer, type SignersFile, writeSigners } from '../core/signatures/signers.ts';
import { type Namespace, sign } from '../core/signatures/sshsig.ts';
import { buildIndexFromSource } from '../ops/index/index-build.ts';
import { testKey } from './keys.ts';
import { type FileMap, memorySource, memoryTree } from './memory-source.ts';
import { buildRelease, type SimulatedRelease } from './simulated-release.ts';

/** How a simulated registry begins. */
export interface SimulatorOptions {
  readonly id?: string;
  readonly now?: Instant;
  /** Principals of the root; the key of each is `testKey(principal)`. */
  readonly maintainers?: readonly string[];
  readonly threshold?: number;
  /** Where releases say that their artifacts lie; also the prefix in {@link RegistrySimulator.artifacts}. */
  readonly artifactBase?: string;
}

/** What a root says besides its version. */
export interface SimulatedRoot {
  readonly maintainers: readonly string[];
  /** Principal of the key that signs checkpoints. */
  readonly ci: string;
  readonly threshold: number;
  readonly epoch: number;
  readonly expires: Instant;
}

const START: Instant = parseInstant('2026-11-20T09:00:00Z') ?? 0;
const CATEGORY = 'integrations';

/**
 * A whole registry in memory that really signs: a source repository, its published tree and its artifacts, all of
 * them maps that a test may edit. Every key is `testKey` of the principal's name, so everything can be signed by
 * everybody, also by those who may not.
 */
export class RegistrySimulator {
  readonly id: string;
  /** The registry repository, as `sheaf index build` reads it. */
  readonly source: FileMap;
  /** The published tree, as a static host serves it. */
  readonly published: FileMap = new Map();
  /** Artifacts by URL. */
  readonly artifacts: FileMap = new Map();
  /** The time at which the next thing happens; set it. */
  now: Instant;
  root: SimulatedRoot;
  #rootVersion = 0;
  readonly #artifactBase: string;

  constructor(options: SimulatorOptions = {}) {
    this.id = options.id ?? 'simulated';
    this.now = options.now ?? START;
    this.#artifactBase = options.artifactBase ?? 'https://plugins.example/artifacts/';
    this.source = new Map(registryTemplate(this.id));
    this.root = {
      maintainers: options.maintainers ?? ['maintainer-a', 'maintainer-b', 'maintainer-c'],
      ci: 'ci',
      threshold: options.threshold ?? 2,
      epoch: 1,
      expires: this.now + 365 * DAY,
    };
    this.rotateRoot({});
    this.addOwner('author');
  }

  /** Digest of the first root: the pin, and what the registry is known by on a client. */
  get rootId(): Sha256 {
    return sha256(this.#file(sourcePath({ kind: 'root', version: 1 })));
  }

  /** Signs the next root; by all maintainers before and after, unless it is said who signs. */
  rotateRoot(change: Partial<SimulatedRoot>, signedBy?: readonly string[]): void {
    const before = this.#rootVersion === 0 ? [] : this.root.maintainers;
    this.root = { ...this.root, ...change };
    this.#rootVersion += 1;
    const { maintainers, ci, threshold, epoch, expires } = this.root;
    const bytes = writeSigners({
      kind: 'root',
      registry: this.id,
      version: this.#rootVersion,
      epoch,
      threshold,
      expires,
      signers: [
        ...maintainers.map((name) => signer(name, ['root@sheaf', 'status@sheaf', 'recovery@sheaf'])),
        signer(ci, ['checkpoint@sheaf']),
      ],
    });
    const version = this.#rootVersion;
    this.source.set(sourcePath({ kind: 'root', version }), bytes);
    for (const principal of signedBy ?? new Set([...before, ...maintainers])) {
      const path = sourcePath({ kind: 'root-signature', version, principal });
      this.source.set(path, this.sign(principal, 'root@sheaf', bytes));
    }
  }

  /** Adds an owner with a key file of version 1. */
  addOwner(owner: string): void {
    this.source.set(
      sourcePath({ kind: 'owner', owner }),
      writeOwnerFile({ repositories: [this.#artifactBase] }),
    );
    this.rotateOwner(owner, [owner], [owner]);
  }

  /** Writes the next key file of an owner, signed under these principals. */
  rotateOwner(
    owner: string,
    principals: readonly string[],
    signedBy: readonly string[],
    namespace: Namespace = 'owner@sheaf',
  ): void {
    let version = 1;
    while (this.source.has(sourcePath({ kind: 'owner-signers', owner, version }))) version += 1;
    const bytes = writeSigners({
      kind: 'owner',
      registry: this.id,
      owner,
      version,
      epoch: 0,
      threshold: 1,
      signers: principals.map((principal) => signer(principal, ['owner@sheaf', 'release@sheaf'])),
    });
    this.source.set(sourcePath({ kind: 'owner-signers', owner, version }), bytes);
    for (const principal of signedBy) {
      const path = sourcePath({ kind: 'owner-signature', owner, version, principal });
      this.source.set(path, this.sign(principal, namespace, bytes));
    }
  }

  /** Adds a release, and the plugin when it is the first one. */
  addRelease(release: SimulatedRelease, owner = 'author', signedBy: string = owner): void {
    const built = buildRelease(release, this.id, this.#artifactBase);
    const directory = releaseDirectory(CATEGORY, built.name);
    if (!this.source.has(`${directory}/plugin.toml`)) this.setPlugin(built.name, { owner }, signedBy);
    const path = `${directory}/${built.version}.toml`;
    this.source.set(path, built.manifest);
    this.source.set(`${path}.sig`, this.sign(signedBy, 'release@sheaf', built.manifest));
    this.artifacts.set(built.artifact.url, built.artifact.bytes);
  }

  /** Writes the next revision of a plugin.toml. */
  setPlugin(name: string, change: Partial<PluginFile>, signedBy: string = change.owner ?? 'author'): void {
    const path = `${releaseDirectory(CATEGORY, pluginName(name))}/plugin.toml`;
    const before = this.source.get(path);
    const file: PluginFile =
      before === undefined
        ? {
            registry: this.id,
            name: pluginName(name),
            revision: 0,
            owner: 'author',
            keywords: [],
            repositories: [],
            yanked: {},
            deprecatedVersions: {},
          }
        : valueOf(readPluginFile(before, path));
    const bytes = writePluginFile({ ...file, revision: file.revision + 1, ...change });
    this.source.set(path, bytes);
    this.source.set(`${path}.sig`, this.sign(signedBy, 'release@sheaf', bytes));
  }

  /** Writes a status event of now; `signedBy` nobody is what CI alone can do. */
  addStatus(
    event: Pick<StatusEvent, 'kind'> & { readonly plugin: string } & Partial<Omit<StatusEvent, 'plugin'>>,
    signedBy: readonly string[] = [],
  ): void {
    const plugin: PluginName = pluginName(event.plugin);
    const bytes = writeStatusEvent({
      registry: this.id,
      date: this.now,
      reason: 'simulated',
      ...event,
      plugin,
    });
    const day = formatInstant(event.date ?? this.now).slice(0, 10);
    let name = `${day}-${event.kind}`;
    for (let count = 2; this.source.has(sourcePath({ kind: 'status', plugin, event: name })); count += 1) {
      name = `${day}-${event.kind}-${count}`;
    }
    this.source.set(sourcePath({ kind: 'status', plugin, event: name }), bytes);
    for (const principal of signedBy) {
      const path = sourcePath({ kind: 'status-signature', plugin, event: name, principal });
      this.source.set(path, this.sign(principal, 'status@sheaf', bytes));
    }
  }

  /** Revokes the key of a principal, from a checkpoint on or altogether. */
  revoke(principal: string, from?: CheckpointId): void {
    const path = sourcePath({ kind: 'revoked' });
    const keys = valueOf(readRevoked(this.#file(path), path));
    const entry = { key: testKey(principal).publicKey, ...(from === undefined ? {} : { from }) };
    this.source.set(path, writeRevoked([...keys, entry]));
  }

  /** Builds the index, signs the next checkpoint with the key of CI, and publishes both. */
  async publish(options: { readonly life?: number } = {}): Promise<CheckpointId> {
    const hasPrevious = this.published.has(LATEST_PATH);
    const build = await buildIndexFromSource(
      {
        source: memoryTree(this.source),
        ...(hasPrevious ? { previous: memorySource(this.published) } : {}),
      },
      { issued: this.now, life: options.life ?? 7 * DAY },
    );
    for await (const { path, bytes } of build.files()) this.published.set(path, bytes);
    this.publishCheckpoint(build.checkpoint);
    return build.checkpoint;
  }

  /** Publishes the chain of roots and nothing else: a new root may be seen before its first checkpoint. */
  publishRoots(): void {
    for (const [path, bytes] of this.source) {
      const kind = parseSourcePath(path)?.kind;
      if (kind !== 'root' && kind !== 'root-signature') continue;
      this.published.set(`root/${path.slice(`${SOURCE_DIRECTORIES.root}/`.length)}`, bytes);
    }
  }

  /** Signs a checkpoint and makes it the latest, whatever it says and whoever signs. */
  publishCheckpoint(checkpoint: Checkpoint, signedBy: string = this.root.ci): void {
    const bytes = writeCheckpoint(checkpoint);
    const path = checkpointPath(checkpoint);
    this.published.set(path, bytes);
    this.published.set(`${path}.sig`, this.sign(signedBy, 'checkpoint@sheaf', bytes));
    this.published.set(LATEST_PATH, writeLatest(checkpoint));
  }

  /** The checkpoint that `latest` names. */
  latestCheckpoint(): Checkpoint {
    const id = new TextDecoder().decode(this.#published(LATEST_PATH)).trim();
    return readCheckpoint(this.#published(`checkpoints/${id}.json`));
  }

  /** A copy that goes its own way: what the same registry shows to somebody else, or showed earlier. */
  snapshot(): FileMap {
    return new Map(this.published);
  }

  /** A signature by anybody over anything. */
  sign(name: string, namespace: Namespace, message: Uint8Array): Uint8Array {
    return sign(testKey(name), namespace, message);
  }

  /** The newest root file. */
  rootFile(): SignersFile {
    const path = sourcePath({ kind: 'root', version: this.#rootVersion });
    return valueOf(readSigners(this.#file(path), path));
  }

  #file(path: string): Uint8Array {
    const bytes = this.source.get(path);
    if (bytes === undefined) throw new RangeError(`The simulated registry has no ${path}.`);
    return bytes;
  }

  #published(path: string): Uint8Array {
    const bytes = this.published.get(path);
    if (bytes === undefined) throw new RangeError(`The simulated registry has not published ${path}.`);
    return bytes;
  }
}

function signer(principal: string, namespaces: readonly Namespace[]): Signer {
  return { principal, namespaces, key: testKey(principal).publicKey };
}
