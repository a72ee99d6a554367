import type { ObjectRef, Sha256 } from './digest.ts';
import type { SchemaError } from './documents/schema-check.ts';
import type { SheafError } from './errors.ts';
import type { HostList } from './formats/host-list.ts';
import type { LogEntry } from './formats/install-log.ts';
import type { Artifact } from './formats/manifest.ts';
import type { IndexObject } from './index/index-head.ts';
import type { Instant } from './instant.ts';
import type { Platform } from './platform.ts';
import type { PluginName } from './plugin-name.ts';
import type { AvailableIsolation } from './runtime/host-policy.ts';
import type { UnhealthySource } from './source-health.ts';

/**
 * Everything sheaf does to the world goes through these interfaces. Each is implemented by one file of
 * `src/io` and wired in `src/wiring`; tests pass other implementations.
 */

/** The current time. An operation asks once and passes the answer on, so that it sees one moment. */
export interface Clock {
  now(): Instant;
}

/** A published index, wherever it lies. Nothing that comes from it is trusted. */
export interface IndexSource {
  readonly url: string;
  /** Fetches what the transport must hold before anything can be read: Git objects; nothing for HTTPS. */
  refresh(): Promise<void>;
  /** A file with a fixed name (`latest`, `root/…`, `checkpoints/…`); undefined when it is not there. */
  readFile(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** An object by path or digest, at most `object.size` bytes; undefined when it is not there. Unverified. */
  readObject(object: IndexObject): Promise<Uint8Array | undefined>;
  /** Bytes received from the network since the source was opened. */
  readonly bytesReceived: number;
}

/** What this machine remembers of addresses that were of no use lately; it decides who is asked first, no more. */
export interface SourceHealth {
  /** Addresses in the order to ask them: as given, but those that failed lately behind all others. */
  order(urls: readonly string[]): Promise<readonly string[]>;
  /** Remembers that an address, and whatever lies below it, was of no use. */
  failed(url: string, failure: SheafError): Promise<void>;
  /** Forgets it: the address has answered well. */
  worked(url: string): Promise<void>;
  /** What still counts, newest first. */
  list(): Promise<readonly UnhealthySource[]>;
}

/** The content-addressed store of this machine. What it returns has the digest that was asked for. */
export interface ObjectStore {
  /** Undefined when absent; a damaged file is removed and counts as absent. */
  read(ref: ObjectRef): Promise<Uint8Array | undefined>;
  write(bytes: Uint8Array): Promise<ObjectRef>;
  /** Where a stored object lies, after its digest was checked again; undefined when absent. */
  locate(ref: { readonly sha256: Sha256; readonly size?: number }): Promise<string | undefined>;
  /** Every stored object. */
  list(): AsyncIterable<ObjectRef>;
  remove(sha256: Sha256): Promise<void>;
}

/** What is being fetched, for progress bars: `received` of `total` bytes, `total` undefined when unknown. */
export interface TransferProgress {
  readonly label: string;
  readonly received: number;
  readonly total?: number;
  readonly done: boolean;
}

/** Brings artifacts into the object store. */
export interface Downloader {
  /**
   * Fetches from the first of `urls` that yields the right bytes, resuming a broken transfer with Range.
   *
   * @param onPassedOver is told of each address that was of no use.
   * @throws SheafError `SHEAF_NETWORK`, `SHEAF_OFFLINE`, `SHEAF_DIGEST`, `SHEAF_SIZE`, `SHEAF_DISK_FULL`.
   */
  fetch(
    artifact: { readonly sha256: Sha256; readonly size?: number },
    urls: readonly string[],
    label: string,
    onProgress: (progress: TransferProgress) => void,
    onPassedOver?: (url: string, failure: SheafError) => void,
  ): Promise<ObjectRef>;
}

/** The user's own files: configuration and what this machine has learned to trust. */
export interface UserFiles {
  /** Where the configuration lies, for messages. */
  readonly configPath: string;
  readConfig(): Promise<Uint8Array | undefined>;
  writeConfig(bytes: Uint8Array): Promise<void>;
  /**
   * What whoever runs this machine demands of all its users, by path.
   *
   * @throws SheafError `SHEAF_PERMISSION` for one that cannot be read, `SHEAF_PATH` when one was named that is not
   *   there: a policy that is missing must not be taken for none.
   */
  readMachinePolicies(): Promise<readonly { readonly path: string; readonly bytes: Uint8Array }[]>;
  /** Trust state of a registry, by the digest of its root/1.signers. */
  readTrust(rootId: Sha256): Promise<Uint8Array | undefined>;
  writeTrust(rootId: Sha256, bytes: Uint8Array): Promise<void>;
  removeTrust(rootId: Sha256): Promise<void>;
  /** Removes a plugin's own data (`remove --purge`); true when there was any. */
  purgePluginData(name: PluginName): Promise<boolean>;
  /** When a notice of updates was last due on this machine; undefined before the first time. */
  readNoticeTime(): Promise<Instant | undefined>;
  writeNoticeTime(time: Instant): Promise<void>;
  /** Runs `work` while no other sheaf process changes the user's files; says when it waits. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** One installed set of plugins being built next to the current one. */
export interface Staging {
  /**
   * Unpacks an artifact from the object store at `path`, judged whole before the first file is written.
   *
   * @param build makes one more file of what was unpacked into a directory.
   */
  add(
    plugin: PluginName,
    artifact: Artifact,
    path: string,
    manifest: Uint8Array,
    build?: (directory: string) => Promise<BuiltFile>,
  ): Promise<void>;
  /** Takes a plugin over from the current generation, unchanged. */
  keep(plugin: PluginName): Promise<void>;
  /** A file of a plugin in the new set; undefined when it has none at that path. */
  read(plugin: PluginName, path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Makes the set current: the switch is one rename. Then writes the project's own files. */
  commit(files: GenerationFiles): Promise<{ readonly generation: number }>;
  discard(): Promise<void>;
}

/** The program that was built from the source of a plugin. */
export interface BuiltFile {
  /** Relative to the plugin's directory, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What a generation carries besides plugins. */
export interface GenerationFiles {
  /** `sheaf.lock`; kept inside the generation too, so that a rollback restores it. */
  readonly lock: Uint8Array;
  /** `sheaf.toml` as it must read afterwards. */
  readonly manifest: Uint8Array;
  /** Command name to the plugin and the file inside it that it runs. */
  readonly shims: Readonly<Record<string, { readonly plugin: PluginName; readonly file: string }>>;
  /** What the application that loads the set reads, where sheaf.toml asks for it. */
  readonly hostList?: HostList;
}

/** A complete installed set. */
export interface Generation {
  readonly number: number;
  readonly current: boolean;
  readonly lock: Uint8Array;
}

/** An installed set that stays on disk until it is released: what a running host loads from. */
export interface HeldSet {
  readonly number: number;
  readonly lock: Uint8Array;
  /** Where a plugin lies. */
  pluginDirectory(plugin: PluginName): string;
  /** The manifest with which it was installed; undefined when it is gone. */
  readManifest(plugin: PluginName): Promise<Uint8Array | undefined>;
  /** The digests that its files had then; undefined when they are gone. */
  readDigests(plugin: PluginName): Promise<Uint8Array | undefined>;
  /** The digests that they have now; undefined for what is no regular file. */
  digests(plugin: PluginName): Promise<ReadonlyMap<string, Sha256 | undefined>>;
  /** A file of a plugin; undefined when it has none at that path. */
  read(plugin: PluginName, path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  release(): Promise<void>;
}

/** The directory plugins are installed into: a project, the user's global set, or a host's own directory. */
export interface Project {
  readonly directory: string;
  readManifest(): Promise<Uint8Array | undefined>;
  writeManifest(bytes: Uint8Array): Promise<void>;
  readLock(): Promise<Uint8Array | undefined>;
  /** Oldest first. */
  generations(): Promise<readonly Generation[]>;
  /** Directory of a plugin in the current generation, for `list` and `verify`. */
  pluginDirectory(name: PluginName): Promise<string | undefined>;
  /** A file of a plugin in the current generation; undefined when it has none at that path. */
  readInstalled(name: PluginName, path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** The manifest with which a plugin of the current generation was installed. */
  installedManifest(name: PluginName): Promise<Uint8Array | undefined>;
  /** Path of the list for the application, when it stands as the current generation wrote it. */
  hostList(): Promise<string | undefined>;
  /**
   * Compares the installed files of a plugin with its artifact; the differences, one sentence each.
   *
   * @param built the file that was built here. Nobody signed it: it is compared with what the build left.
   */
  verifyPlugin(
    name: PluginName,
    artifact: Artifact,
    path: string,
    built?: string,
  ): Promise<readonly string[]>;
  stage(): Promise<Staging>;
  /** Makes an earlier generation current and restores its lock file. */
  activate(generation: number): Promise<void>;
  /** Runs `work` while no other sheaf process changes this project; repairs an interrupted end first. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

/** Asks a person. Without a terminal, or with --no-input, it answers with a refusal. */
export interface Prompt {
  /** @throws SheafError `SHEAF_CANCELLED` naming the flag that answers the question, when nobody can be asked. */
  confirm(question: string, flag: string): Promise<boolean>;
}

/** Where an operation tells what it is doing; rendering is the caller's. */
export interface Reporter {
  note(message: string): void;
  warn(message: string): void;
  transfer(progress: TransferProgress): void;
}

/** Files that a person names: keys, manifests, signatures, a repository to fill. */
export interface NamedFiles {
  /** @throws SheafError `SHEAF_PATH` when it is not there or no file, `SHEAF_SIZE`, `SHEAF_PERMISSION`. */
  read(path: string, maxBytes: number): Promise<Uint8Array>;
  readIfExists(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
  /** Creates or replaces the file in one step. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Creates the file and its directories; false, and nothing is touched, when something is already there. */
  create(path: string, bytes: Uint8Array): Promise<boolean>;
}

/** What lies at a path that a person installs from without a registry. Nothing of it is trusted. */
export interface LocalContent {
  readonly kind: 'archive' | 'wasm';
  /** What is unpacked: the file, or the folder packed as an archive. */
  readonly bytes: Uint8Array;
  /** The author's manifest, `sheaf.plugin.toml`. */
  readonly manifest: Uint8Array;
  /** Paths of all files in it, sorted; one for a module. */
  readonly files: readonly string[];
}

/** Folders and files of this machine that hold plugins. */
export interface LocalPlugins {
  /** A path that a person typed, as sheaf.toml says it: from the project, with `/`; absolute where it must be. */
  fromProject(path: string): string;
  /**
   * What lies at a path of sheaf.toml.
   *
   * @throws SheafError `SHEAF_PATH`, `SHEAF_ARCHIVE`, `SHEAF_SIZE`, `SHEAF_PERMISSION`; `SHEAF_INVALID_FILE` when
   *   it holds no manifest.
   */
  read(path: string): Promise<LocalContent>;
}

/** Judges values by a JSON Schema (draft 2020-12) that came with a plugin. */
export interface SchemaValidator {
  /**
   * Everything that does not fit, none when all does.
   *
   * @throws SheafError `SHEAF_INVALID_FILE` when the schema is none, or takes too long to apply.
   */
  violations(
    schema: Readonly<Record<string, unknown>>,
    value: unknown,
    what: string,
  ): Promise<readonly SchemaError[]>;
}

/** What was done to the installed sets of this user, for whoever asks later. */
export interface InstallLog {
  /** Who changes sets in this process. */
  readonly by: Pick<LogEntry, 'user' | 'command'>;
  /**
   * Adds entries. Nothing else may append at the same time.
   *
   * @throws SheafError `SHEAF_PERMISSION`, `SHEAF_DISK_FULL`.
   */
  append(entries: readonly LogEntry[]): Promise<void>;
  /** All that are kept, oldest first; `unreadable` counts lines that are torn. */
  read(): Promise<{ readonly entries: readonly LogEntry[]; readonly unreadable: number }>;
}

/** A plugin to build from source. */
export interface BuildOrder {
  readonly plugin: PluginName;
  /** Where its source lies; nothing there is changed. */
  readonly directory: string;
  /** `[build] command`: program and arguments. */
  readonly command: readonly [string, ...string[]];
  /** The file that it leaves, relative to the source. */
  readonly output: string;
  /** Programs of this machine that it may use beside those of the system. */
  readonly requires: readonly string[];
}

/** Runs the compilers of this machine in a sandbox, without network. */
export interface SourceBuilder {
  /** How well builds are kept apart here, and why not better. */
  isolation(): Promise<AvailableIsolation>;
  /** What a program says of its version (`--version`); undefined when it does not, or when it cannot be isolated. */
  versionOf(program: string): Promise<string | undefined>;
  /**
   * The bytes of the file that was built.
   *
   * @throws SheafError `SHEAF_TOOL`, `SHEAF_TIMEOUT`; the last lines of the log are reported.
   */
  build(order: BuildOrder): Promise<Uint8Array>;
}

/** What the operations of a user are given; each names the ones it uses with `Pick`. */
export interface ClientPorts {
  readonly clock: Clock;
  readonly store: ObjectStore;
  readonly user: UserFiles;
  readonly project: Project;
  readonly downloader: Downloader;
  readonly local: LocalPlugins;
  readonly schemas: SchemaValidator;
  readonly programs: Programs;
  readonly builder: SourceBuilder;
  readonly log: InstallLog;
  readonly prompt: Prompt;
  readonly reporter: Reporter;
  /** Opens the published index at an address; reads nothing yet. */
  readonly openSource: (url: string) => IndexSource;
  readonly health: SourceHealth;
  /** The platform artifacts are chosen for. */
  readonly platform: Platform;
  /** Nothing may be fetched. */
  readonly offline: boolean;
  /** Aborted when the person interrupts; an operation looks at it before its last step that changes anything. */
  readonly signal: AbortSignal;
}

/** Programs of the operating system. */
export interface Programs {
  /** Path of a program on the user's PATH; undefined when it is not there. */
  find(name: string): Promise<string | undefined>;
}
