import { applyIgnores, type JudgedFindings } from '../../core/advisories/apply-ignores.ts';
import {
  type AuditFinding,
  compareFindings,
  findingOfLocal,
  findingsOf,
  type LockedFacts,
} from '../../core/advisories/audit-finding.ts';
import { concernsPackages } from '../../core/advisories/package-risk.ts';
import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import {
  type LockedPlugin,
  type LockedRegistry,
  type Lockfile,
  lockfileOf,
  readLockfile,
} from '../../core/formats/lockfile.ts';
import { type Manifest, readReleaseManifest } from '../../core/formats/manifest.ts';
import { readPluginFile } from '../../core/formats/plugin-file.ts';
import type { ReleasesRecord } from '../../core/index/records.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { compareCheckpointIds, formatCheckpointId } from '../../core/trust/trust.ts';
import { configuredRegistries } from '../registries/configured-registries.ts';
import { type OpenPorts, type OpenRegistry, openRegistry } from '../registries/open-registry.ts';
import { ageOf, type KnowledgeAge } from './knowledge-age.ts';
import { type ProjectView, readProject } from './project-view.ts';

/** What an audit needs. */
export type AuditPorts = OpenPorts & Pick<ClientPorts, 'project'>;

export interface AuditOptions {
  /** Another lock file than that of the project. */
  readonly lock?: { readonly bytes: Uint8Array; readonly file: string };
}

/** What an audit found. */
export interface Audited extends JudgedFindings {
  /** Plugins that were looked at. */
  readonly plugins: number;
  /** How old the knowledge of each registry is. */
  readonly registries: readonly KnowledgeAge[];
  /** Milliseconds since the oldest of the checkpoints was issued; undefined where no registry is involved. */
  readonly checkpointAge?: number;
}

/**
 * Compares what is locked with all that registries have said against it: advisories, quarantines, revoked keys,
 * withdrawn and deprecated versions. With ports that are offline it reads only what is on this machine, which
 * `sheaf sync` has put there, and says how old that is.
 *
 * @throws SheafError `SHEAF_LOCK_OUTDATED` when plugins are wanted and nothing is locked; `SHEAF_OFFLINE` when
 *   something that a registry says is not on this machine; and as `openRegistry`.
 */
export async function audit(ports: AuditPorts, options: AuditOptions = {}): Promise<Audited> {
  const view = await readProject(ports);
  const lock = lockOf(view, options);
  const now = ports.clock.now();
  const configured = await configuredRegistries(ports);
  const findings = (lock.local ?? []).map(findingOfLocal);
  const registries: KnowledgeAge[] = [];
  for (const locked of lock.registries) {
    const plugins = lock.plugins.filter(({ registry }) => registry === locked.id);
    if (plugins.length === 0) continue;
    const registry = configured.find(({ id }) => id === locked.id);
    if (registry === undefined) {
      findings.push(unknownRegistry(locked));
      continue;
    }
    const open = await openRegistry(ports, registry, { allowStale: true });
    const age = ageOf(open, now);
    registries.push(age);
    findings.push(...judgeAge(age, locked));
    findings.push(...(await judgePlugins(ports, open, locked, plugins, view)));
  }
  const oldest = Math.max(...registries.map(({ age }) => age));
  return {
    ...applyIgnores(findings.toSorted(compareFindings), view.file.auditIgnores, now),
    plugins: lock.plugins.length + (lock.local ?? []).length,
    registries,
    ...(registries.length === 0 ? {} : { checkpointAge: oldest }),
  };
}

function lockOf({ file, lock }: ProjectView, options: AuditOptions): Lockfile {
  if (options.lock !== undefined) {
    return lockfileOf(readLockfile(options.lock.bytes, options.lock.file));
  }
  if (lock !== undefined) return lock;
  if (file.plugins.length + file.local.length === 0) return { registries: [], plugins: [] };
  throw new SheafError(
    'SHEAF_LOCK_OUTDATED',
    'sheaf.toml wants plugins, but there is no sheaf.lock to audit.',
    {
      hint: 'Run: sheaf install.',
    },
  );
}

