import type { Place, Severity } from '../finding.ts';
import type { Change } from './change.ts';

/** A fault of a change. */
export interface ChangeFault {
  /** A warning does not block. */
  readonly severity: Severity;
  readonly place: Place;
  /** One sentence, with the offending value. */
  readonly message: string;
  /** One sentence: what to do. */
  readonly fix: string;
}

/** One thing that a change of a registry has to fulfil. */
export interface ChangeRule {
  /** Stable, kebab-case; documented under this name. */
  readonly id: string;
  /** What it demands, as a sentence. */
  readonly title: string;
  /** Whether a maintainer may let a fault pass, by a label; what protects other people's plugins never passes. */
  readonly waivable: boolean;
  readonly judge: (change: Change) => readonly ChangeFault[] | Promise<readonly ChangeFault[]>;
}

/** A fault of a whole file that blocks the change. */
export function errorIn(file: string, message: string, fix: string): ChangeFault {
  return { severity: 'error', place: { file }, message, fix };
}
