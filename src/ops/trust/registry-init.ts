import { type Sha256, sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { readRegistryFile } from '../../core/formats/registry-file.ts';
import { registryTemplate } from '../../core/formats/registry-template.ts';
import { FORGE_SETUP } from '../../core/formats/workflow-files.ts';
import { DAY } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Clock, NamedFiles } from '../../core/ports.ts';
import { refuseDemoKeys } from '../../core/signatures/demo-keys.ts';
import { type Signer, type SignersFile, writeSigners } from '../../core/signatures/signers.ts';
import { fingerprint, sameKey } from '../../core/signatures/ssh-key.ts';
import { quote } from '../../core/text.ts';
import { principalOf, readPublicKey } from './public-key-file.ts';
import type { RegistryWorkflows } from './read-workflows.ts';

/** What `sheaf registry init` was asked for. */
export interface RegistryInitOptions {
  readonly directory: string;
  readonly id: string;
  /** Public key files of the maintainers. Empty: the trust root is left for later. */
  readonly rootKeys: readonly string[];
  /** Public key file that signs checkpoints. */
  readonly ciKey?: string;
  /** Maintainers who must sign together; a majority when absent. */
  readonly threshold?: number;
  /** The workflows that it gets; none when absent. */
  readonly workflows?: RegistryWorkflows;
}

/** What it made, and what is left to do. */
export interface InitializedRegistry {
  readonly id: string;
  /** Paths below the directory. */
  readonly created: readonly string[];
  /** Paths that were there already and stayed as they were. */
  readonly kept: readonly string[];
  /** Who signs, when a trust root was given. */
  readonly root?: {
    readonly path: string;
    /** What users compare when they add the registry. */
    readonly sha256: Sha256;
    readonly threshold: number;
    readonly signers: readonly { readonly principal: string; readonly fingerprint: string }[];
  };
  /** Command lines to run next, in order. */
  readonly next: readonly string[];
  /** What a person sets on the forge, one sentence each; empty without workflows. */
  readonly setup: readonly string[];
}

/** Where the first root of a registry lies. */
export const ROOT_PATH = 'registry/trust/root/1.signers';
const REGISTRY_PATH = 'registry/registry.toml';
const ROOT_LIFE = 365 * DAY;
const MAINTAINER = ['root@sheaf', 'status@sheaf', 'recovery@sheaf'] as const;

/**
 * Makes the repository of a registry: what is missing is created, what is there stays as it is. The trust root
 * is written unsigned, because its signatures belong to its maintainers' own machines.
 *
 * @throws SheafError `SHEAF_USAGE` for an id that cannot be one and keys that cannot stand together,
 *   `SHEAF_EXISTS` when the directory holds another registry or another root, `SHEAF_PATH`,
 *   `SHEAF_INVALID_FILE` for a key that sheaf does not accept.
 */
export async function initRegistry(
  ports: { readonly clock: Clock; readonly files: NamedFiles },
  options: RegistryInitOptions,
): Promise<InitializedRegistry> {
  requireId(options.id);
  const at = (path: string): string => `${options.directory}/${path}`;
  await refuseOtherRegistry(ports.files, at(REGISTRY_PATH), options.id);
  const signers = await readSignerKeys(ports.files, options);
  const threshold = thresholdOf(signers, options.threshold);
  const { workflows } = options;
  const files = new Map([...registryTemplate(options.id, workflows?.system), ...(workflows?.files ?? [])]);
  const root =
    signers.length === 0 ? undefined : firstRoot(options.id, signers, threshold, ports.clock.now());
  if (root !== undefined) {
    if ((await ports.files.readIfExists(at(ROOT_PATH), LIMITS.signersBytes)) !== undefined) {
      throw new SheafError('SHEAF_EXISTS', `${quote(at(ROOT_PATH))} is already there.`, {
        hint: 'A root is never rewritten: the next one is 2.signers, signed by the threshold of the first.',
      });
    }
    files.set(ROOT_PATH, root);
  }
  const created: string[] = [];
  const kept: string[] = [];
  for (const [path, bytes] of files)
    ((await ports.files.create(at(path), bytes)) ? created : kept).push(path);
  return {
    id: options.id,
    created,
    kept,
    ...(root === undefined ? {} : { root: rootSummary(root, signers, threshold) }),
    next: signers.length === 0 ? keyCommands(options) : signCommands(options, at(ROOT_PATH)),
    setup: workflows === undefined ? [] : FORGE_SETUP[workflows.system],
  };
}

function requireId(id: string): void {
  if (id.length <= 64 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)) return;
  throw new SheafError('SHEAF_USAGE', `${quote(id)} cannot be the id of a registry.`, {
    hint: 'Give --id with lower-case letters, digits and single hyphens, at most 64.',
  });
}