async function judgePlugins(
  ports: AuditPorts,
  open: OpenRegistry,
  locked: LockedRegistry,
  plugins: readonly LockedPlugin[],
  view: ProjectView,
): Promise<readonly AuditFinding[]> {
  const facts = plugins.map(async (plugin): Promise<LockedFacts> => {
    const { name } = plugin;
    const [advisories, record] = await Promise.all([open.advisories(), open.releases(name)]);
    // Signed by its owner, and here already where the plugin was installed.
    const text = record === undefined ? undefined : (await open.bundle(record, 0))['plugin.toml'];
    const file =
      text === undefined ? undefined : readPluginFile(new TextEncoder().encode(text), 'plugin.toml');
    const manifest = concernsPackages(advisories) ? await manifestOf(ports, open, plugin, record) : undefined;
    return {
      plugin,
      lockedAt: locked.checkpoint,
      known: open.state,
      advisories,
      record,
      deprecated: file?.value?.deprecated,
      manifest,
      wanted: view.file.plugins.find((one) => one.name === name)?.range,
    };
  });
  try {
    return (await Promise.all(facts)).flatMap(findingsOf);
  } catch (error) {
    if (!(error instanceof SheafError) || !OUT_OF_REACH.has(error.code)) throw error;
    throw new SheafError(
      'SHEAF_OFFLINE',
      `Not all that registry ${open.alias} says of the locked plugins is on this machine.`,
      { hint: 'Run sheaf sync in this project once; it fetches what an audit needs.', cause: error },
    );
  }
}

const OUT_OF_REACH: ReadonlySet<string> = new Set(['SHEAF_OFFLINE', 'SHEAF_NETWORK']);

/** The signed manifest of a locked release: the one that lies beside the installed plugin, or that of the index. */
async function manifestOf(
  { project }: Pick<ClientPorts, 'project'>,
  open: OpenRegistry,
  { name, version, manifest }: LockedPlugin,
  record: ReleasesRecord | undefined,
): Promise<Manifest | undefined> {
  const installed = await project.installedManifest(name);
  const file = `${version}.toml`;
  const isSame = (bytes: Uint8Array | undefined): bytes is Uint8Array =>
    bytes !== undefined && sha256(bytes) === manifest;
  if (isSame(installed)) return valueOf(readReleaseManifest(installed, file));
  const position = record?.versions.find((one) => one.version === version)?.bundle;
  if (record === undefined || position === undefined) return undefined;
  const text = (await open.bundle(record, position))[file];
  const bytes = text === undefined ? undefined : new TextEncoder().encode(text);
  return isSame(bytes) ? valueOf(readReleaseManifest(bytes, file)) : undefined;
}

function unknownRegistry({ id, url }: LockedRegistry): AuditFinding {
  return {
    kind: 'unknown-registry',
    id: 'unknown-registry',
    registry: id,
    message: `Registry ${id} is not configured here, so nothing can be said of its plugins.`,
    fix: `Add it with: sheaf registry add ${url}.`,
  };
}

/** Old knowledge is a finding: whoever withholds updates must not be able to make an audit say that all is well. */
function judgeAge(age: KnowledgeAge, { checkpoint }: LockedRegistry): readonly AuditFinding[] {
  const problem = age.expired
    ? 'expired; what has been said since is not known here'
    : compareCheckpointIds(age.checkpoint, checkpoint) < 0
      ? `is older than ${formatCheckpointId(checkpoint)}, at which sheaf.lock was resolved`
      : undefined;
  if (problem === undefined) return [];
  return [
    {
      kind: 'old-checkpoint',
      id: 'old-checkpoint',
      registry: age.registry,
      message: `The newest checkpoint of ${age.registry} on this machine, ${formatCheckpointId(age.checkpoint)}, ${problem}.`,
      fix: 'Run: sheaf sync.',
    },
  ];
}
