import type { Sha256 } from '../digest.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseToml } from '../documents/toml-document.ts';
import { writeToml } from '../documents/toml-writing.ts';
import type { Reading } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import type { Platform } from '../platform.ts';
import type { PluginName } from '../plugin-name.ts';
import { validate as validateRelease } from '../validators/release.generated.js';
import type { Version, VersionRange } from '../version.ts';
import { type ExpectedRelease, judgeManifest, judgeRelease } from './manifest-rules.ts';
import { fromToml, type ManifestToml, toToml } from './manifest-toml.ts';

/** How much a plugin is trusted to touch: sandboxed wasm, a native process, or part of the host itself. */
export type Tier = 'wasm' | 'native' | 'core';

/** A named power a plugin asks for; `optional` ones may be refused and the plugin still loads. */
export interface CapabilityRequest {
  readonly id: string;
  readonly reason?: string;
  readonly optional: boolean;
}

/** Another plugin that must be installed. Without `registry` it is looked up in the parent's registry only. */
export interface PluginDependency {
  readonly range: VersionRange;
  readonly registry?: string;
  readonly optional: boolean;
}

/** Who wrote it. */
export interface Author {
  readonly name: string;
  readonly email?: string;
  readonly url?: string;
}

/** One downloadable file of a release. */
export interface Artifact {
  readonly kind: 'wasm' | 'archive' | 'binary' | 'source';
  readonly platform: Platform;
  /** Where the author published it; only a hint, the digest decides. */
  readonly url: string;
  /** Bytes. Absent only in imported releases; then `LIMITS.artifactBytes` applies. */
  readonly size?: number;
  readonly sha256: Sha256;
  /** The file to load, inside an archive. */
  readonly entry?: string;
  /** Picks and renames files of a foreign archive; all files, unchanged, when absent. */
  readonly files?: readonly { readonly from: string; readonly to: string }[];
  /** URL of a sigstore bundle. */
  readonly attestation?: string;
}

/**
 * One release of a plugin as its author signed it: `plugins/<category>/<pp>/<name>/<version>.toml`.
 * Converted once from TOML; every default is filled in, every string that names something is checked.
 * An author's manifest (`sheaf.plugin.toml` before `pack`) lacks `registry`, `source` and `artifacts`.
 */
export interface Manifest {
  readonly name: PluginName;
  readonly version: Version;
  readonly description: string;
  readonly displayName?: string;
  readonly authors: readonly Author[];
  /** SPDX licence expression. */
  readonly license?: string;
  readonly repository?: string;
  readonly homepage?: string;
  readonly keywords: readonly string[];
  readonly category?: string;
  readonly links: { readonly discussions?: string; readonly support?: string; readonly purchase?: string };
  readonly containerImage?: string;
  /** Engine name (`parseltongue`, `rust`) to the range this release works with. */
  readonly engines: Readonly<Record<string, VersionRange>>;
  readonly performance: {
    readonly maxQueryTimeUs?: number;
    readonly maxMemoryMb?: number;
    readonly cpuIntensive: boolean;
  };
  readonly security: {
    /** Requested; the registry grants. */
    readonly tier: Tier;
    readonly capabilities: readonly CapabilityRequest[];
    readonly sandboxRequired: boolean;
    readonly level: 'standard' | 'high';
    readonly abi?: string;
  };
  /** Packages of the plugin's own toolchain: recorded and checked against advisories, never installed. */
  readonly packages: Readonly<Record<string, string>>;
  /** Other plugins, by name. */
  readonly dependencies: Readonly<Record<PluginName, PluginDependency>>;
  /** Commands that must be on the machine, with a version range. */
  readonly requires: Readonly<Record<string, string>>;
  readonly provides: { readonly languages: readonly string[]; readonly commands: readonly string[] };
  /** Command on the user's PATH to file inside the plugin; its `.exe` or `.cmd` on Windows is left out. */
  readonly bin: Readonly<Record<string, string>>;
  /** File inside the plugin that holds the JSON Schema of its configuration. */
  readonly configSchema?: string;
  /** Shown after an install. */
  readonly notes?: string;
  readonly testing: {
    readonly testSuite?: string;
    readonly benchmarkSuite?: string;
    readonly performanceValidated: boolean;
  };
  readonly build?: { readonly command: readonly string[]; readonly output: string };
  /** `[metadata.*]`: anything, never interpreted. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The registry this release was signed for. */
  readonly registry?: string;
  readonly source?: { readonly repository: string; readonly commit: string; readonly tag?: string };
  readonly artifacts: readonly Artifact[];
}

/** A manifest that may stand in a registry: it names its registry and at least one artifact. */
export interface ReleaseManifest extends Manifest {
  readonly registry: string;
}

/** What a reader of manifests may be told beforehand. */
export interface ManifestOptions {
  /** Whether the registry has a plugin of that name: earns a flat dependency on it a warning. */
  readonly isPlugin?: (name: string) => boolean;
}

/**
 * Reads a manifest as its author writes it, or as it stands in a registry: strict about unknown keys except
 * under `[metadata.*]`, and complete in one go, so that an author sees everything that is wrong at once.
 *
 * @param file names the file in findings; when its base name is `<version>.toml`, the version must be that one.
 */
export function readManifest(
  bytes: Uint8Array,
  file: string,
  options: ManifestOptions = {},
): Reading<Manifest> {
  const parsed = parseToml(bytes, file, { maxBytes: LIMITS.manifestBytes });
  return readDocument(parsed, validateRelease, (document, report) => {
    const toml = document.value as unknown as ManifestToml;
    judgeManifest(toml, file, report, options.isPlugin);
    return fromToml(toml);
  });
}

/**
 * Reads a manifest that stands in a registry: as {@link readManifest}, and it must name its registry and at
 * least one artifact, and be the release that is expected.
 */
export function readReleaseManifest(
  bytes: Uint8Array,
  file: string,
  options: ManifestOptions & { readonly expected?: ExpectedRelease } = {},
): Reading<ReleaseManifest> {
  const parsed = parseToml(bytes, file, { maxBytes: LIMITS.manifestBytes });
  return readDocument(parsed, validateRelease, (document, report) => {
    const toml = document.value as unknown as ManifestToml;
    judgeManifest(toml, file, report, options.isPlugin);
    judgeRelease(toml, report, options.expected ?? {});
    return { ...fromToml(toml), registry: toml.release?.registry ?? '' };
  });
}

/** Writes a manifest as {@link readManifest} reads it: the same manifest gives the same bytes. */
export function writeManifest(manifest: Manifest): Uint8Array {
  return writeToml(toToml(manifest));
}
