import type { PluginFile } from '../authoring/ports.ts';
import type { Finding, Severity } from '../finding.ts';
import type { Manifest } from '../formats/manifest.ts';
import { SCAN_RULES, SCAN_RULES_VERSION } from './rules.ts';
import type { ScanContext } from './scan-context.ts';
import type { RiskLevel } from './scan-rule.ts';
import { type ScanSubject, scanSubject } from './subject.ts';

/** Points that a rule costs, once. */
export const POINTS: Readonly<Record<RiskLevel, number>> = {
  critical: 0,
  high: 20,
  medium: 8,
  low: 3,
  info: 0,
};

/** A finding with its weight. Only the first of a rule has points. */
export interface ScanFinding extends Finding {
  readonly level: RiskLevel;
  readonly points: number;
}

/** What a module can call: nothing but its imports exists for it, so that the list is complete. */
export interface ModuleImports {
  readonly path: string;
  /** `capability.function`, or `wasi_snapshot_preview1.function`; in the order of the import section. */
  readonly imports: readonly string[];
}

/** A native program, and what it loads. */
export interface ProgramImports {
  readonly path: string;
  readonly format: string;
  readonly platforms: readonly string[];
  readonly imports: readonly string[];
}

/** What a scan says of a plugin. The same files always get the same, but for what an antivirus program knows. */
export interface ScanReport {
  /** Version of the rule table: scores of different ones cannot be compared. */
  readonly rules: number;
  /** 100 less the points of the findings; not below 0, and at most 70 where code cannot be read. */
  readonly score: number;
  /** How much of what the plugin does can be read from its files. */
  readonly coverage: number;
  /** Whether a critical finding refuses it, whatever its score. */
  readonly rejected: boolean;
  /** The WebAssembly modules that can be read. */
  readonly modules: readonly ModuleImports[];
  readonly programs: readonly ProgramImports[];
  /** The antivirus program that looked at the files; absent when none did. */
  readonly antivirus?: string;
  readonly findings: readonly ScanFinding[];
}

/** A program that nobody can read gets no higher score. */
const OPAQUE_SCORE = 70;
/** Findings that are listed of one rule. */
const LISTED = 20;

/**
 * Looks through the files of a plugin by all rules.
 *
 * @param pathOf names a file of the plugin in the findings.
 */
export function scanPlugin(
  manifest: Manifest,
  files: readonly PluginFile[],
  pathOf: (path: string) => string,
  context: ScanContext = {},
): ScanReport {
  const subject = scanSubject(manifest, files, context);
  const findings = SCAN_RULES.flatMap(({ id, level, fix, find }) =>
    find(subject)
      .slice(0, LISTED)
      .map(({ path, line, column, message }, index): ScanFinding => {
        const place = {
          file: pathOf(path),
          ...(line === undefined ? {} : { line }),
          ...(column === undefined ? {} : { column }),
        };
        return {
          rule: id,
          severity: severityOf(level),
          place,
          message,
          fix,
          level,
          points: index === 0 ? POINTS[level] : 0,
        };
      }),
  );
  const deducted = findings.reduce((total, { points }) => total + points, 0);
  const score = Math.max(0, 100 - deducted);
  return {
    rules: SCAN_RULES_VERSION,
    score: subject.programs.length > 0 ? Math.min(OPAQUE_SCORE, score) : score,
    coverage: coverageOf(subject),
    rejected: findings.some(({ level }) => level === 'critical'),
    modules: subject.modules.flatMap(({ path, module }) =>
      module === undefined
        ? []
        : [
            {
              path: pathOf(path),
              imports: module.imports.map(({ module: from, name }) => `${from}.${name}`),
            },
          ],
    ),
    programs: subject.programs.map(({ path, format, platforms, imports }) => ({
      path: pathOf(path),
      format,
      platforms,
      imports,
    })),
    ...(context.malware === undefined ? {} : { antivirus: context.malware.program }),
    findings,
  };
}

/** A module can do no more than it imports; a script may hide something from its tree; a program shows hardly anything. */
function coverageOf({ programs, scripts, modules }: ScanSubject): number {
  if (programs.length > 0) return 0.3;
  if (scripts.length > 0) return 0.7;
  return modules.length > 0 ? 1 : 0.3;
}

function severityOf(level: RiskLevel): Severity {
  return level === 'critical' || level === 'high' ? 'error' : 'warning';
}
