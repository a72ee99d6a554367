import type { Sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { addRegistry, type ConfiguredRegistry } from '../../core/formats/config-file.ts';
import { formatInstant } from '../../core/instant.ts';
import type { ClientPorts, IndexSource } from '../../core/ports.ts';
import { fingerprint } from '../../core/signatures/ssh-key.ts';
import { quote } from '../../core/text.ts';
import { type RegistryTrust, requireLiveRoot } from '../../core/trust/trust.ts';
import {
  newTrustState,
  readTrustState,
  type TrustState,
  writeTrustState,
} from '../../core/trust/trust-state.ts';
import { configuredRegistries } from './configured-registries.ts';
import { createObjectFetcher } from './fetch-object.ts';
import { followRoots, readFirstRoot } from './root-chain.ts';
import { updateTrust } from './update-trust.ts';

/** What adding a registry needs. */
export type RegistryAddPorts = Pick<
  ClientPorts,
  'clock' | 'store' | 'health' | 'user' | 'prompt' | 'reporter' | 'openSource'
>;

export interface RegistryAddOptions {
  readonly url: string;
  /** The registry's own id when absent. */
  readonly alias?: string;
  /** Digest of any root file of the chain. */
  readonly root?: Sha256;
  /** Trust on first use without asking. */
  readonly yes: boolean;
  /**
   * Id under which a project proposed it. Then it must have that id, and a person is asked whatever root is named:
   * who wrote the project chose that, too.
   */
  readonly proposedAs?: string;
}

/** The registry as it was added. */
export interface AddedRegistry {
  readonly alias: string;
  readonly id: string;
  readonly url: string;
  /** Digest of `root/1.signers`. */
  readonly rootId: Sha256;
  readonly root: RootSummary;
  readonly checkpoint: { readonly epoch: number; readonly version: number };
  /** Whether the root was pinned, or believed because somebody said yes. */
  readonly pinned: boolean;
}

/** A root in the words in which a person compares it. */
export interface RootSummary {
  readonly version: number;
  readonly sha256: Sha256;
  readonly threshold: number;
  readonly expires?: string;
  readonly signers: readonly { readonly principal: string; readonly fingerprint: string }[];
}

/**
 * Adds a registry to the configuration: verifies its chain of roots, compares it with the pin or asks a person,
 * and reads its newest checkpoint. Nothing is written before all of that went well.
 *
 * @throws SheafError `SHEAF_NOT_A_REGISTRY`, `SHEAF_ROOT` when the pin is not in the chain, `SHEAF_CANCELLED`,
 *   `SHEAF_EXISTS`, and what the update rules refuse.
 */
export async function registryAdd(
  ports: RegistryAddPorts,
  options: RegistryAddOptions,
): Promise<AddedRegistry> {
  const now = ports.clock.now();
  const source = ports.openSource(options.url);
  await source.refresh();
  const chain: RegistryTrust[] = [await readFirstRoot(source)];
  const trust = await followRoots(source, first(chain), async (next) => void chain.push(next));
  requireLiveRoot(trust, now);

  const alias = options.alias ?? trust.registry;
  const pinned = options.root !== undefined;
  if (options.root !== undefined) requirePin(chain, options.root, source);
  requireFree(await configuredRegistries(ports), alias, trust);
  if (options.proposedAs !== undefined) requireProposed(trust, options.proposedAs, source);
  if (options.proposedAs !== undefined || !(pinned || options.yes)) await confirmRoot(ports, trust, source);

  return ports.user.exclusively(async () => {
    // Again, now that no other sheaf can add the same one.
    requireFree(await configuredRegistries(ports), alias, trust);
    const before = await stateBefore(ports, trust);
    let state = before;
    const { state: updated } = await updateTrust(before, {
      source,
      fetchObject: createObjectFetcher(ports, [source], (object) => missing(source, object.path)),
      now,
      persist: async (next) => {
        state = next;
      },
    });
    const registry: ConfiguredRegistry = {
      alias,
      id: trust.registry,
      urls: [source.url],
      root: trust.rootId,
      ...(options.root === undefined || options.root === trust.rootId ? {} : { pin: options.root }),
    };
    await ports.user.writeTrust(trust.rootId, writeTrustState(state));
    const text = new TextDecoder().decode((await ports.user.readConfig()) ?? new Uint8Array());
    await ports.user.writeConfig(new TextEncoder().encode(addRegistry(text, registry)));
    const { epoch = 0, version = 0 } = updated.checkpoint ?? {};
    return {
      alias,
      id: registry.id,
      url: source.url,
      rootId: trust.rootId,
      root: summarizeRoot(updated),
      checkpoint: { epoch, version },
      pinned,
    };
  });
}

/** A root in the words in which a person compares it with what the registry says elsewhere. */
export function summarizeRoot({ root }: RegistryTrust): RootSummary {
  const { expires, threshold, signers } = root.file;
  return {
    version: root.version,
    sha256: root.sha256,
    threshold,
    ...(expires === undefined ? {} : { expires: formatInstant(expires) }),
    signers: signers
      .filter((signer) => signer.namespaces.includes('root@sheaf'))
      .map((signer) => ({ principal: signer.principal, fingerprint: fingerprint(signer.key) })),
  };
}

function first(chain: readonly RegistryTrust[]): RegistryTrust {
  const [trust] = chain;
  if (trust === undefined) throw new SheafError('SHEAF_INTERNAL', 'A chain of roots is empty.');
  return trust;
}

/**
 * Requires that one of these roots is the pinned one.
 *
 * @throws SheafError `SHEAF_ROOT`.
 */
export function requirePin(chain: readonly RegistryTrust[], pin: Sha256, source: IndexSource): void {
  if (chain.some((trust) => trust.root.sha256 === pin)) return;
  throw new SheafError(
    'SHEAF_ROOT',
    `No root of the registry at ${source.url} has the digest that was pinned.`,
    {
      hint: 'Compare the digest with what the registry publishes elsewhere; the address may lead to an impostor.',
      details: { expected: pin, offered: chain.map((trust) => trust.root.sha256) },
    },
  );
}

function requireProposed({ registry }: RegistryTrust, id: string, source: IndexSource): void {
  if (registry === id) return;
  throw new SheafError(
    'SHEAF_ROOT',
    `The project proposes registry ${id}, but the one at ${source.url} is ${registry}.`,
    { hint: 'Correct the address or the id in sheaf.toml.', details: { expected: id, offered: registry } },
  );
}

/** An alias names one registry, and an id too: files name registries by id. */
function requireFree(registries: readonly ConfiguredRegistry[], alias: string, trust: RegistryTrust): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(alias) || alias.length > 64) {
    throw new SheafError('SHEAF_USAGE', `${quote(alias)} cannot be an alias.`, {
      hint: 'An alias has lower-case letters, digits and single hyphens, and starts with a letter.',
    });
  }
  const taken = registries.find(
    (one) => one.alias === alias || one.id === trust.registry || one.root === trust.rootId,
  );
  if (taken === undefined) return;
  const what =
    taken.root === trust.rootId
      ? `Registry ${trust.registry} is already configured as ${taken.alias}.`
      : `Another registry is already configured as ${taken.alias} (${taken.id}).`;
  throw new SheafError('SHEAF_EXISTS', what, {
    hint: `Remove it first: sheaf registry remove ${taken.alias}; or give another --alias.`,
  });
}

