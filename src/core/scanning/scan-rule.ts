import type { Advisory } from '../formats/advisory.ts';
import type { Platform } from '../platform.ts';
import type { ArtifactDigest, MalwareHit } from './scan-context.ts';
import type { ScanSubject } from './subject.ts';

/** How much a finding weighs. `critical` is a gate: what has one is refused, whatever its score. */
export type RiskLevel = 'critical' | 'high' | 'medium' | 'low' | 'info';

/** Where a rule found something, and what, as a sentence. */
export interface ScanMatch {
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** A small plugin that shows a rule: contents by path. `.wat` files are assembled to `.wasm` where they are used. */
export interface ScanExample {
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly tier?: 'wasm' | 'native';
  readonly capabilities?: readonly string[];
  readonly license?: string;
  /** Paths that are links. */
  readonly links?: readonly string[];
  /** Packages of `[dependencies]`. */
  readonly packages?: Readonly<Record<string, string>>;
  readonly advisories?: readonly Advisory[];
  readonly platform?: Platform;
  readonly digest?: ArtifactDigest;
  readonly malware?: readonly MalwareHit[];
}

/** One thing that is looked for. A rule counts once, however often it finds something. */
export interface ScanRule {
  /** Stable, kebab-case. */
  readonly id: string;
  readonly level: RiskLevel;
  /** What it finds, as a clause. */
  readonly title: string;
  readonly fix: string;
  /** What it has to find, and what it must not. */
  readonly vulnerable: ScanExample;
  readonly clean: ScanExample;
  readonly find: (subject: ScanSubject) => readonly ScanMatch[];
}
