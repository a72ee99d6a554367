import type { Finding, Severity } from '../../core/finding.ts';
import { valueOf } from '../../core/finding.ts';
import { type PluginFile, readPluginFile, writePluginFile } from '../../core/formats/plugin-file.ts';
import { writeStatusEvent } from '../../core/formats/status-event.ts';
import type { ConvertedRelease } from '../../core/import/conversion.ts';
import { IMPORT_OWNER } from '../../core/import/import-owner.ts';
import { releaseDirectory, sourcePath } from '../../core/index/source-layout.ts';
import { formatInstant, type Instant } from '../../core/instant.ts';
import { foldName, type PluginName } from '../../core/plugin-name.ts';
import type { SshPrivateKey } from '../../core/signatures/ssh-key.ts';
import { sign } from '../../core/signatures/sshsig.ts';
import { quote } from '../../core/text.ts';
import type { ImportTarget, SourceWrite } from './import-target.ts';

/** A converted release on its way into a registry. */
export interface IncomingRelease {
  readonly release: ConvertedRelease;
  /** Versions that the list warns of, with the reason. */
  readonly deprecatedVersions: PluginFile['deprecatedVersions'];
  /** The manifest it was made of, for findings. */
  readonly file: string;
  readonly key: SshPrivateKey;
  readonly now: Instant;
}

/** What an import does about one release. */
export interface ReleasePlacement {
  readonly outcome: 'added' | 'kept' | 'left-out';
  readonly writes: readonly SourceWrite[];
  /** The tier event that the maintainers have to sign, when one is needed and there is none yet. */
  readonly grant?: string;
  readonly findings: readonly Finding[];
}

/**
 * Decides what to write for a release. A release that is there is never changed; what an interrupted import left
 * out is added. `plugin.toml` gets a new revision only when the artifacts moved to another repository, or when the
 * list warns of further versions.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` when the registry's own plugin.toml is broken.
 */
export async function placeRelease(
  target: ImportTarget,
  incoming: IncomingRelease,
): Promise<ReleasePlacement> {
  const { release, key } = incoming;
  const { name, version } = release.manifest;
  const before = await pluginBefore(target, name);
  const refusal = before === undefined ? nameRefusal(target, name) : ownerRefusal(before.file);
  if (refusal !== undefined) {
    return { outcome: 'left-out', writes: [], findings: [finding(incoming, 'error', ...refusal)] };
  }
  target.taken.set(foldName(name), name);
  const directory = before?.directory ?? releaseDirectory(target.category, name);
  const path = `${directory}/${version}.toml`;
  const there = await target.tree.read(path);
  const findings: Finding[] = [];
  if (there !== undefined && Buffer.compare(there, release.bytes) !== 0) {
    const message = `The list says something else of ${version} than when it was imported; the release stays as it is.`;
    findings.push(finding(incoming, 'warning', 'release-differs', message));
  }
  const writes = [
    ...pluginWrites(target, incoming, directory, before, there === undefined),
    ...(findings.length > 0 ? [] : signedPair(path, release.bytes, key, { present: there !== undefined })),
  ];
  const grant = grantWrite(target, incoming);
  return {
    outcome: there === undefined ? 'added' : 'kept',
    writes: grant === undefined ? writes : [...writes, grant],
    ...(grant === undefined ? {} : { grant: grant.path }),
    findings,
  };
}

interface PluginBefore {
  readonly directory: string;
  readonly file: PluginFile;
  readonly bytes: Uint8Array;
}

async function pluginBefore(target: ImportTarget, name: PluginName): Promise<PluginBefore | undefined> {
  const entry = target.inventory.plugins.get(name)?.find(({ file }) => file.kind === 'plugin');
  const bytes = entry === undefined ? undefined : await target.tree.read(entry.path);
  if (entry === undefined || bytes === undefined) return undefined;
  const file = valueOf(readPluginFile(bytes, entry.path, { expected: { name, registry: target.registry } }));
  return { directory: entry.path.slice(0, entry.path.lastIndexOf('/')), file, bytes };
}