/**
 * Trust on first use: shows who signs a registry and asks whether they are the right ones.
 *
 * @throws SheafError `SHEAF_CANCELLED`.
 */
export async function confirmRoot(
  ports: Pick<ClientPorts, 'prompt' | 'reporter'>,
  trust: RegistryTrust,
  source: IndexSource,
): Promise<void> {
  const { version, threshold, signers, sha256 } = summarizeRoot(trust);
  ports.reporter.note(`${source.url} is registry ${trust.registry}, root ${version}, sha256:${sha256}.`);
  ports.reporter.note(`${threshold} of these keys decide who may publish its index:`);
  for (const signer of signers) ports.reporter.note(`  ${signer.principal}  ${signer.fingerprint}`);
  const answer = await ports.prompt.confirm(
    `Trust registry ${trust.registry}? Compare the fingerprints with what it publishes elsewhere.`,
    '--root sha256:HEX or --yes',
  );
  if (answer) return;
  throw new SheafError('SHEAF_CANCELLED', `Registry ${trust.registry} is not trusted.`, {
    hint: 'Pin its root with --root sha256:HEX, or believe what the address shows with --yes.',
  });
}

/** A registry that was here before keeps what was learned of it, its floor above all. */
async function stateBefore(ports: RegistryAddPorts, trust: RegistryTrust): Promise<TrustState> {
  const bytes = await ports.user.readTrust(trust.rootId);
  return bytes === undefined ? newTrustState(trust) : readTrustState(bytes, trust.rootId);
}

function missing(source: IndexSource, path: string): SheafError {
  return new SheafError('SHEAF_NETWORK', `${source.url} does not have ${path}, which its index names.`);
}
