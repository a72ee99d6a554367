import type { PluginFile } from '../authoring/ports.ts';
import type { Finding, Severity } from '../finding.ts';
import type { Manifest } from '../formats/manifest.ts';

/** What the rules look at. */
export interface CheckSubject {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly files: readonly PluginFile[];
  /** The file that is loaded; undefined when the plugin has not been built. */
  readonly entry: { readonly path: string; readonly bytes: Uint8Array } | undefined;
  /** What is wrong with the files of its tests and benchmarks, and whether it has tests. */
  readonly suites: { readonly findings: readonly Finding[]; readonly tests: number };
}

/** A fault, before it is known under which path the plugin lies. */
export interface CheckFault {
  readonly severity: Severity;
  /** Below the folder. */
  readonly path: string;
  readonly line?: number;
  readonly message: string;
  readonly fix: string;
}

/** One thing that a plugin has to fulfil before it is published. */
export interface CheckRule {
  /** Stable, kebab-case. */
  readonly id: string;
  /** What it demands, as a clause. */
  readonly title: string;
  readonly check: (subject: CheckSubject) => readonly CheckFault[];
}
