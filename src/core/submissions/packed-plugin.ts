import { entryOf } from '../archives/artifact-entry.ts';
import type { CheckSubject } from '../checking/check-rule.ts';
import type { Manifest } from '../formats/manifest.ts';
import type { SubmittedRelease } from './change.ts';
import type { OpenedArtifact } from './release-rule.ts';

/** An artifact as the rules see it by which authors check their plugins. */
export function packedPlugin({ manifest, bytes }: SubmittedRelease, opened: OpenedArtifact): CheckSubject {
  const { artifact } = opened;
  const files = filesOf(manifest, opened);
  const path = entryOf(artifact, manifest.name);
  const entry = files.find((file) => file.path === path);
  return {
    manifest: { ...manifest, bin: programsOf(manifest, opened) },
    manifestBytes: bytes,
    files,
    entry: entry === undefined ? undefined : { path: entry.path, bytes: entry.bytes },
    // Suites stay with the author, and what they find is measured elsewhere.
    suites: { findings: [], tests: 0 },
  };
}

/** What the build of a source leaves will be there. */
function filesOf({ build }: Manifest, { artifact, files }: OpenedArtifact): CheckSubject['files'] {
  if (artifact.kind !== 'source' || build === undefined) return files;
  return [...files, { path: build.output, kind: 'file', bytes: new Uint8Array() }];
}

/** A manifest speaks for all platforms, and leaves out what the names of programs end with on Windows. */
function programsOf({ bin }: Manifest, { artifact, files }: OpenedArtifact): Manifest['bin'] {
  if (!artifact.platform.startsWith('win32-')) return bin;
  const present = (path: string): string =>
    [`${path}.exe`, `${path}.cmd`].find((name) => files.some((file) => file.path === name)) ?? path;
  return Object.fromEntries(Object.entries(bin).map(([command, path]) => [command, present(path)]));
}
