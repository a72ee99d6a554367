import type { Path } from '../documents/source-text.ts';
import type { Finding, Place, Reading, Severity } from '../finding.ts';
import {
  type Manifest,
  type ReleaseManifest,
  readReleaseManifest,
  writeManifest,
} from '../formats/manifest.ts';
import { isBelow } from '../stated-address.ts';
import { releasePrefix } from './forge-archive.ts';

/** A release made from what another ecosystem says about it. */
export interface ConvertedRelease {
  readonly manifest: ReleaseManifest;
  /** The manifest as it is signed. */
  readonly bytes: Uint8Array;
  /** URL prefixes that the artifacts and the repository lie under. */
  readonly repositories: readonly string[];
}

/** A conversion under way. */
export interface Conversion {
  readonly findings: readonly Finding[];
  /** Takes note of a finding, once for all places that it is the same for. */
  readonly report: (severity: Severity, path: Path, rule: string, message: string) => void;
}

/** Begins a conversion, with what was found while its source was read. */
export function startConversion(place: (path: Path) => Place, before: readonly Finding[] = []): Conversion {
  const findings = [...before];
  return {
    findings,
    report(severity, path, rule, message) {
      if (findings.some((known) => known.rule === rule && known.message === message)) return;
      findings.push({ rule, severity, place: place(path), message });
    },
  };
}

/**
 * Ends a conversion: with the manifest as everybody else will read it, so that nothing is signed that a client
 * would refuse, or without a value when that, or anything before, is an error.
 */
export function finishConversion(
  manifest: (Manifest & { readonly registry: string }) | undefined,
  artifactPrefixes: readonly string[],
  { findings, report }: Conversion,
): Reading<ConvertedRelease> {
  if (manifest === undefined) return { value: undefined, findings };
  const bytes = writeManifest(manifest);
  const { name, version, registry } = manifest;
  const reading = readReleaseManifest(bytes, `${version}.toml`, { expected: { name, version, registry } });
  for (const { rule, message } of reading.findings) report('error', [], rule, message);
  if (reading.value === undefined || findings.some(({ severity }) => severity === 'error')) {
    return { value: undefined, findings };
  }
  const repositories = prefixesOf(reading.value, artifactPrefixes);
  return { value: { manifest: reading.value, bytes, repositories }, findings };
}

/** The prefixes under which all of a release lies, as {@link ConvertedRelease} has them. */
export function prefixesOf(
  { repository }: Pick<Manifest, 'repository'>,
  artifactPrefixes: readonly string[],
): readonly string[] {
  const prefixes = [...new Set(artifactPrefixes)].toSorted();
  if (repository === undefined) return prefixes;
  const folder = `${repository.replace(/\/$/, '').replace(/\.git$/, '')}/`;
  return prefixes.some((prefix) => isBelow(folder, prefix)) ? prefixes : [...prefixes, releasePrefix(folder)];
}

/** What {@link cleanLine} and {@link cleanText} call when they lose something of a text. */
export function shortened(report: Conversion['report'], path: Path, what: string): () => void {
  return () =>
    report(
      'warning',
      path,
      'shortened',
      `${what} was shortened, or characters that nobody sees were removed.`,
    );
}

/** All of a manifest that a list of another ecosystem says nothing about. */
export const UNSTATED: Pick<
  Manifest,
  | 'authors'
  | 'bin'
  | 'dependencies'
  | 'engines'
  | 'keywords'
  | 'links'
  | 'packages'
  | 'performance'
  | 'provides'
  | 'requires'
  | 'testing'
> = {
  authors: [],
  keywords: [],
  links: {},
  engines: {},
  performance: { cpuIntensive: false },
  packages: {},
  dependencies: {},
  requires: {},
  provides: { languages: [], commands: [] },
  bin: {},
  testing: { performanceValidated: false },
};

/** Whether a text can stand in a manifest as the address of a page. */
export function isPage(text: string): boolean {
  if (text.length > 2048 || !/^https:\/\/[^\s"'<>\\^`{|}]+$/.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
