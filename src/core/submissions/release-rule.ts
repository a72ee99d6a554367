import type { Path } from '../documents/source-text.ts';
import type { Severity } from '../finding.ts';
import type { Artifact } from '../formats/manifest.ts';
import { IMPORT_OWNER } from '../import/import-owner.ts';
import { LIMITS } from '../limits.ts';
import { quote } from '../text.ts';
import type { Change, ChangedPlugin, ExaminedArtifact, SubmittedRelease } from './change.ts';
import type { ChangeFault, ChangeRule } from './change-rule.ts';
import { placeOfKey } from './key-place.ts';

/** A release that is judged, and what it is part of. */
export interface JudgedRelease {
  readonly change: Change;
  readonly plugin: ChangedPlugin;
  readonly release: SubmittedRelease;
  /**
   * Whether it was converted from another ecosystem's list. Its archives were not made for this registry, so they
   * need not hold what an author of this one packs.
   */
  readonly isImported: boolean;
}

/** Reports a fault at a key of the release's manifest. */
export type Say = (severity: Severity, path: Path, message: string, fix: string) => void;

/** A rule about what is in a release, asked for each that a change adds. */
export function releaseRule(
  rule: Omit<ChangeRule, 'judge'> & {
    readonly judge: (submission: JudgedRelease, say: Say) => void | Promise<void>;
  },
): ChangeRule {
  return {
    ...rule,
    async judge(change) {
      const faults: ChangeFault[] = [];
      for (const plugin of change.plugins) {
        const isImported = isFromImport(change, plugin);
        for (const release of plugin.releases) {
          const found: ChangeFault[] = [];
          await rule.judge({ change, plugin, release, isImported }, (severity, path, message, fix) => {
            if (found.length === LIMITS.findingsPerFile) return;
            found.push({ severity, place: placeOfKey(release.path, release.bytes, path), message, fix });
          });
          faults.push(...found);
        }
      }
      return faults;
    },
  };
}

/** An owner of that name whom the change itself brings would be somebody who wants to be judged mildly. */
function isFromImport({ owners }: Change, { before, after }: ChangedPlugin): boolean {
  return (after ?? before)?.owner === IMPORT_OWNER && owners.get(IMPORT_OWNER)?.isNew === false;
}

/** An artifact that could be opened, and where it stands in the manifest. */
export interface OpenedArtifact {
  readonly artifact: Artifact;
  readonly files: NonNullable<ExaminedArtifact['files']>;
  readonly path: Path;
  /** Its file, for messages, in quotes. */
  readonly title: string;
}

/** The artifacts of a release that could be opened. */
export function openedArtifacts({ artifacts }: SubmittedRelease): readonly OpenedArtifact[] {
  return artifacts.flatMap(({ artifact, files }, index) =>
    files === undefined
      ? []
      : [{ artifact, files, path: ['artifact', index, 'url'], title: artifactTitle(artifact) }],
  );
}

/** The name of an artifact's file, in quotes. */
export function artifactTitle({ url }: Artifact): string {
  return quote(url.slice(url.lastIndexOf('/') + 1) || url);
}
