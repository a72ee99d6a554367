import type { JudgedFindings, JudgedIgnore } from '../../core/advisories/apply-ignores.ts';
import type { AuditFinding, AuditKind } from '../../core/advisories/audit-finding.ts';
import { defined } from '../../core/defined.ts';
import type { KnowledgeAge } from '../../ops/plugins/knowledge-age.ts';
import { formatAge } from './age.ts';
import { bold, dim, type Line, red, type Span, yellow } from './line.ts';

const WORDS: Readonly<Record<AuditKind, string>> = {
  malware: 'malware',
  'revoked-key': 'revoked key',
  quarantine: 'quarantined',
  'unknown-release': 'unknown release',
  advisory: 'advisory',
  'package-advisory': 'advisory on a package',
  yanked: 'withdrawn',
  unverified: 'unverified',
  'unknown-registry': 'unknown registry',
  'old-checkpoint': 'old knowledge',
  deprecated: 'deprecated',
};

const MILD: ReadonlySet<AuditKind> = new Set([
  'deprecated',
  'unverified',
  'old-checkpoint',
  'package-advisory',
]);

/** Findings for people: what it is and how bad, the sentence, what to do next. */
export function auditLines(findings: readonly AuditFinding[]): readonly Line[] {
  return findings.flatMap((finding): readonly Line[] => {
    const { kind, id, plugin, version, registry, message, fix, url } = finding;
    const subject = plugin === undefined ? (registry ?? '') : `${plugin} ${version ?? ''}`;
    const paint = MILD.has(kind) ? yellow : red;
    const name = id === kind ? [] : [` ${id}`];
    return [
      [paint(WORDS[kind]), ...name, ...severityOf(finding), '  ', bold(subject)],
      `    ${message}`,
      ...(url === undefined ? [] : [[dim(`    ${url}`)]]),
      `    ${fix}`,
    ];
  });
}

function severityOf({ severity }: AuditFinding): readonly (string | Span)[] {
  if (severity?.score === undefined) return [];
  const text = ` ${severity.rating ?? ''} ${severity.score.toFixed(1)}`;
  return [severity.score >= 7 ? red(text) : yellow(text)];
}

/** What became of the ignores that do not simply apply; what they hide, in a line each. */
export function ignoreLines({
  ignored,
  ignores,
}: Pick<JudgedFindings, 'ignored' | 'ignores'>): readonly Line[] {
  return [
    ...ignored.map(({ finding, ignore }): Line => {
      return [dim(`ignored until ${ignore.until}: ${finding.message} (${ignore.reason})`)];
    }),
    ...ignores.flatMap(staleLines),
  ];
}

const STALE: Readonly<Record<Exclude<JudgedIgnore['state'], 'applied'>, (until: string) => string>> = {
  ended: (until) => `ended on ${until}; look again, then remove it or give it a new date`,
  unused: () => 'matches nothing any more; remove it from sheaf.toml',
  refused: () => 'has no effect: what must not be installed cannot be ignored',
};

function staleLines({ id, plugin, until, state }: JudgedIgnore): readonly Line[] {
  if (state === 'applied') return [];
  const what = plugin === undefined ? id : `${id} for ${plugin}`;
  return [[yellow('ignore'), ` ${what} ${STALE[state](until)}.`]];
}

/** How old the knowledge is: `acme as of 2026-11-20T09:00:00Z, 3 hours ago (checkpoint 1-4)`. */
export function ageLines(registries: readonly KnowledgeAge[]): readonly Line[] {
  return registries.map(({ registry, issued, age, checkpoint, expired }) => [
    dim(
      `${registry} as of ${issued}, ${formatAge(age)} ago (checkpoint ${checkpoint.epoch}-${checkpoint.version})`,
    ),
    ...(expired ? [red(' expired')] : []),
  ]);
}

/** How old it is, for programs; whole seconds. */
export function ageDocuments(registries: readonly KnowledgeAge[]): readonly object[] {
  return registries.map(({ age, ...rest }) => ({ ...rest, age: seconds(age) }));
}

/** An ignore for programs. */
export function ignoreDocument({ id, plugin, reason, until, state }: JudgedIgnore): object {
  return defined({ id, plugin, reason, until, state });
}

/** Milliseconds as whole seconds. */
export function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
