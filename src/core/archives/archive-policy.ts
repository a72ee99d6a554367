import { invalidFile, SheafError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { quote } from '../text.ts';
import { archiveNameFault, foldArchivePath } from './archive-name.ts';

/** What an archive says an entry is. Only the first two are ever unpacked. */
export type ArchiveEntryType =
  | 'file'
  | 'directory'
  | 'hard link'
  | 'symbolic link'
  | 'character device'
  | 'block device'
  | 'FIFO'
  | 'socket'
  | 'entry of unknown type';

/** One entry as the archive lists it. Nothing about it is believed. */
export interface ArchiveEntry {
  /** With `/`; a directory may end in one. */
  readonly path: string;
  readonly type: ArchiveEntryType;
  /** Unpacked bytes. */
  readonly size: number;
  /** Permission bits, set-ID bits included; undefined when the archive has none. */
  readonly mode?: number;
}

/** A file as it will be written. */
export interface PlannedFile {
  readonly path: string;
  readonly size: number;
  readonly mode: 0o644 | 0o755;
  /** Position among the entries that were judged. */
  readonly entry: number;
}

/** An archive that was found harmless: what to make, and nothing else. */
export interface ArchivePlan {
  /** Every directory, parents first. */
  readonly directories: readonly string[];
  /** In the order of the archive. */
  readonly files: readonly PlannedFile[];
  readonly bytes: number;
}

const SET_ID = 0o6000;
const EXECUTE = 0o111;
/** Below this many unpacked bytes no ratio is too high: a page of blanks packs well and harms nobody. */
const RATIO_FREE_BYTES = 1024 * 1024;

/**
 * Judges a complete listing before the first file is written. Allowed are files and directories, under names
 * that mean the same on every file system, within the bounds of `LIMITS`; modes become 0644 or 0755. A single
 * leading `./`, which `tar -C DIR .` writes before every name, is dropped first.
 *
 * @param archive its name for messages, and its length in bytes for the ratio.
 * @throws SheafError `SHEAF_ARCHIVE` with every finding.
 */
export function judgeArchive(
  entries: readonly ArchiveEntry[],
  archive: { readonly name: string; readonly packedBytes: number },
): ArchivePlan {
  const findings: Finding[] = [];
  const refuse = (rule: string, message: string): void => {
    if (findings.length < LIMITS.findingsPerFile) {
      findings.push({ rule, severity: 'error', place: { file: archive.name }, message });
    }
  };
  if (entries.length > LIMITS.archiveEntries) {
    throw tooManyEntries();
  }
  const tree = new PathTree();
  const files: PlannedFile[] = [];
  let bytes = 0;
  for (const [position, entry] of entries.entries()) {
    // The directory that is unpacked into; its own mode and time are of no interest.
    if (entry.type === 'directory' && (entry.path === './' || entry.path === '.')) continue;
    const path = plainPath(entry);
    const fault = entryFault(entry) ?? nameFault(entry.path, path);
    if (fault !== undefined) {
      refuse(fault.rule, fault.message);
      continue;
    }
    bytes += entry.size;
    const clash = tree.add(path, entry.type === 'file');
    if (clash !== undefined) refuse('archive-collision', clash);
    if (entry.type === 'file') {
      const executable = ((entry.mode ?? 0) & EXECUTE) !== 0;
      files.push({ path, size: entry.size, mode: executable ? 0o755 : 0o644, entry: position });
    }
  }
  const bomb = bombFault(bytes, archive.packedBytes);
  if (bomb !== undefined) refuse('archive-bomb', bomb);
  if (files.length === 0 && findings.length === 0) refuse('archive-empty', 'The archive holds no file.');
  if (findings.length > 0) throw invalidFile(findings, 'SHEAF_ARCHIVE');
  return { directories: tree.directories(), files, bytes };
}

/** The refusal for an archive with more entries than are looked at. */
export function tooManyEntries(): SheafError {
  return new SheafError('SHEAF_ARCHIVE', `The archive has more than ${LIMITS.archiveEntries} entries.`);
}

/** Why that many unpacked bytes are too many for an archive of that length; undefined when they are not. */
export function bombFault(unpackedBytes: number, packedBytes: number): string | undefined {
  if (unpackedBytes > LIMITS.archiveTotalBytes) {
    return `The archive unpacks to more than ${LIMITS.archiveTotalBytes} bytes.`;
  }
  if (unpackedBytes > RATIO_FREE_BYTES && unpackedBytes > packedBytes * LIMITS.archiveRatio) {
    return `The archive unpacks to more than ${LIMITS.archiveRatio} times its size.`;
  }
  return undefined;
}

interface Fault {
  readonly rule: string;
  readonly message: string;
}

function entryFault(entry: ArchiveEntry): Fault | undefined {
  const name = quote(entry.path);
  if (entry.type !== 'file' && entry.type !== 'directory') {
    const article = entry.type.startsWith('entry') ? 'an' : 'a';
    return {
      rule: 'archive-entry-type',
      message: `${name} is ${article} ${entry.type}; only files and directories are allowed.`,
    };
  }
  if (!Number.isSafeInteger(entry.size) || entry.size < 0) {
    return { rule: 'archive-size', message: `${name} states no possible size.` };
  }
  if (entry.size > LIMITS.archiveFileBytes) {
    return { rule: 'archive-size', message: `${name} is longer than ${LIMITS.archiveFileBytes} bytes.` };
  }
  // Directories inherit set-group-ID on many systems, so packers write it in good faith; files never have it so.
  if (entry.type === 'file' && ((entry.mode ?? 0) & SET_ID) !== 0) {
    return { rule: 'archive-set-id', message: `${name} is marked set-user-ID or set-group-ID.` };
  }
  return undefined;
}

function nameFault(shown: string, path: string): Fault | undefined {
  const fault = archiveNameFault(path);
  return fault === undefined ? undefined : { rule: 'archive-name', message: `${quote(shown)} ${fault}.` };
}

function plainPath(entry: ArchiveEntry): string {
  const path = entry.path.startsWith('./') ? entry.path.slice(2) : entry.path;
  return entry.type === 'directory' && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** Every path seen, by what a careless file system takes for the same name. */
class PathTree {
  readonly #seen = new Map<string, { path: string; file: boolean; listed: boolean }>();

  /** Adds a path and its parents; the sentence of the first collision, if there is one. */
  add(path: string, file: boolean): string | undefined {
    for (let slash = path.indexOf('/'); slash !== -1; slash = path.indexOf('/', slash + 1)) {
      const clash = this.#place(path.slice(0, slash), false, false);
      if (clash !== undefined) return clash;
    }
    return this.#place(path, file, true);
  }

  directories(): string[] {
    return [...this.#seen.values()].filter(({ file }) => !file).map(({ path }) => path);
  }

  #place(path: string, file: boolean, listed: boolean): string | undefined {
    const key = foldArchivePath(path);
    const there = this.#seen.get(key);
    if (there === undefined) {
      this.#seen.set(key, { path, file, listed });
      return undefined;
    }
    if (there.path !== path) {
      return `${quote(there.path)} and ${quote(path)} are one name where letter case or spelling does not count.`;
    }
    if (there.file !== file) return `${quote(path)} is both a file and a directory.`;
    if (there.listed && listed) return `${quote(path)} is there twice.`;
    there.listed ||= listed;
    return undefined;
  }
}
