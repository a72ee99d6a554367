import { defined } from '../defined.ts';
import type { Sha256 } from '../digest.ts';
import { nonEmpty, sorted } from '../documents/toml-writing.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version, VersionRange } from '../version.ts';
import type { Artifact, Author, CapabilityRequest, Manifest, PluginDependency, Tier } from './manifest.ts';

/** A manifest as it is written in TOML: what `schemas/release.schema.json` accepts, and nothing else. */
export interface ManifestToml {
  readonly plugin: {
    readonly name: string;
    readonly version: string;
    readonly description: string;
    readonly display_name?: string;
    readonly author?: string | Author | readonly (string | Author)[];
    readonly license?: string;
    readonly repository?: string;
    readonly homepage?: string;
    readonly keywords?: readonly string[];
    readonly category?: string;
    readonly discussions?: string;
    readonly support?: string;
    readonly purchase?: string;
    readonly container_image?: string;
  };
  readonly compatibility?: Readonly<Record<string, string>>;
  readonly performance?: {
    readonly max_query_time_us?: number;
    readonly max_memory_mb?: number;
    readonly cpu_intensive?: boolean;
  };
  readonly security?: {
    readonly tier?: Tier;
    readonly capabilities?: readonly (string | CapabilityToml)[];
    readonly sandbox_required?: boolean;
    readonly level?: 'standard' | 'high';
    readonly abi?: string;
  };
  /** Text for a package of the toolchain; under `plugins` the table of plugins. */
  readonly dependencies?: Readonly<
    Record<string, string | Readonly<Record<string, string | DependencyToml>>>
  >;
  readonly requires?: Readonly<Record<string, string>>;
  readonly provides?: { readonly languages?: readonly string[]; readonly commands?: readonly string[] };
  readonly bin?: Readonly<Record<string, string>>;
  readonly config?: { readonly schema: string };
  readonly install?: { readonly notes?: string };
  readonly testing?: {
    readonly test_suite?: string;
    readonly benchmark_suite?: string;
    readonly performance_validated?: boolean;
  };
  readonly build?: { readonly command: readonly string[]; readonly output: string };
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly release?: { readonly registry: string };
  readonly source?: { readonly repository: string; readonly commit: string; readonly tag?: string };
  readonly artifact?: readonly (Omit<Artifact, 'sha256'> & { readonly sha256: string })[];
}

interface CapabilityToml {
  readonly id: string;
  readonly reason?: string;
  readonly optional?: boolean;
}

interface DependencyToml {
  readonly version: string;
  readonly registry?: string;
  readonly optional?: boolean;
}

const ENGINE_SUFFIX = '_version';

/** The table `[dependencies.plugins]`. */
export function pluginDependencies(toml: ManifestToml): Readonly<Record<string, string | DependencyToml>> {
  const plugins = toml.dependencies?.plugins;
  return typeof plugins === 'object' ? plugins : {};
}

