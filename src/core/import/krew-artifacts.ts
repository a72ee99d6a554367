import { isSha256, type Sha256 } from '../digest.ts';
import type { Path } from '../documents/source-text.ts';
import type { Artifact } from '../formats/manifest.ts';
import { PLATFORMS, type Platform } from '../platform.ts';
import { quote } from '../text.ts';
import { type PlacedFiles, placeFiles, renameProgram } from './krew-files.ts';
import type { KrewManifest, KrewPlatform } from './krew-manifest.ts';
import { matchingPlatforms, selectorText, servedPlatforms } from './krew-selector.ts';

/** The artifacts of a release, and the one name under which all of them hold the program. */
export interface KrewArtifacts {
  readonly artifacts: readonly Artifact[];
  /** For `[bin]`: without the extension that the program has on Windows. */
  readonly program: string;
}

/** Takes note of a loss, at a place of the manifest. */
export type Remark = (path: Path, rule: string, message: string) => void;

/** An archive whose files and program are known. */
interface Archive {
  readonly index: number;
  readonly from: KrewPlatform;
  readonly platforms: readonly Platform[];
  readonly placed: PlacedFiles;
  readonly entry: string;
}

const EXECUTABLE_ON_WINDOWS = /\.(exe|com|bat|cmd)$/i;

/**
 * Turns the platforms of a krew manifest into artifacts, one for each platform of sheaf. krew names the program
 * for each platform, a manifest of sheaf once; where the names differ, the program is renamed on its way out of
 * the archive.
 *
 * @param command the program's name when its archives do not agree on one.
 */
export function krewArtifacts({ platforms }: KrewManifest, command: string, remark: Remark): KrewArtifacts {
  const archives = servedPlatforms(platforms).flatMap(({ index, platforms: served }) => {
    const from = platforms[index];
    const archive = from === undefined ? undefined : openArchive(from, index, served, remark);
    return archive === undefined ? [] : [archive];
  });
  const names = new Set(archives.map(programName));
  const [name] = names;
  const program = names.size === 1 && name !== undefined ? name : command;
  const artifacts = archives.flatMap((archive) => {
    const extension = archive.entry.slice(programName(archive).length);
    return artifactsOf(renamed(archive, `${program}${extension}`, remark));
  });
  return {
    artifacts: artifacts.toSorted((a, b) => PLATFORMS.indexOf(a.platform) - PLATFORMS.indexOf(b.platform)),
    program,
  };
}

function openArchive(
  from: KrewPlatform,
  index: number,
  platforms: readonly Platform[],
  remark: Remark,
): Archive | undefined {
  const at: Path = ['spec', 'platforms', index];
  const leftOut = (key: string, rule: string, reason: string): undefined => {
    remark([...at, key], rule, `The archive for ${quote(selectorText(from))} is left out: ${reason}.`);
  };
  if (platforms.length === 0) {
    return matchingPlatforms(from).length === 0
      ? leftOut('selector', 'unknown-platform', 'sheaf knows no such platform')
      : leftOut('selector', 'hidden-platform', 'an earlier one is for the same machines');
  }
  if (!from.uri.startsWith('https://')) return leftOut('uri', 'insecure-url', 'its address is not https');
  if (!isSha256(from.sha256.toLowerCase())) return leftOut('sha256', 'digest', 'it has no SHA-256');
  const placed = placeFiles(from);
  for (const { move, rule, message } of placed.remarks) remark([...at, 'files', move], rule, message);
  if (placed.program === undefined) {
    const reason = `it cannot be told where in it ${quote(from.bin)} lies`;
    return leftOut('bin', 'unknown-program', reason);
  }
  const archive = { index, from, platforms, placed, entry: placed.program.entry };
  // krew links every program as NAME.exe on Windows, and cmd.exe runs nothing without an extension. An archive
  // that serves other systems too holds a script, whose interpreter is named in its first line.
  const needsExtension = isForWindows(archive) && !/\.[a-z0-9]{1,4}$/i.test(archive.entry);
  return needsExtension ? renamed(archive, `${archive.entry}.exe`, remark) : archive;
}

function renamed(archive: Archive, entry: string, remark: Remark): Archive {
  if (entry === archive.entry) return archive;
  const at: Path = ['spec', 'platforms', archive.index, 'bin'];
  remark(at, 'renamed-program', `${archive.entry} is installed as ${entry}.`);
  if (archive.placed.picks === undefined) {
    remark(at, 'only-program', `Of the archive with ${archive.entry} only the program is installed.`);
  }
  return { ...archive, placed: renameProgram(archive.placed, entry), entry };
}

function programName(archive: Archive): string {
  return isForWindows(archive) ? archive.entry.replace(EXECUTABLE_ON_WINDOWS, '') : archive.entry;
}

function isForWindows({ platforms }: Archive): boolean {
  return platforms.every((platform) => platform.startsWith('win32-'));
}

function artifactsOf({ from, platforms, placed, entry }: Archive): readonly Artifact[] {
  return platforms.map((platform) => ({
    kind: 'archive',
    platform,
    url: from.uri,
    sha256: from.sha256.toLowerCase() as Sha256,
    entry,
    ...(placed.picks === undefined ? {} : { files: placed.picks }),
  }));
}
