import type { Sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { givesPower, readStatusEvent } from '../../core/formats/status-event.ts';
import { parseSourcePath, SOURCE_DIRECTORIES, sourcePath } from '../../core/index/source-layout.ts';
import { formatInstant } from '../../core/instant.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { SignersFile } from '../../core/signatures/signers.ts';
import {
  completeOwnerFiles,
  completeRoots,
  demandOf,
  type KeyFile,
  keyChanges,
  rootDemands,
} from '../../core/trust/key-ceremony.ts';
import { configuredRegistries, knownTrust, namedRegistries } from '../registries/configured-registries.ts';
import { type Ceremony, ceremonyOf, firstChanges } from './ceremony.ts';
import { type CheckoutPorts, readKeyFiles, registryIdOf } from './checkout.ts';
import { type KeyFileSummary, summaryOf } from './owner-show.ts';

/** A root in the words in which people compare it. */
export interface ShownRoot extends KeyFileSummary {
  readonly epoch: number;
  readonly expires: string;
  /** Principals whose signatures over it count. */
  readonly signedBy: readonly string[];
}

/** The trust root of a registry. */
export interface ShownTrust {
  readonly registry: string;
  /** Digest of root 1, what the registry is known by; absent while there is no root. */
  readonly rootId?: Sha256;
  /** The roots that count, oldest first; of a configured registry the newest one only. */
  readonly roots: readonly ShownRoot[];
  /** The next one, while it waits for signatures. */
  readonly pending?: PendingRoot;
}

/** A root that waits for signatures. */
export interface PendingRoot extends Ceremony {
  /** Signed files that count under the root of today, and would need further signatures under this one. */
  readonly lapses: readonly string[];
}

/**
 * Tells which roots the registry of a checkout has, and where the ceremony of the next one stands.
 *
 * @throws SheafError `SHEAF_PATH` when it is no registry, `SHEAF_INVALID_FILE`.
 */
export async function trustShow(ports: Pick<CheckoutPorts, 'tree'>): Promise<ShownTrust> {
  const registry = await registryIdOf(ports);
  const chain = await readKeyFiles(ports);
  const count = completeRoots(chain);
  const roots = chain.slice(0, count).map((root, index) => shownRoot(root, chain[index - 1]));
  const next = chain[count];
  return {
    registry,
    ...(roots[0] === undefined ? {} : { rootId: roots[0].sha256 }),
    roots,
    ...(next === undefined
      ? {}
      : { pending: await pendingRoot(ports, registry, chain.slice(0, count), next) }),
  };
}

/**
 * Tells the root that this machine trusts for a configured registry.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY`; `SHEAF_EXPIRED` when nothing of it is known yet.
 */
export async function trustedRoot(ports: Pick<ClientPorts, 'user'>, alias: string): Promise<ShownTrust> {
  for (const registry of namedRegistries(await configuredRegistries(ports), [alias])) {
    const state = await knownTrust(ports, registry);
    if (state === undefined) break;
    const { bytes, file } = state.root;
    const root = shownRoot({ bytes, file, signatures: new Map() }, undefined);
    return { registry: state.registry, rootId: state.rootId, roots: [root] };
  }
  throw new SheafError('SHEAF_EXPIRED', `Nothing is known yet of registry ${alias}.`, {
    hint: `Run: sheaf sync ${alias}.`,
  });
}

/** Where the next root stands. */
export async function pendingRoot(
  ports: Pick<CheckoutPorts, 'tree'>,
  registry: string,
  complete: readonly KeyFile[],
  next: KeyFile,
): Promise<PendingRoot> {
  const before = complete.at(-1)?.file;
  const ceremony = ceremonyOf({
    ...next,
    registry,
    path: sourcePath({ kind: 'root', version: next.file.version }),
    changes: before === undefined ? firstChanges(next.file) : keyChanges(before, next.file),
    demands: rootDemands(before, next.file, next),
    needs: 'all',
  });
  const lapses = before === undefined ? [] : await lapsesUnder(ports, complete, next.file);
  return { ...ceremony, lapses };
}

/**
 * Files that count by signatures of the maintainers and would not by those of `next`: the newest root alone judges
 * grants and recovered keys, so whoever leaves takes their signature along.
 */
async function lapsesUnder(
  ports: Pick<CheckoutPorts, 'tree'>,
  complete: readonly KeyFile[],
  next: SignersFile,
): Promise<readonly string[]> {
  const today = complete.map(({ file }) => file).slice(-1);
  const lapses: string[] = [];
  const paths = await ports.tree.list(SOURCE_DIRECTORIES.status);
  for (const path of paths) {
    const source = parseSourcePath(path);
    const bytes = await ports.tree.read(path);
    if (source?.kind !== 'status' || bytes === undefined) continue;
    if (!givesPower(valueOf(readStatusEvent(bytes, path)))) continue;
    const signatures = await signaturesBeside(ports, path, paths);
    const isMet = (root: SignersFile): boolean => demandOf(root, 'status@sheaf', { bytes, signatures }).met;
    if (today.every(isMet) && !isMet(next)) lapses.push(path);
  }
  const owners = new Set(
    (await ports.tree.list(SOURCE_DIRECTORIES.owners)).flatMap((path) => {
      const source = parseSourcePath(path);
      return source?.kind === 'owner-signers' ? [source.owner] : [];
    }),
  );
  for (const owner of owners) {
    const chain = await readKeyFiles(ports, owner);
    const [from, to] = [completeOwnerFiles(chain, [next]), completeOwnerFiles(chain, today)];
    for (const { file } of chain.slice(from, to)) {
      lapses.push(sourcePath({ kind: 'owner-signers', owner, version: file.version }));
    }
  }
  return lapses;
}

async function signaturesBeside(
  { tree }: Pick<CheckoutPorts, 'tree'>,
  path: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const signatures = new Map<string, Uint8Array>();
  for (const other of paths) {
    if (!other.startsWith(`${path}.`) || !other.endsWith('.sig')) continue;
    const bytes = await tree.read(other);
    if (bytes !== undefined) signatures.set(other.slice(path.length + 1, -'.sig'.length), bytes);
  }
  return signatures;
}

function shownRoot(root: KeyFile, before: KeyFile | undefined): ShownRoot {
  const { epoch, expires } = root.file;
  const demands = rootDemands(before?.file, root.file, root);
  return {
    ...summaryOf(root),
    epoch,
    expires: expires === undefined ? '' : formatInstant(expires),
    signedBy: [...new Set(demands.flatMap(({ signed }) => signed))],
  };
}