/** The flat entries of `[dependencies]`. */
export function packageDependencies(toml: ManifestToml): [string, string][] {
  return Object.entries(toml.dependencies ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
}

/**
 * The manifest that a checked TOML document means, with defaults filled in. The casts to branded types are
 * covered by the schema and by core/formats/manifest-rules.ts, whose errors withhold the value.
 */
export function fromToml(toml: ManifestToml): Manifest {
  const { plugin, performance, security, provides, testing } = toml;
  return defined({
    name: plugin.name as PluginName,
    version: plugin.version as Version,
    description: plugin.description,
    displayName: plugin.display_name,
    authors: authorsOf(plugin.author),
    license: plugin.license,
    repository: plugin.repository,
    homepage: plugin.homepage,
    keywords: [...(plugin.keywords ?? [])],
    category: plugin.category,
    links: defined({ discussions: plugin.discussions, support: plugin.support, purchase: plugin.purchase }),
    containerImage: plugin.container_image,
    engines: enginesOf(toml.compatibility),
    performance: defined({
      maxQueryTimeUs: performance?.max_query_time_us,
      maxMemoryMb: performance?.max_memory_mb,
      cpuIntensive: performance?.cpu_intensive ?? false,
    }),
    security: defined({
      tier: security?.tier ?? 'wasm',
      capabilities: (security?.capabilities ?? []).map(capabilityOf),
      sandboxRequired: security?.sandbox_required ?? false,
      level: security?.level ?? 'standard',
      abi: security?.abi,
    }),
    packages: Object.fromEntries(packageDependencies(toml)),
    dependencies: Object.fromEntries(
      Object.entries(pluginDependencies(toml)).map(([name, entry]) => [name, dependencyOf(entry)]),
    ),
    requires: { ...toml.requires },
    provides: { languages: [...(provides?.languages ?? [])], commands: [...(provides?.commands ?? [])] },
    bin: { ...toml.bin },
    configSchema: toml.config?.schema,
    notes: toml.install?.notes,
    testing: defined({
      testSuite: testing?.test_suite,
      benchmarkSuite: testing?.benchmark_suite,
      performanceValidated: testing?.performance_validated ?? false,
    }),
    build:
      toml.build === undefined ? undefined : { command: [...toml.build.command], output: toml.build.output },
    metadata: { ...toml.metadata },
    registry: toml.release?.registry,
    source: toml.source === undefined ? undefined : { ...toml.source },
    artifacts: (toml.artifact ?? []).map(artifactOf),
  });
}

/** The TOML tables of a manifest; what has its default value is left out. */
export function toToml(manifest: Manifest): Readonly<Record<string, unknown>> {
  const { security, performance, provides, testing } = manifest;
  return {
    plugin: {
      name: manifest.name,
      version: manifest.version,
      description: manifest.description,
      display_name: manifest.displayName,
      author: authorToml(manifest.authors),
      license: manifest.license,
      repository: manifest.repository,
      homepage: manifest.homepage,
      keywords: nonEmpty(manifest.keywords),
      category: manifest.category,
      discussions: manifest.links.discussions,
      support: manifest.links.support,
      purchase: manifest.links.purchase,
      container_image: manifest.containerImage,
    },
    compatibility: Object.fromEntries(
      Object.entries(sorted(manifest.engines)).map(([engine, range]) => [`${engine}${ENGINE_SUFFIX}`, range]),
    ),
    performance: {
      max_query_time_us: performance.maxQueryTimeUs,
      max_memory_mb: performance.maxMemoryMb,
      cpu_intensive: performance.cpuIntensive || undefined,
    },
    security: {
      tier: security.tier,
      capabilities: nonEmpty(
        security.capabilities.map((request) =>
          request.reason === undefined && !request.optional
            ? request.id
            : defined({ id: request.id, reason: request.reason, optional: request.optional || undefined }),
        ),
      ),
      sandbox_required: security.sandboxRequired || undefined,
      level: security.level === 'standard' ? undefined : security.level,
      abi: security.abi,
    },
    dependencies: {
      ...sorted(manifest.packages),
      plugins: dependenciesToml(manifest.dependencies),
    },
    requires: sorted(manifest.requires),
    provides: { languages: nonEmpty(provides.languages), commands: nonEmpty(provides.commands) },
    bin: sorted(manifest.bin),
    config: { schema: manifest.configSchema },
    install: { notes: manifest.notes },
    testing: {
      test_suite: testing.testSuite,
      benchmark_suite: testing.benchmarkSuite,
      performance_validated: testing.performanceValidated || undefined,
    },
    build: { command: manifest.build?.command, output: manifest.build?.output },
    metadata: sorted(manifest.metadata),
    release: { registry: manifest.registry },
    source: {
      repository: manifest.source?.repository,
      commit: manifest.source?.commit,
      tag: manifest.source?.tag,
    },
    artifact: nonEmpty(manifest.artifacts.map(artifactOf)),
  };
}

function authorsOf(author: ManifestToml['plugin']['author']): readonly Author[] {
  if (author === undefined) return [];
  const list = isList(author) ? author : [author];
  return list.map((entry) => (typeof entry === 'string' ? { name: entry } : authorOf(entry)));
}

function authorOf({ name, email, url }: Author): Author {
  return defined({ name, email, url });
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

function authorToml(authors: readonly Author[]): unknown {
  const entries = authors.map((author) =>
    author.email === undefined && author.url === undefined ? author.name : authorOf(author),
  );
  return entries.length === 1 ? entries[0] : nonEmpty(entries);
}

function enginesOf(compatibility: ManifestToml['compatibility']): Readonly<Record<string, VersionRange>> {
  return Object.fromEntries(
    Object.entries(compatibility ?? {}).map(([key, range]) => [
      key.slice(0, -ENGINE_SUFFIX.length),
      range as VersionRange,
    ]),
  );
}

function capabilityOf(entry: string | CapabilityToml): CapabilityRequest {
  if (typeof entry === 'string') return { id: entry, optional: false };
  return defined({ id: entry.id, reason: entry.reason, optional: entry.optional ?? false });
}

function dependencyOf(entry: string | DependencyToml): PluginDependency {
  const table = typeof entry === 'string' ? { version: entry } : entry;
  return defined({
    range: table.version as VersionRange,
    registry: table.registry,
    optional: table.optional ?? false,
  });
}

function dependenciesToml(dependencies: Manifest['dependencies']): unknown {
  const entries = Object.entries(sorted(dependencies)).map(([name, { range, registry, optional }]) => [
    name,
    registry === undefined && !optional
      ? range
      : defined({ version: range, registry, optional: optional || undefined }),
  ]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function artifactOf(artifact: NonNullable<ManifestToml['artifact']>[number]): Artifact {
  return defined({
    kind: artifact.kind,
    platform: artifact.platform,
    url: artifact.url,
    size: artifact.size,
    sha256: artifact.sha256 as Sha256,
    entry: artifact.entry,
    files: artifact.files?.map(({ from, to }) => ({ from, to })),
    attestation: artifact.attestation,
  });
}
