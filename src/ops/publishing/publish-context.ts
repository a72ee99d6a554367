import type { PluginStarter } from '../../core/authoring/ports.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { GivenArtifact, PublishRecord } from '../../core/formats/publish-record.ts';
import type { PublishSettings } from '../../core/formats/publish-settings.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Platform } from '../../core/platform.ts';
import type { Clock, Prompt, Reporter } from '../../core/ports.ts';
import type { KnownFacts } from '../../core/publishing/plan-publication.ts';
import type { ReleaseSource } from '../../core/publishing/release-source.ts';
import type { ReadableTree, SshKeygen, WorkTrees } from '../../core/publishing-ports.ts';
import type { SshPublicKey } from '../../core/signatures/ssh-key.ts';
import type { ArtifactHost, ChangeTransport } from '../../core/submission-ports.ts';
import type { Submitter } from '../../core/submissions/change.ts';
import { type AuthorPlugin, findEntry, outputOf } from '../authors/author-plugin.ts';
import type { BuildPorts } from '../authors/build-plugin.ts';
import { digestOf, readStaged } from './publish-folder.ts';
import type { RegistryView } from './registry-view.ts';
import type { NewOwner } from './release-files.ts';

/** The ports of those who publish. */
export interface PublishPorts extends BuildPorts {
  readonly reporter: Pick<Reporter, 'note' | 'warn'>;
  /** The sandbox, started when it is needed. */
  readonly starter: PluginStarter;
  readonly sshKeygen: SshKeygen;
  readonly workTrees: WorkTrees;
  readonly registry: ReadableTree & {
    /** Forgets what was read, so that what is read next is as it is then. */
    close(): Promise<void>;
  };
  readonly transport: ChangeTransport;
  readonly host: ArtifactHost;
  readonly prompt: Prompt;
  readonly clock: Clock;
  /** Waits a moment before a proposal is looked at again. @throws when the person breaks it off. */
  readonly pause: () => Promise<void>;
}

/** What `sheaf publish` was asked for. */
export interface PublishOptions {
  /** Folder of the plugin, as it was typed. */
  readonly path: string;
  readonly owner?: string;
  /** Path of the key that signs. */
  readonly key: string;
  readonly platform: Platform;
  /** What was packed on other machines, in place of what the folder gives; what was given the last time when absent. */
  readonly given?: readonly GivenArtifact[];
  /** Whether files may be published that are in no commit. */
  readonly allowDirty: boolean;
  readonly newOwner: NewOwner;
  /** Whether the person has agreed to what becomes public. */
  readonly agreed: boolean;
  /** What is remembered for the next time. */
  readonly settings: PublishSettings;
  /** Fires when the person breaks it off, which is done between two steps. */
  readonly signal: AbortSignal;
  /** How long the proposal is followed at most, in milliseconds; not at all when absent. */
  readonly followFor?: number;
  readonly dryRun: boolean;
}

/** One look at everything that decides what is to be done. */
export interface PublishContext {
  readonly plugin: AuthorPlugin;
  readonly view: RegistryView;
  readonly key: SshPublicKey;
  /** The account that proposes; asked for only where a new owner is to be described. */
  readonly account: Submitter | undefined;
  /** What the release can say of its source; absent when the registry has it already. */
  readonly source?: ReleaseSource;
  readonly record: PublishRecord;
  readonly known: KnownFacts;
}

/**
 * Takes the digests of what is there now.
 *
 * @throws SheafError as `PluginFolders.read`.
 */
export async function knownFacts(
  { files, host }: Pick<PublishPorts, 'files' | 'host'>,
  { path, platform, newOwner }: Pick<PublishOptions, 'path' | 'platform' | 'newOwner'>,
  { plugin, view, key, account, source, record }: Omit<PublishContext, 'known'>,
): Promise<KnownFacts> {
  const { version, given, artifacts, unsigned, signed } = record;
  const built = await builtDigest(files, plugin, given);
  const names = artifacts.map(({ file }) => file);
  const packed =
    names.length === 0
      ? undefined
      : await readStaged(files, path, version, [...names, ...unsigned, ...Object.keys(signed)]);
  const signatures = await readStaged(files, path, version, Object.values(signed));
  const target = {
    registry: view.registry,
    category: view.category,
    owner: view.owner,
    isNewOwner: view.isNewOwner,
    isNewPlugin: view.plugin === undefined,
    platform,
    address: host.addressOf('artifact'),
    // Not which commit: the next one leaves a release alone whose files it does not touch.
    hasSource: source?.source !== undefined,
    ...(view.isNewOwner ? { newOwner, account, key: sha256(key.blob) } : {}),
  };
  return {
    source: sourceDigest(plugin),
    target: sha256(new TextEncoder().encode(JSON.stringify(target))),
    key: sha256(key.blob),
    ...(built === undefined ? {} : { built }),
    ...(packed === undefined ? {} : { packed: digestOf(packed) }),
    ...(signatures === undefined ? {} : { signed: digestOf(signatures) }),
  };
}

/** Of all files in the folder but the one that its build leaves. */
function sourceDigest(plugin: AuthorPlugin): Sha256 {
  const output = outputOf(plugin);
  const own = plugin.files.filter(({ path }) => path !== output);
  return digestOf(new Map(own.map(({ path, bytes }) => [path, bytes])));
}

async function builtDigest(
  files: PublishPorts['files'],
  plugin: AuthorPlugin,
  given: PublishRecord['given'],
): Promise<Sha256 | undefined> {
  try {
    const entry = await findEntry(files, plugin);
    if (entry === undefined || given.length === 0)
      return entry === undefined ? undefined : sha256(entry.bytes);
    const all = new Map([['', entry.bytes]]);
    for (const { platform, file } of given) {
      all.set(platform, (await files.readIfExists(file, LIMITS.artifactBytes)) ?? new Uint8Array());
    }
    return digestOf(all);
  } catch (error) {
    if (error instanceof SheafError && error.code === 'SHEAF_PATH') return undefined;
    throw error;
  }
}
