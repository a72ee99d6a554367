import { entryOf } from '../../core/archives/artifact-entry.ts';
import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { fileDifferences, readFileDigests } from '../../core/formats/file-digests.ts';
import {
  entriesOf,
  isLocalOrigin,
  type LockedEntry,
  localArtifact,
} from '../../core/formats/lock-entries.ts';
import { type Lockfile, lockfileOf, readLockfile } from '../../core/formats/lockfile.ts';
import {
  type Artifact,
  type Manifest,
  readManifest,
  readReleaseManifest,
} from '../../core/formats/manifest.ts';
import { LIMITS } from '../../core/limits.ts';
import type { ClientPorts, HeldSet, LocalPlugins, NamedFiles } from '../../core/ports.ts';
import type { FoundPlugin, PluginCode } from '../../core/runtime/found-plugin.ts';
import { quote } from '../../core/text.ts';
import { artifactFor } from './fetch-artifacts.ts';
import { loadedFile } from './local-releases.ts';
import { configOf } from './plugin-config.ts';

/** What loading from an installed set needs. */
export type FindPorts = Pick<ClientPorts, 'project' | 'schemas' | 'reporter' | 'platform'>;

/** A plugin of a set, with what is checked before it runs. */
interface Installed {
  readonly entry: LockedEntry;
  readonly set: HeldSet;
  readonly lock: Lockfile;
}

/**
 * The plugins of an installed set, by name, ready to be loaded. Their signatures were checked when they were
 * installed; what lies there now is checked against that: the manifest by the digest in the lock of the set, the
 * files by the digests that were recorded when they were unpacked, a bare module also by the digest that its owner
 * signed.
 *
 * @throws SheafError `SHEAF_LOCK_INVALID`.
 */
export async function findInstalled(ports: FindPorts, set: HeldSet): Promise<readonly FoundPlugin[]> {
  const lock = lockOf(set);
  return Promise.all(entriesOf(lock).map((entry) => found(ports, { entry, set, lock })));
}

/** The lock of a set. @throws SheafError `SHEAF_LOCK_INVALID`. */
export function lockOf(set: HeldSet): Lockfile {
  return lockfileOf(readLockfile(set.lock, 'sheaf.lock'));
}

async function found(ports: FindPorts, installed: Installed): Promise<FoundPlugin> {
  const { entry, set } = installed;
  const { name, version, tier, registry, verified, capabilities, manifest: digest } = entry;
  let manifest: Manifest | undefined;
  let fault: unknown;
  try {
    manifest = await manifestOf(installed);
  } catch (error) {
    fault = error;
  }
  return {
    name,
    version,
    tier,
    registry,
    verified,
    pinned: capabilities,
    digest,
    manifest,
    async code() {
      if (manifest === undefined) throw fault;
      await requireUnchanged(installed);
      return codeOf(ports, installed, manifest);
    },
    config: () =>
      manifest === undefined
        ? Promise.resolve({})
        : configOf(ports, manifest, (...file) => set.read(...file)),
  };
}

async function manifestOf({ entry, set }: Installed): Promise<Manifest> {
  const { name, version, manifest: digest, registry } = entry;
  const bytes = await set.readManifest(name);
  if (bytes === undefined) throw modified(`The manifest of ${name} is missing.`);
  if (isLocalOrigin(registry)) return valueOf(readManifest(bytes, 'sheaf.plugin.toml'));
  if (sha256(bytes) !== digest) throw modified(`The manifest of ${name} is not the one that was installed.`);
  return valueOf(readReleaseManifest(bytes, `${version}.toml`));
}

async function requireUnchanged({ entry: { name }, set }: Installed): Promise<void> {
  const recorded = await set.readDigests(name);
  if (recorded === undefined) throw modified(`The digests of the files of ${name} are missing.`);
  const [first, ...others] = fileDifferences(readFileDigests(recorded, name), await set.digests(name));
  if (first === undefined) return;
  throw modified(`${name} is not as it was installed: ${first}`, [first, ...others]);
}

async function codeOf(ports: FindPorts, installed: Installed, manifest: Manifest): Promise<PluginCode> {
  const { entry, set, lock } = installed;
  const { name } = manifest;
  const local = lock.local?.find((one) => one.name === name);
  const artifact =
    local === undefined
      ? artifactFor({ ...manifest, registry: entry.registry }, ports.platform)
      : localArtifact(local);
  const file = entryOf(artifact, name, manifest.build);
  if (file === undefined) throw nothingToLoad(name);
  if (entry.tier === 'native') return { kind: 'native', directory: set.pluginDirectory(name), entry: file };
  const code = await set.read(name, file, LIMITS.moduleBytes);
  if (code === undefined) throw nothingToLoad(name);
  requireSigned(artifact, code, name);
  return { kind: kindOf(file), code };
}

/** A file that is the artifact itself has the digest that the owner signed. */
function requireSigned({ kind, sha256: signed }: Artifact, code: Uint8Array, name: string): void {
  if (kind === 'archive' || kind === 'source' || sha256(code) === signed) return;
  throw new SheafError('SHEAF_DIGEST', `The module of ${name} does not match its digest.`, { hint: AGAIN });
}

/**
 * The plugin in a folder that somebody works on. Nobody signed it, and nobody was asked what it may do.
 *
 * @throws SheafError as `LocalPlugins.read`; `SHEAF_INVALID_FILE`.
 */
export async function findInFolder(
  ports: FindPorts & { readonly local: LocalPlugins; readonly files: Pick<NamedFiles, 'readIfExists'> },
  directory: string,
): Promise<FoundPlugin> {
  const content = await ports.local.read(directory);
  const manifest = valueOf(readManifest(content.manifest, `${directory}/sheaf.plugin.toml`));
  const { name, version, security } = manifest;
  const readFile = (_: unknown, path: string, maxBytes: number): Promise<Uint8Array | undefined> =>
    ports.files.readIfExists(`${directory}/${path}`, maxBytes);
  return {
    name,
    version,
    tier: security.tier,
    registry: `path:${directory}`,
    verified: false,
    pinned: undefined,
    digest: sha256(content.bytes),
    manifest,
    async code() {
      const file = loadedFile(manifest, content);
      if (file === undefined) throw nothingToLoad(name);
      if (security.tier === 'native') return { kind: 'native', directory, entry: file };
      const code = await readFile(name, file, LIMITS.moduleBytes);
      if (code === undefined) throw nothingToLoad(name);
      return { kind: kindOf(file), code };
    },
    config: () => configOf(ports, manifest, readFile),
  };
}

function kindOf(file: string): 'wasm' | 'javascript' {
  return /\.m?js$/.test(file) ? 'javascript' : 'wasm';
}

const AGAIN = 'Run `sheaf verify` to see more, and `sheaf install --force` to install it again.';

function modified(sentence: string, differences: readonly string[] = []): SheafError {
  return new SheafError('SHEAF_MODIFIED', sentence, {
    hint: AGAIN,
    ...(differences.length === 0 ? {} : { details: { differences } }),
  });
}

function nothingToLoad(name: string): SheafError {
  return new SheafError('SHEAF_ABI', `${quote(name)} has no file that a host can load.`, {
    hint: 'It may only have commands for the shell; look at `sheaf info`. Its author names the file as entry.',
  });
}
