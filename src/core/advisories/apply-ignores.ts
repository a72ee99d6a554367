import type { AuditIgnore } from '../formats/audit-ignore.ts';
import type { Instant } from '../instant.ts';
import type { AuditFinding, AuditKind } from './audit-finding.ts';

/** Findings with what a person decided about them. */
export interface JudgedFindings {
  /** Those that count. */
  readonly findings: readonly AuditFinding[];
  readonly ignored: readonly { readonly finding: AuditFinding; readonly ignore: AuditIgnore }[];
  readonly ignores: readonly JudgedIgnore[];
}

/** What became of an ignore. */
export interface JudgedIgnore extends AuditIgnore {
  /**
   * `ended`: its last day is over, so it does not count any more. `unused`: it matches nothing (any more).
   * `refused`: it matches only what is refused at installation anyway, which no file of a project can accept.
   */
  readonly state: 'applied' | 'ended' | 'unused' | 'refused';
}

/** What stops an installation whatever a project says: to ignore it would only hide why. */
const NEVER_IGNORED: ReadonlySet<AuditKind> = new Set(['malware', 'quarantine', 'revoked-key']);

/** Sets aside what is ignored at a moment. */
export function applyIgnores(
  findings: readonly AuditFinding[],
  ignores: readonly AuditIgnore[],
  now: Instant,
): JudgedFindings {
  const counting = ignores.filter(({ ends }) => now < ends);
  const judged = findings.map((finding) => ({
    finding,
    ignore: NEVER_IGNORED.has(finding.kind) ? undefined : counting.find((one) => matches(one, finding)),
  }));
  return {
    findings: judged.filter(({ ignore }) => ignore === undefined).map(({ finding }) => finding),
    ignored: judged.flatMap(({ finding, ignore }) => (ignore === undefined ? [] : [{ finding, ignore }])),
    ignores: ignores.map((ignore) => ({ ...ignore, state: stateOf(ignore, findings, now) })),
  };
}

function stateOf(
  ignore: AuditIgnore,
  findings: readonly AuditFinding[],
  now: Instant,
): JudgedIgnore['state'] {
  if (now >= ignore.ends) return 'ended';
  const matching = findings.filter((finding) => matches(ignore, finding));
  if (matching.length === 0) return 'unused';
  return matching.every(({ kind }) => NEVER_IGNORED.has(kind)) ? 'refused' : 'applied';
}

function matches({ id, plugin }: AuditIgnore, finding: AuditFinding): boolean {
  const isNamed = finding.id === id || finding.aliases?.includes(id) === true;
  return isNamed && (plugin === undefined || plugin === finding.plugin);
}