async function refuseOtherRegistry(files: NamedFiles, path: string, id: string): Promise<void> {
  const bytes = await files.readIfExists(path, LIMITS.textFileBytes);
  if (bytes === undefined) return;
  const there = valueOf(readRegistryFile(bytes, path));
  if (there.id === id) return;
  throw new SheafError(
    'SHEAF_EXISTS',
    `${quote(path)} is of the registry ${quote(there.id)}, not ${quote(id)}.`,
    {
      hint: `Choose another directory, or give --id ${there.id} to complete what is there.`,
    },
  );
}

async function readSignerKeys(files: NamedFiles, options: RegistryInitOptions): Promise<readonly Signer[]> {
  const { rootKeys, ciKey } = options;
  if (rootKeys.length === 0 && ciKey === undefined) return [];
  if (rootKeys.length === 0 || ciKey === undefined) {
    const missing = ciKey === undefined ? '--ci-key' : '--root-key';
    throw new SheafError(
      'SHEAF_USAGE',
      `A trust root needs --root-key and --ci-key, and ${missing} is missing.`,
      {
        hint: 'Make one key for each maintainer and one for checkpoints: sheaf key create FILE.',
      },
    );
  }
  const signers: Signer[] = [];
  for (const path of rootKeys) {
    signers.push({
      principal: principalOf(path),
      namespaces: MAINTAINER,
      key: await readPublicKey(files, path),
    });
  }
  signers.push({ principal: 'ci', namespaces: ['checkpoint@sheaf'], key: await readPublicKey(files, ciKey) });
  requireDistinct(signers);
  return signers;
}

/** One key is one person: a key listed twice would count twice against the threshold, or hold two roles. */
function requireDistinct(signers: readonly Signer[]): void {
  for (const [index, signer] of signers.entries()) {
    for (const other of signers.slice(0, index)) {
      if (sameKey(signer.key, other.key)) {
        throw new SheafError('SHEAF_USAGE', `${other.principal} and ${signer.principal} have the same key.`, {
          hint: 'A key holds one role: make a key of its own for each.',
        });
      }
      if (signer.principal === other.principal) {
        throw new SheafError('SHEAF_USAGE', `Two keys would sign as ${signer.principal}.`, {
          hint: 'The file name of a key is the name of its signer: rename one of the files.',
        });
      }
    }
  }
}

function thresholdOf(signers: readonly Signer[], wanted: number | undefined): number {
  const maintainers = Math.max(0, signers.length - 1);
  const threshold = wanted ?? Math.floor(maintainers / 2) + 1;
  if (signers.length === 0 ? wanted === undefined : threshold <= maintainers) return threshold;
  throw new SheafError(
    'SHEAF_USAGE',
    `A threshold of ${threshold} needs as many keys, and ${maintainers} are given.`,
    {
      hint: 'Give more --root-key options or a lower --threshold.',
    },
  );
}

function firstRoot(registry: string, signers: readonly Signer[], threshold: number, now: number): Uint8Array {
  const root: SignersFile = {
    kind: 'root',
    registry,
    version: 1,
    epoch: 1,
    threshold,
    expires: now + ROOT_LIFE,
    signers,
  };
  refuseDemoKeys(root);
  return writeSigners(root);
}

function rootSummary(
  root: Uint8Array,
  signers: readonly Signer[],
  threshold: number,
): NonNullable<InitializedRegistry['root']> {
  return {
    path: ROOT_PATH,
    sha256: sha256(root),
    threshold,
    signers: signers.map(({ principal, key }) => ({ principal, fingerprint: fingerprint(key) })),
  };
}

function keyCommands({ directory, id, workflows }: RegistryInitOptions): readonly string[] {
  const ci = workflows === undefined ? '' : ` --ci ${workflows.system}`;
  return [
    'sheaf key create YOUR-NAME --passphrase',
    'sheaf key create ci',
    `sheaf registry init ${shellWord(directory)} --id ${id}${ci} --root-key YOUR-NAME.pub --ci-key ci.pub`,
  ];
}

function signCommands(
  { directory, rootKeys, ciKey = '', workflows }: RegistryInitOptions,
  root: string,
): readonly string[] {
  const privateHalf = (path: string): string => shellWord(path.replace(/\.pub$/, ''));
  return [
    ...rootKeys.map(
      (path) => `sheaf sign ${shellWord(root)} --key ${privateHalf(path)} --as ${principalOf(path)}`,
    ),
    // With workflows the key leaves this machine at once, and the index is built and signed there.
    ...(workflows === undefined
      ? [
          `sheaf index build ${shellWord(directory)} --out public`,
          `sheaf index sign public --key ${privateHalf(ciKey)}`,
          'sheaf index publish public --to DIRECTORY-OR-GIT-URL',
        ]
      : []),
  ];
}

/** A path as a POSIX shell reads it back. */
export function shellWord(path: string): string {
  return /^[A-Za-z0-9_./~@%+,:=-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
