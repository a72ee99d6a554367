import { defined } from '../defined.ts';
import type { Report } from '../documents/file-reading.ts';
import { DAY, type Instant, parseInstant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import { quote } from '../text.ts';

/** A finding of `sheaf audit` that people have looked at and accept for a while: `[[audit.ignore]]`. */
export interface AuditIgnore {
  /** Id or alias of an advisory, or the kind of another finding: `yanked`, `deprecated`, `unverified`. */
  readonly id: string;
  /** The only plugin it counts for; all when absent. */
  readonly plugin?: PluginName;
  readonly reason: string;
  /** The last day on which it counts, `2027-01-31`, in UTC. */
  readonly until: string;
  /** The moment at which that day is over. */
  readonly ends: Instant;
}

/** One `[[audit.ignore]]` as the schema admits it. */
export interface AuditIgnoreTable {
  readonly id: string;
  readonly plugin?: string;
  readonly reason: string;
  readonly until: string;
}

/** The ignores of a checked file; reports days that no calendar has. */
export function auditIgnoresOf(tables: readonly AuditIgnoreTable[], report: Report): readonly AuditIgnore[] {
  return tables.map(({ id, plugin, reason, until }, index) => {
    const begins = parseInstant(`${until}T00:00:00Z`);
    if (begins === undefined) {
      report(
        ['audit', 'ignore', index, 'until'],
        'date',
        `${quote(until)} is not a day of the calendar.`,
        'Write a day such as "2027-01-31".',
      );
    }
    return defined({
      id,
      plugin: plugin as PluginName | undefined,
      reason,
      until,
      ends: (begins ?? 0) + DAY,
    });
  });
}
