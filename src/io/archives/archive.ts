import { createHash } from 'node:crypto';
import { chmod, copyFile, type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pickFiles } from '../../core/archives/archive-picks.ts';
import { type ArchivePlan, judgeArchive, type PlannedFile } from '../../core/archives/archive-policy.ts';
import { entryOf } from '../../core/archives/artifact-entry.ts';
import type { Sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { Artifact } from '../../core/formats/manifest.ts';
import { ANY_PLATFORM } from '../../core/platform.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import { quote } from '../../core/text.ts';
import { isErrno, syncDirectory, toSheafError } from '../files.ts';
import { type ArchiveReader, fileBytes, malformed } from './archive-reader.ts';

/** An artifact on disk, its digest already checked, and the plugin it belongs to. */
export interface StoredArtifact {
  readonly plugin: PluginName;
  readonly artifact: Artifact;
  /** Where it lies. */
  readonly path: string;
}

/** What an unpacked file must look like. */
export interface ListedFile {
  readonly sha256: Sha256;
  readonly size: number;
  readonly mode: 0o644 | 0o755;
}

/**
 * Unpacks an artifact into a directory that does not exist yet. Every entry is judged before the first file is
 * written; after a refusal the directory is not there.
 *
 * An archive or a source archive is unpacked, or what `files` picks of it; a wasm module becomes `entry` or
 * `plugin.wasm`, a binary `entry` or the plugin's name. Files get mode 0644 or 0755 whatever the umask says.
 *
 * @throws SheafError `SHEAF_ARCHIVE`, `SHEAF_EXISTS`, `SHEAF_PERMISSION`, `SHEAF_DISK_FULL`.
 */
export async function unpackArtifact(
  order: StoredArtifact & { readonly destination: string },
): Promise<void> {
  const { destination } = order;
  await reading(order, async (plan, contents) => {
    await makeDirectory(destination);
    try {
      for (const directory of plan.directories) await makeDirectory(join(destination, directory));
      for await (const { targets, body } of contents) await writeTargets(destination, targets, body);
      for (const directory of plan.directories.toReversed())
        await syncDirectory(join(destination, directory));
      await syncDirectory(destination);
      await syncDirectory(dirname(destination));
    } catch (error) {
      await rm(destination, { recursive: true, force: true });
      throw toSheafError(error, `unpacking ${quote(nameOf(order.artifact))}`);
    }
  });
}

/**
 * What {@link unpackArtifact} makes of an artifact, by relative path: the truth that installed files are
 * compared with. Nothing is written.
 *
 * @throws SheafError `SHEAF_ARCHIVE`.
 */
export async function listing(order: StoredArtifact): Promise<ReadonlyMap<string, ListedFile>> {
  const files = new Map<string, ListedFile>();
  await reading(order, async (_plan, contents) => {
    for await (const { targets, body } of contents) {
      const hash = createHash('sha256');
      for await (const chunk of body) hash.update(chunk);
      const sha256 = hash.digest('hex') as Sha256;
      for (const { path, size, mode } of targets) files.set(path, { sha256, size, mode });
    }
  });
  return files;
}

/**
 * What {@link unpackArtifact} makes of an artifact, in memory.
 *
 * @param maxBytes what all files together may have; judged before the first is read.
 * @throws SheafError `SHEAF_ARCHIVE`, `SHEAF_SIZE`.
 */
export async function unpacked(
  order: StoredArtifact,
  maxBytes: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  await reading(order, async (plan, contents) => {
    if (plan.bytes > maxBytes) {
      throw new SheafError(
        'SHEAF_SIZE',
        `${quote(nameOf(order.artifact))} unpacks to ${plan.bytes} bytes; at most ${maxBytes} are looked at.`,
      );
    }
    for await (const { targets, body } of contents) {
      const [first] = targets;
      const bytes = await bodyBytes(body, first?.size ?? 0);
      for (const { path } of targets) files.set(path, bytes);
    }
  });
  return files;
}

async function bodyBytes(body: AsyncIterable<Uint8Array>, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let end = 0;
  for await (const chunk of body) {
    // The listing was judged; a body that is longer was not.
    if (end + chunk.byteLength > size) throw malformed('changed while it was unpacked');
    bytes.set(chunk, end);
    end += chunk.byteLength;
  }
  if (end !== size) throw malformed('changed while it was unpacked');
  return bytes;
}

/** One file of the artifact and every place it goes to. */
interface Content {
  readonly targets: readonly PlannedFile[];
  readonly body: AsyncIterable<Uint8Array>;
}

/** Opens and judges an artifact, and hands on its plan and its contents. */
async function reading(
  order: StoredArtifact,
  use: (plan: ArchivePlan, contents: AsyncIterable<Content>) => Promise<void>,
): Promise<void> {
  const file = await openFile(order.path);
  try {
    const { size } = await file.stat();
    const reader = await readerFor(order, file, size);
    const plan = planFor(
      order.artifact,
      judgeArchive(await reader.list(), {
        name: nameOf(order.artifact),
        packedBytes: size,
      }),
    );
    await use(plan, contentsOf(reader, plan));
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw isErrno(error, 'ENOENT')
      ? new SheafError('SHEAF_PATH', `There is no file ${quote(path)}.`)
      : toSheafError(error, `reading ${quote(path)}`);
  }
}

async function readerFor(order: StoredArtifact, file: FileHandle, size: number): Promise<ArchiveReader> {
  const { artifact, plugin } = order;
  switch (artifact.kind) {
    case 'wasm':
      return singleFile(file, size, entryOf(artifact, plugin) ?? '', 0o644);
    case 'binary':
      return singleFile(file, size, entryOf(artifact, plugin) ?? '', 0o755);
    case 'archive':
    case 'source': {
      // The first bytes decide, not the name: that is what the reader believes too.
      const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
      // The libraries are loaded here, so that a command that unpacks nothing does not pay for them.
      if (buffer.readUInt16BE(0) === 0x1f8b) {
        const { createTarReader } = await import('./archive-tar.ts');
        return createTarReader(file, size);
      }
      if (buffer.toString('latin1') === 'PK\u0003\u0004') {
        const { createZipReader } = await import('./archive-zip.ts');
        return createZipReader(file, size);
      }
      throw malformed('is neither a .tar.gz nor a .zip file');
    }
    default:
      throw new SheafError('SHEAF_INTERNAL', `There is no artifact kind ${quote(String(artifact.kind))}.`);
  }
}

/** A file that is no archive, in the form of an archive with one entry. */
function singleFile(file: FileHandle, size: number, path: string, mode: number): ArchiveReader {
  return {
    list: () => Promise.resolve([{ path, type: 'file', size, mode }]),
    async *contents() {
      yield { position: 0, body: fileBytes(file) };
    },
  };
}

/** The judged plan after `files` and `entry` of the manifest. */
function planFor(artifact: Artifact, judged: ArchivePlan): ArchivePlan {
  const plan = artifact.files === undefined ? judged : pickFiles(judged, artifact.files, nameOf(artifact));
  const { entry } = artifact;
  if (entry === undefined) return plan;
  if (!plan.files.some(({ path }) => path === entry)) {
    throw new SheafError(
      'SHEAF_ARCHIVE',
      `${quote(nameOf(artifact))} does not contain its entry ${quote(entry)}.`,
    );
  }
  if (artifact.platform === ANY_PLATFORM) return plan;
  // What runs on one platform only is a program, also when it was packed where files have no such mode.
  const files = plan.files.map((file) => (file.path === entry ? { ...file, mode: 0o755 as const } : file));
  return { ...plan, files };
}

async function* contentsOf(reader: ArchiveReader, plan: ArchivePlan): AsyncGenerator<Content> {
  const targets = new Map<number, PlannedFile[]>();
  for (const file of plan.files) targets.set(file.entry, [...(targets.get(file.entry) ?? []), file]);
  for await (const { position, body } of reader.contents(new Set(targets.keys()))) {
    yield { targets: targets.get(position) ?? [], body };
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path);
    await chmod(path, 0o755);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) throw new SheafError('SHEAF_EXISTS', `${quote(path)} is there already.`);
    throw toSheafError(error, `creating ${quote(path)}`);
  }
}

async function writeTargets(
  destination: string,
  targets: readonly PlannedFile[],
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const [first, ...copies] = targets;
  if (first === undefined) return;
  const path = join(destination, first.path);
  await writeNew(path, body, first);
  for (const copy of copies) {
    await copyFile(path, join(destination, copy.path));
    await chmod(join(destination, copy.path), copy.mode);
  }
}

async function writeNew(path: string, body: AsyncIterable<Uint8Array>, planned: PlannedFile): Promise<void> {
  // Exclusive, so that not even a link that appeared in the meantime is followed.
  const handle = await open(path, 'wx', planned.mode);
  try {
    let size = 0;
    for await (const chunk of body) {
      size += chunk.byteLength;
      // The listing was judged; a body that is longer was not.
      if (size > planned.size) throw malformed('changed while it was unpacked');
      await handle.appendFile(chunk);
    }
    if (size !== planned.size) throw malformed('changed while it was unpacked');
    await handle.chmod(planned.mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The file name in the artifact's address, for messages. */
function nameOf(artifact: Artifact): string {
  const path = URL.canParse(artifact.url) ? new URL(artifact.url).pathname : artifact.url;
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === '' ? 'the archive' : name;
}
