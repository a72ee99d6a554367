import { packArchive } from '../core/archives/pack-archive.ts';
import { sha256 } from '../core/digest.ts';
import type { Artifact, Manifest } from '../core/formats/manifest.ts';
import { writeManifest } from '../core/formats/manifest.ts';
import { type PluginName, pluginName } from '../core/plugin-name.ts';
import type { Version, VersionRange } from '../core/version.ts';

/** A release in as few words as a test needs; everything else has a default. */
export interface SimulatedRelease {
  readonly name: string;
  readonly version: string;
  /** Plugin name to range. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Engine name to range. */
  readonly engines?: Readonly<Record<string, string>>;
  readonly capabilities?: readonly string[];
  readonly tier?: Manifest['security']['tier'];
  /** The artifact; a WebAssembly module without any code when this and `files` are left out. */
  readonly module?: Uint8Array;
  /** Files of an archive by path, the one to load first; they are source when the manifest has a `build`. */
  readonly files?: Readonly<Record<string, string>>;
  /** Replaces fields of the manifest. */
  readonly manifest?: Partial<Manifest>;
}

/** A release with the bytes that its author would publish. */
export interface BuiltRelease {
  readonly name: PluginName;
  readonly version: Version;
  readonly manifest: Uint8Array;
  readonly artifact: { readonly url: string; readonly bytes: Uint8Array };
}

/** Builds the manifest of a release and its artifact, to lie below `artifactBase`. */
export function buildRelease(
  release: SimulatedRelease,
  registry: string,
  artifactBase: string,
): BuiltRelease {
  const name = pluginName(release.name);
  const version = release.version as Version;
  const authored = { ...authoredManifest(release, name, version), ...release.manifest };
  const bytes =
    release.files === undefined
      ? (release.module ?? emptyModule(`${name} ${version}`))
      : pack(authored, release.files);
  const packed = authored.build === undefined ? 'archive' : 'source';
  const kind = release.files === undefined ? 'wasm' : packed;
  const url = `${artifactBase}${name}-${version}.${release.files === undefined ? 'wasm' : 'tar.gz'}`;
  const artifact: Artifact = {
    kind,
    platform: 'any',
    url,
    size: bytes.byteLength,
    sha256: sha256(bytes),
    ...(kind === 'archive' ? { entry: Object.keys(release.files ?? {})[0] ?? '' } : {}),
  };
  const manifest = writeManifest({ ...authored, registry, artifacts: [artifact], ...release.manifest });
  return { name, version, manifest, artifact: { url, bytes } };
}

function authoredManifest(release: SimulatedRelease, name: PluginName, version: Version): Manifest {
  const dependencies = Object.entries(release.dependencies ?? {}).map(([plugin, range]) => [
    pluginName(plugin),
    { range: range as VersionRange, optional: false },
  ]);
  return {
    name,
    version,
    description: `The simulated plugin ${name}`,
    authors: [{ name: 'simulator' }],
    license: 'MIT',
    keywords: [],
    links: {},
    engines: (release.engines ?? {}) as Manifest['engines'],
    performance: { cpuIntensive: false },
    security: {
      tier: release.tier ?? 'wasm',
      capabilities: (release.capabilities ?? []).map((id) => ({ id, optional: false })),
      sandboxRequired: false,
      level: 'standard',
    },
    packages: {},
    dependencies: Object.fromEntries(dependencies) as Manifest['dependencies'],
    requires: {},
    provides: { languages: [], commands: [] },
    bin: {},
    testing: { performanceValidated: false },
    metadata: {},
    artifacts: [],
  };
}

/** An archive carries the manifest as its author wrote it. */
function pack(manifest: Manifest, files: Readonly<Record<string, string>>): Uint8Array {
  const encoder = new TextEncoder();
  const own = Object.entries(files).map(([path, text]) => ({ path, bytes: encoder.encode(text) }));
  return packArchive(
    [...own, { path: 'sheaf.plugin.toml', bytes: writeManifest(manifest) }],
    `${manifest.name}.tar.gz`,
  );
}

/**
 * A valid WebAssembly module without any code (WebAssembly Core Specification 2.0 §5.5): magic, version, and a
 * custom section whose name makes the bytes those of one release.
 */
function emptyModule(label: string): Uint8Array {
  const name = new TextEncoder().encode(label.slice(0, 100));
  return Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, name.length + 1, name.length, ...name);
}