/** Rule and message of a finding. */
type Refusal = readonly [rule: string, message: string];

function nameRefusal(target: ImportTarget, name: PluginName): Refusal | undefined {
  const reason = target.refused.get(name);
  if (reason !== undefined) return ['refused-name', `The name ${name} ${reason}.`];
  const other = target.taken.get(foldName(name));
  if (other === undefined || other === name) return undefined;
  return [
    'similar-name',
    `The names ${name} and ${other} differ only in hyphens, which a registry does not allow.`,
  ];
}

function ownerRefusal({ name, owner }: PluginFile): Refusal | undefined {
  if (owner === IMPORT_OWNER) return undefined;
  return ['other-owner', `${name} belongs to the owner ${quote(owner)} of the registry, who releases it.`];
}

function pluginWrites(
  target: ImportTarget,
  { release, deprecatedVersions, key }: IncomingRelease,
  directory: string,
  before: PluginBefore | undefined,
  isNewRelease: boolean,
): readonly SourceWrite[] {
  const path = `${directory}/plugin.toml`;
  const first: PluginFile = {
    registry: target.registry,
    name: release.manifest.name,
    revision: 1,
    owner: IMPORT_OWNER,
    keywords: [],
    repositories: release.repositories,
    yanked: {},
    deprecatedVersions,
  };
  if (before === undefined) return signedPair(path, writePluginFile(first), key, { present: false });
  const { file } = before;
  const missing = isNewRelease
    ? release.repositories.filter((prefix) => !file.repositories.includes(prefix))
    : [];
  const warned = { ...deprecatedVersions, ...file.deprecatedVersions };
  if (missing.length === 0 && Object.keys(warned).length === Object.keys(file.deprecatedVersions).length) {
    // Only what an import wrote is signed again: a plugin.toml that somebody else edited is theirs to sign.
    const isOurs = Buffer.compare(before.bytes, writePluginFile(first)) === 0;
    return isOurs ? signedPair(path, before.bytes, key, { present: true }) : [];
  }
  const repositories = [...file.repositories, ...missing];
  const bytes = writePluginFile({
    ...file,
    revision: file.revision + 1,
    repositories,
    deprecatedVersions: warned,
  });
  // The signature first: should the import be interrupted between the two, the next one writes both again.
  return [
    { path: `${path}.sig`, bytes: sign(key, 'release@sheaf', bytes), replace: true },
    { path, bytes, replace: true },
  ];
}

/** A file and its signature. Of a file that is there only the signature is written, and only if it is missing. */
function signedPair(
  path: string,
  bytes: Uint8Array,
  key: SshPrivateKey,
  { present }: { readonly present: boolean },
): readonly SourceWrite[] {
  const signature = { path: `${path}.sig`, bytes: sign(key, 'release@sheaf', bytes) };
  return present ? [signature] : [{ path, bytes }, signature];
}

/** An event without signatures gives nothing: it is what the maintainers sign if they agree. */
function grantWrite(target: ImportTarget, { release, file, now }: IncomingRelease): SourceWrite | undefined {
  const { name: plugin, security } = release.manifest;
  const isDecided = target.inventory.plugins
    .get(plugin)
    ?.some(({ file }) => file.kind === 'status' && /-(grant|revoke)-tier(-\d+)?$/.test(file.event));
  if (isDecided === true || security.tier === 'wasm') return undefined;
  const day = formatInstant(now).slice(0, 10);
  return {
    path: sourcePath({ kind: 'status', plugin, event: `${day}-grant-tier` }),
    bytes: writeStatusEvent({
      registry: target.registry,
      plugin,
      kind: 'grant-tier',
      tier: security.tier,
      date: now,
      reason: `Native program, imported from ${file}.`,
    }),
  };
}

function finding({ file }: IncomingRelease, severity: Severity, rule: string, message: string): Finding {
  return { rule, severity, place: { file }, message };
}
