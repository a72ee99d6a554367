import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { FetchObject } from '../../core/index/index-head.ts';
import { createIndexReader } from '../../core/index/index-reader.ts';
import { LIMITS } from '../../core/limits.ts';
import type { ClientPorts, IndexSource, NamedFiles } from '../../core/ports.ts';
import type { MirrorDirectory, PublishedFile } from '../../core/publishing-ports.ts';
import { sharedFetch } from '../../core/search/shared-fetch.ts';
import type { RegistryTrust } from '../../core/trust/trust.ts';
import { newTrustState, type TrustState } from '../../core/trust/trust-state.ts';
import { counted, publication, recording } from '../index/index-publish.ts';
import { readPublishedCheckpoint } from '../index/previous-index.ts';
import { configuredRegistries, knownTrust } from './configured-registries.ts';
import { fetchIndex } from './fetch-index.ts';
import { createObjectFetcher } from './fetch-object.ts';
import { lockedReleases, type MirroredArtifacts, mirrorArtifacts } from './mirror-artifacts.ts';
import { confirmRoot, requirePin } from './registry-add.ts';
import { followRoots, readFirstRoot } from './root-chain.ts';
import { updateTrust } from './update-trust.ts';

/** What keeping a mirror needs. */
export type MirrorPorts = Pick<
  ClientPorts,
  'clock' | 'health' | 'user' | 'prompt' | 'reporter' | 'openSource' | 'signal'
> & {
  readonly mirror: MirrorDirectory;
  readonly files: NamedFiles;
};

export interface MirrorOptions {
  readonly url: string;
  /** Digest of any root file of the chain. */
  readonly root?: Sha256;
  /** Lock files; with any, only the artifacts that they need are mirrored. */
  readonly locks: readonly string[];
  readonly dryRun: boolean;
  /** Trust on first use without asking. */
  readonly yes: boolean;
}

/** What the mirror holds now, or would hold. */
export interface MirroredRegistry {
  readonly registry: string;
  readonly checkpoint: { readonly epoch: number; readonly version: number };
  readonly plugins: number;
  readonly releases: number;
  /** Files of the index that were written, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Whether the mirror had this very checkpoint already. */
  readonly unchanged: boolean;
  readonly artifacts: MirroredArtifacts;
}

/**
 * Copies a published index and its artifacts into a directory that is a registry source of its own. The index is
 * believed by the rules of a client, from the state that the directory holds on; what is there is not fetched
 * again. Artifacts come first and `latest` last, so that no reader ever sees a part.
 *
 * @throws SheafError as `updateTrust`; `SHEAF_ROOT` when the directory or the pin is of another registry,
 *   `SHEAF_CANCELLED` when nothing says that the registry is the right one. Artifacts that cannot be had are data.
 */
export async function mirrorRegistry(ports: MirrorPorts, options: MirrorOptions): Promise<MirroredRegistry> {
  const work = (): Promise<MirroredRegistry> => update(ports, options);
  return options.dryRun ? work() : ports.mirror.exclusively(work);
}

