import type { Advisory } from '../formats/advisory.ts';
import type { Sha256 } from '../object-ref.ts';
import type { Platform } from '../platform.ts';

/** The digest that a release states of an artifact, and the one that it has. */
export interface ArtifactDigest {
  readonly stated: Sha256;
  readonly found: Sha256;
}

/** A file that an antivirus program takes for malware. */
export interface MalwareHit {
  /** Below the folder. */
  readonly path: string;
  /** What the program calls it. */
  readonly signature: string;
}

/** What an antivirus program said. */
export interface MalwareReport {
  /** Its name and version, with that of its signatures where it tells. */
  readonly program: string;
  readonly hits: readonly MalwareHit[];
}

/** What is known of a plugin besides its files; what is absent was not looked at. */
export interface ScanContext {
  /** Advisories of the registry, which may be about packages. */
  readonly advisories?: readonly Advisory[];
  /** Of the artifact. */
  readonly platform?: Platform;
  readonly digest?: ArtifactDigest;
  readonly malware?: MalwareReport;
}
