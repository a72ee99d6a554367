import { entryOf } from '../../core/archives/artifact-entry.ts';
import { AUTHOR_MANIFEST } from '../../core/authoring/author-manifest.ts';
import { carriedSuites } from '../../core/authoring/carried-files.ts';
import type { PluginFile } from '../../core/authoring/ports.ts';
import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { Artifact, ReleaseManifest } from '../../core/formats/manifest.ts';
import type { LayOut } from '../../core/measuring/ports.ts';
import type { SourceBuilder } from '../../core/ports.ts';
import { isolates } from '../../core/runtime/isolation.ts';

interface BuildPorts {
  readonly builder: SourceBuilder;
  readonly layOut: LayOut;
}

/** What nobody compiles. */
const TEXTS = /^(licen[cs]e|copying|notice|readme)(\.|-|$)/i;

/**
 * Builds a release from the source that it brings, by the recipe of its manifest, in a sandbox without network.
 *
 * @throws SheafError `SHEAF_TOOL` when it cannot be built, `SHEAF_TIMEOUT`, `SHEAF_ISOLATION` on a machine that cannot
 *   keep compilers of strangers apart.
 */
export async function buildSource(
  { builder, layOut }: BuildPorts,
  { name, build, requires }: ReleaseManifest,
  files: readonly PluginFile[],
): Promise<PluginFile> {
  const [program, ...words] = build?.command ?? [];
  if (build === undefined || program === undefined) {
    throw new SheafError('SHEAF_TOOL', `${name} is source, and its manifest does not say how it is built.`);
  }
  const { level } = await builder.isolation();
  if (!isolates(level, 'os')) {
    throw new SheafError('SHEAF_ISOLATION', `${name} is not built here, where builds cannot be isolated.`);
  }
  const source = await layOut(files);
  try {
    const command = [program, ...words] as const;
    const { output } = build;
    const bytes = await builder.build({
      plugin: name,
      directory: source.directory,
      command,
      output,
      requires: Object.keys(requires),
    });
    return { path: output, kind: 'file', bytes };
  } finally {
    await source.remove();
  }
}

/**
 * Whether a build of our own gives the bytes of the release; undefined when there is nothing to be built. A binary that
 * comes with its source is compared with what that becomes; of a release that is source alone, two builds are compared,
 * because every user makes one.
 *
 * @throws SheafError as {@link buildSource}.
 */
export async function buildAgain(
  ports: BuildPorts,
  manifest: ReleaseManifest,
  { artifact, files }: { readonly artifact: Artifact; readonly files: readonly PluginFile[] },
): Promise<boolean | undefined> {
  if (manifest.build === undefined) return undefined;
  if (artifact.kind === 'source') {
    const first = await buildSource(ports, manifest, files);
    const second = await buildSource(ports, manifest, files);
    return sha256(first.bytes) === sha256(second.bytes);
  }
  const entry = entryOf(artifact, manifest.name, manifest.build);
  const published = files.find(({ path }) => path === entry);
  const others = files.filter(({ path }) => path !== entry);
  if (published === undefined || !others.some((file) => mayBeSource(file, manifest, others)))
    return undefined;
  const { bytes } = await buildSource(ports, manifest, others);
  return sha256(bytes) === sha256(published.bytes);
}

function mayBeSource({ path }: PluginFile, manifest: ReleaseManifest, files: readonly PluginFile[]): boolean {
  if (path === AUTHOR_MANIFEST || TEXTS.test(path)) return false;
  return !carriedSuites(manifest, files).some((suite) => suite.path === path);
}