async function update(ports: MirrorPorts, options: MirrorOptions): Promise<MirroredRegistry> {
  const { mirror } = ports;
  const { dryRun } = options;
  const roots: PublishedFile[] = [];
  const source = recording(ports.openSource(options.url), roots);
  await source.refresh();
  const begun = await beginTrust(ports, source, options);
  const configured = (await configuredRegistries(ports)).find(({ root }) => root === begun.rootId);
  const known = configured === undefined ? undefined : await knownTrust(ports, configured);

  const urls = [source.url, ...(configured?.urls ?? []).filter((url) => url !== source.url)];
  const sources = [source, ...urls.slice(1).map((url) => ports.openSource(url))];
  const fetchObject = fetcher(ports, sources, dryRun);
  const { state, head, succession } = await updateTrust(begun, {
    source,
    fetchObject,
    now: ports.clock.now(),
    floor: known?.checkpoint,
    // What a mirror has learned is what lies in its directory.
    persist: () => Promise.resolve(),
  });
  const seen = state.checkpoint;
  if (seen === undefined)
    throw new SheafError('SHEAF_INTERNAL', 'A mirror was updated without a checkpoint.');
  const unchanged = succession === 'same' && state.root.version === begun.root.version;
  if (!unchanged) {
    ports.reporter.note(`Fetching the index of ${head.registry}: ${head.plugins} plugins.`);
    const wanted = { checkpoint: seen.value, head, fetchObject };
    await fetchIndex({ ...wanted, known: (object) => mirror.target.has(object) }, ports.reporter);
  }

  const locked =
    options.locks.length === 0 ? undefined : await lockedReleases(ports.files, options.locks, head.registry);
  const index = { ...createIndexReader(head, fetchObject), fetchObject, urls };
  const artifacts = await mirrorArtifacts(ports, index, { locked, dryRun });
  ports.signal.throwIfAborted();

  const total = { files: 0, bytes: 0 };
  if (!unchanged) {
    const files = counted(publication(mirror.target, seen, head, fetchObject, distinct(roots)), total);
    if (dryRun) for await (const _ of files);
    else await mirror.target.publish(files, seen.value.issued);
  }
  if (!dryRun) await mirror.tidy();
  const { epoch, version } = seen;
  const { plugins, releases } = head;
  return {
    registry: head.registry,
    checkpoint: { epoch, version },
    plugins,
    releases,
    ...total,
    unchanged,
    artifacts,
  };
}

/**
 * What is believed before the source is asked for anything but its roots: what the directory holds, or the first
 * root of the registry once something says that it is the right one.
 */
async function beginTrust(
  ports: MirrorPorts,
  source: IndexSource,
  options: MirrorOptions,
): Promise<TrustState> {
  const held = await heldTrust(ports.mirror.tree);
  const chain: RegistryTrust[] = [await readFirstRoot(source)];
  const [first] = chain;
  if (first === undefined) throw new SheafError('SHEAF_INTERNAL', 'A chain of roots is empty.');
  if (held !== undefined && held.rootId !== first.rootId) {
    throw new SheafError(
      'SHEAF_ROOT',
      `${ports.mirror.tree.url} mirrors registry ${held.registry}, and ${source.url} begins with another root.`,
      {
        hint: 'Mirror it into a directory of its own.',
        details: { expected: held.rootId, actual: first.rootId },
      },
    );
  }
  const trust = await followRoots(source, first, async (next) => void chain.push(next));
  if (options.root !== undefined) requirePin(chain, options.root, source);
  const isKnown =
    options.root !== undefined ||
    held !== undefined ||
    (await configuredRegistries(ports)).some(({ root }) => root === first.rootId);
  if (!isKnown && !options.yes) await confirmRoot(ports, trust, source);
  return held ?? newTrustState(first);
}

/** The state of a mirror: its own files, which were verified before they were written. */
export async function heldTrust(tree: IndexSource): Promise<TrustState | undefined> {
  if ((await tree.readFile('root/1.signers', LIMITS.signersBytes)) === undefined) return undefined;
  const trust = await followRoots(tree, await readFirstRoot(tree), () => Promise.resolve());
  const published = await readPublishedCheckpoint(tree);
  if (published === undefined) return newTrustState(trust);
  const { path, bytes, checkpoint: value } = published;
  const signature = await tree.readFile(`${path}.sig`, LIMITS.signatureBytes);
  if (signature === undefined) return newTrustState(trust);
  const { epoch, version } = value;
  const checkpoint = { epoch, version, sha256: sha256(bytes), bytes, signature, value };
  return newTrustState({ ...trust, checkpoint });
}

/** The chain is read more than once. */
function distinct(files: readonly PublishedFile[]): readonly PublishedFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

/** From the mirror and what is laid aside for it, then from the sources. A dry run lays nothing aside. */
function fetcher(ports: MirrorPorts, sources: readonly IndexSource[], dryRun: boolean): FetchObject {
  const { objects } = ports.mirror;
  const store = dryRun ? { ...objects, write: () => Promise.resolve() } : objects;
  const fetchObject = createObjectFetcher({ store, health: ports.health }, sources, (object) => {
    const [source] = sources;
    return new SheafError(
      'SHEAF_NETWORK',
      `${source?.url} does not have ${object.path}, which its index names.`,
    );
  });
  return dryRun ? sharedFetch(fetchObject) : fetchObject;
}
