import { defined } from '../defined.ts';
import type { Advisory } from '../formats/advisory.ts';
import type { LockedLocal, LockedPlugin } from '../formats/lockfile.ts';
import type { Manifest } from '../formats/manifest.ts';
import type { CheckpointId } from '../index/checkpoint.ts';
import type { ReleasesRecord } from '../index/records.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';
import { barredBecause, standingOf, type TakenAway } from '../trust/standing.ts';
import { satisfies, type Version, type VersionRange } from '../version.ts';
import { advisoriesAffecting, affects, includesVersion, isMalware, isPlugin, remedyFor } from './affects.ts';
import { packageRisks } from './package-risk.ts';
import { type Severity, severityOf } from './severity.ts';

/** What an audit can find, the gravest first. */
export const AUDIT_KINDS = [
  'malware',
  'revoked-key',
  'quarantine',
  'unknown-release',
  'advisory',
  'package-advisory',
  'yanked',
  'unverified',
  'unknown-registry',
  'old-checkpoint',
  'deprecated',
] as const;

export type AuditKind = (typeof AUDIT_KINDS)[number];

/** One thing that is wrong with what a lock file holds. */
export interface AuditFinding {
  readonly kind: AuditKind;
  /** What `[[audit.ignore]]` calls it: the id of the advisory, else the kind. */
  readonly id: string;
  readonly aliases?: readonly string[];
  readonly plugin?: PluginName;
  readonly version?: Version;
  /** Id of the registry. */
  readonly registry?: string;
  /** One sentence. */
  readonly message: string;
  /** What to do next, one sentence. */
  readonly fix: string;
  readonly severity?: Severity;
  /** The nearest version that none of this is said about. */
  readonly fixedIn?: Version;
  /** A page about it. */
  readonly url?: string;
}

/** What is known of one locked release. */
export interface LockedFacts {
  readonly plugin: LockedPlugin;
  /** The checkpoint of its registry at which the lock file was resolved. */
  readonly lockedAt: CheckpointId | undefined;
  readonly known: TakenAway;
  readonly advisories: readonly Advisory[];
  /** Undefined when the registry has no plugin of that name. */
  readonly record: ReleasesRecord | undefined;
  /** Why the plugin as a whole is deprecated. */
  readonly deprecated: string | undefined;
  /** Its manifest, where advisories about packages have to be compared with it. */
  readonly manifest: Manifest | undefined;
  /** The range in which sheaf.toml asks for it; undefined when only another plugin does. */
  readonly wanted: VersionRange | undefined;
}

