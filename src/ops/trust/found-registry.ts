import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Clock, NamedFiles } from '../../core/ports.ts';
import type { NewRepository, SshKeygen } from '../../core/publishing-ports.ts';
import { createKey } from './key-create.ts';
import {
  type InitializedRegistry,
  initRegistry,
  type RegistryInitOptions,
  ROOT_PATH,
  shellWord,
} from './registry-init.ts';
import { sign } from './sign.ts';

/** A registry that is to be ready for use at once. */
export interface FoundingOptions extends RegistryInitOptions {
  /** Directory of the keys `maintainer` and `ci`, which are made where they are not there yet. */
  readonly keys?: string;
  /** Address of an empty Git repository that the registry is pushed to. */
  readonly remote?: string;
}

/** What was founded. */
export interface FoundedRegistry extends InitializedRegistry {
  /** Whether the root has all signatures that it needs. */
  readonly signed: boolean;
  /** The first commit, where there is a remote. */
  readonly commit?: string;
}

const [MAINTAINER, CI] = ['maintainer', 'ci'];

/**
 * Makes the repository of a registry as {@link initRegistry} does; with `keys` also its first keys and the signature of
 * the root, with `remote` also the first commit on the branch `main` there. One person who holds all keys is enough to
 * begin with: the next root can ask for more.
 *
 * @throws SheafError as {@link initRegistry}, `createKey` and `NewRepository.begin`; `SHEAF_USAGE` for keys of two
 *   kinds, and for a remote without keys.
 */
export async function foundRegistry(
  ports: {
    readonly clock: Clock;
    readonly files: NamedFiles;
    readonly sshKeygen: SshKeygen;
    readonly repository: NewRepository;
  },
  options: FoundingOptions,
): Promise<FoundedRegistry> {
  const { directory, keys, remote } = options;
  refuseContradiction(options);
  if (remote !== undefined) await ports.repository.requireEmpty(directory, remote);
  if (keys === undefined) return { ...(await initRegistry(ports, options)), signed: false };
  const [maintainer, ci] = [await keyAt(ports, keys, MAINTAINER), await keyAt(ports, keys, CI)];
  const made = await initRegistry(ports, {
    ...options,
    rootKeys: [`${maintainer}.pub`],
    ciKey: `${ci}.pub`,
  });
  const root = `${directory}/${ROOT_PATH}`;
  const [signature] = await sign(ports, { files: [root], key: maintainer, as: MAINTAINER });
  const written = signature === undefined ? [] : [signature.signature.slice(directory.length + 1)];
  const created = [...made.created, ...written];
  // What signs the root is done; the rest of what initRegistry advises is left.
  const next = remote === undefined ? made.next.slice(1) : publishCommand(options, remote, ci);
  const founded = { ...made, created, next, signed: true };
  if (remote === undefined) return founded;
  const about = { message: `Found the registry ${options.id}`, date: ports.clock.now(), remote };
  return { ...founded, commit: await ports.repository.begin(directory, created, about) };
}

function refuseContradiction({ keys, remote, rootKeys, ciKey }: FoundingOptions): void {
  if (keys !== undefined && (rootKeys.length > 0 || ciKey !== undefined)) {
    throw new SheafError('SHEAF_USAGE', 'Keys are either made with --keys or given.', {
      hint: 'Leave out --keys, or --root-key and --ci-key.',
    });
  }
  if (remote === undefined || keys !== undefined) return;
  throw new SheafError('SHEAF_USAGE', '--remote needs --keys: nothing unsigned is pushed.', {
    hint: 'With keys of your own, sign the root first, then commit and push.',
  });
}

async function keyAt(
  ports: { readonly files: NamedFiles; readonly sshKeygen: SshKeygen },
  keys: string,
  name: string,
): Promise<string> {
  const path = `${keys}/${name}`;
  if ((await ports.files.readIfExists(`${path}.pub`, LIMITS.signatureBytes)) !== undefined) return path;
  // Wherever the directory lies, no commit takes a private key along.
  await ports.files.create(`${keys}/.gitignore`, new TextEncoder().encode('*\n'));
  return (await createKey(ports, { path, comment: name, passphrase: false })).privateKey;
}

function publishCommand(
  { directory, workflows }: FoundingOptions,
  remote: string,
  ci: string,
): readonly string[] {
  if (workflows !== undefined) return [];
  return [
    `sheaf registry publish ${shellWord(directory)} --key ${shellWord(ci)} --to ${shellWord(`${remote}#index`)}`,
  ];
}