/** Everything that is wrong with one locked release. */
export function findingsOf(facts: LockedFacts): readonly AuditFinding[] {
  const { plugin, lockedAt, known, advisories, record, manifest } = facts;
  const { name, version, registry, owner } = plugin;
  const about = { plugin: name, version, registry };
  const title = `${name} ${version}`;
  const here = record?.versions.find((one) => one.version === version);
  const fixedIn = safeVersion(facts);
  const fix = fixOf(facts, fixedIn);

  const bars = standingOf({ name, version, key: owner.key, lockedAt }, known);
  const barred = bars.map((bar): AuditFinding => {
    const id = bar.kind === 'malware' ? bar.advisory : bar.kind;
    const message = `${title} ${barredBecause(bar)}.`;
    return defined({ kind: bar.kind, id, ...about, message, fix, fixedIn });
  });
  const affecting = advisoriesAffecting(advisories, plugin)
    .filter((advisory) => !bars.some((bar) => bar.kind === 'malware' && bar.advisory === advisory.id))
    .map((advisory): AuditFinding => {
      const entry = advisory.affected.find((one) => isPlugin(one, plugin) && includesVersion(one, version));
      const kind = isMalware(advisory) ? 'malware' : 'advisory';
      const severity = entry && severityOf(advisory, entry);
      return defined({
        ...named(kind, advisory),
        ...about,
        message: `${title} is affected by ${advisory.id}${summaryOf(advisory)}.`,
        fix,
        severity,
        fixedIn,
      });
    });
  const inside = manifest === undefined ? [] : packageRisks(manifest, advisories);
  const packaged = inside.map(({ advisory, affected, asked }): AuditFinding => {
    const { ecosystem, name: dependency } = affected.package;
    return defined({
      ...named('package-advisory', advisory),
      ...about,
      message: `${title} is built from ${quote(dependency)} ${quote(asked)} of ${ecosystem}, of which ${advisory.id} affects versions${summaryOf(advisory)}.`,
      fix: `Ask the author of ${name} for a release that excludes the affected versions; no release states which one it contains.`,
      severity: severityOf(advisory, affected),
    });
  });
  const plain = (kind: AuditKind, message: string): AuditFinding =>
    defined({ kind, id: kind, ...about, message, fix, fixedIn });
  const { deprecated = here?.deprecated } = facts;
  return [
    ...barred,
    ...(here?.manifest === plugin.manifest
      ? []
      : [plain('unknown-release', `Registry ${registry} has no such release as the locked ${title}.`)]),
    ...affecting,
    ...packaged,
    ...(here?.yanked === undefined
      ? []
      : [plain('yanked', `${title} was withdrawn: ${quote(here.yanked)}.`)]),
    ...(deprecated === undefined
      ? []
      : [plain('deprecated', `${title} is deprecated: ${quote(deprecated)}.`)]),
  ];
}

/** What is wrong with a plugin that comes from a folder or file. */
export function findingOfLocal({ name, version, path }: LockedLocal): AuditFinding {
  return {
    kind: 'unverified',
    id: 'unverified',
    plugin: name,
    version,
    message: `${name} ${version} was installed from ${quote(path)}: nobody signed it, and no advisory can name it.`,
    fix: 'Install it from a registry once it is published there.',
  };
}

/** The gravest first, then by plugin and id: the same order for the same findings. */
export function compareFindings(a: AuditFinding, b: AuditFinding): number {
  const key = ({ plugin, id }: AuditFinding): string => `${plugin ?? ''} ${id}`;
  return (
    AUDIT_KINDS.indexOf(a.kind) - AUDIT_KINDS.indexOf(b.kind) ||
    (b.severity?.score ?? 0) - (a.severity?.score ?? 0) ||
    (key(a) < key(b) ? -1 : Number(key(a) > key(b)))
  );
}

function named(
  kind: AuditKind,
  { id, aliases, references }: Advisory,
): Pick<AuditFinding, 'kind' | 'id' | 'aliases' | 'url'> {
  const page = references?.find(({ type }) => type === 'ADVISORY') ?? references?.[0];
  return defined({ kind, id, aliases, url: page?.url });
}

function summaryOf({ summary }: Advisory): string {
  return summary === undefined ? '' : `: ${quote(summary)}`;
}

/** The nearest version about which nothing is said that would be a finding again. */
function safeVersion({ plugin, known, advisories, record }: LockedFacts): Version | undefined {
  const { name, registry } = plugin;
  const versions = record?.versions ?? [];
  const unusable = new Set(
    versions.filter(({ yanked }) => yanked !== undefined).map(({ version }) => version),
  );
  return remedyFor(
    plugin.version,
    versions.map(({ version }) => version),
    (version) =>
      !unusable.has(version) &&
      standingOf({ name, version }, known).length === 0 &&
      !advisories.some((advisory) => affects(advisory, { registry, name, version })),
  );
}

function fixOf({ plugin: { name }, wanted }: LockedFacts, fixedIn: Version | undefined): string {
  if (fixedIn === undefined) return `No version of ${name} is better; remove it with: sheaf remove ${name}.`;
  return wanted === undefined || satisfies(fixedIn, wanted)
    ? `Move to ${fixedIn} or later with: sheaf update ${name}.`
    : `Move to ${fixedIn} with: sheaf install ${name}@${fixedIn}.`;
}
