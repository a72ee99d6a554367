import { watch } from 'node:fs';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isWasmModule } from '../core/archives/wasm-section.ts';
import type { LaidOutPlugin, PluginFile, PluginFolders } from '../core/authoring/ports.ts';
import { sha256 } from '../core/digest.ts';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { ANY_PLATFORM } from '../core/platform.ts';
import { pluginName } from '../core/plugin-name.ts';
import { quote } from '../core/text.ts';
import { artifactFiles } from './archives/artifact-files.ts';
import { isErrno, toSheafError } from './files.ts';
import { layOutPlugin } from './lay-out-plugin.ts';

/** What compilers and package managers leave in a working folder; whatever begins with a dot is left out, too. */
const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules', 'dist', 'target']);

/** Whether a file or folder of that name is no part of a plugin. */
export function isLeftOut(name: string): boolean {
  return name.startsWith('.') || LEFT_OUT.has(name);
}

/** How long changes are collected before they count as one: editors write a file in several steps. */
const SETTLE_MS = 100;

/** The folders of authors on this machine. */
export function createPluginFolders(): PluginFolders {
  return { read, layOut, nextChange };
}

async function read(path: string): Promise<readonly PluginFile[]> {
  try {
    const status = await stat(path);
    if (!status.isDirectory()) requireSize(path, status.size);
    const files = status.isDirectory() ? await readBelow(path) : await readArtifact(path);
    return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      throw new SheafError('SHEAF_PATH', `There is no folder or file ${quote(path)}.`, {
        hint: 'Check the path; it counts from the directory you are in.',
      });
    }
    throw toSheafError(error, `reading ${quote(path)}`);
  }
}

async function layOut(path: string): Promise<LaidOutPlugin> {
  const status = await stat(path).catch(() => undefined);
  // What cannot be looked at is refused by `read`, which says why.
  if (status?.isDirectory() !== true) return layOutPlugin(await read(path));
  return { directory: resolve(path), remove: () => Promise.resolve() };
}

async function readBelow(root: string): Promise<PluginFile[]> {
  const found: PluginFile[] = [];
  let total = 0;
  const visit = async (prefix: string): Promise<void> => {
    for (const entry of await readdir(join(root, prefix), { withFileTypes: true })) {
      if (isLeftOut(entry.name)) continue;
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory()) {
        await visit(`${path}/`);
        continue;
      }
      const kind = entry.isFile() ? 'file' : entry.isSymbolicLink() ? 'link' : 'other';
      // What a link leads to may be anything of this machine.
      if (kind === 'file') total += (await lstat(join(root, path))).size;
      requireBounds(root, found.length, total);
      found.push({
        path,
        kind,
        bytes: kind === 'file' ? await readFile(join(root, path)) : new Uint8Array(),
      });
    }
  };
  await visit('');
  return found;
}

function requireSize(path: string, size: number): void {
  if (size <= LIMITS.artifactBytes) return;
  throw new SheafError(
    'SHEAF_SIZE',
    `${quote(path)} has ${size} bytes; at most ${LIMITS.artifactBytes} are read.`,
  );
}

function requireBounds(root: string, files: number, total: number): void {
  if (files < LIMITS.archiveEntries && total <= LIMITS.archiveTotalBytes) return;
  throw new SheafError(
    'SHEAF_ARCHIVE',
    `${quote(root)} holds more than ${LIMITS.archiveEntries} files or ${LIMITS.archiveTotalBytes} bytes.`,
    { hint: 'Name the folder of the plugin itself.' },
  );
}

async function readArtifact(path: string): Promise<readonly PluginFile[]> {
  const bytes = await readFile(path);
  const artifact = {
    kind: isWasmModule(bytes) ? 'wasm' : 'archive',
    platform: ANY_PLATFORM,
    url: path,
    sha256: sha256(bytes),
    size: bytes.byteLength,
  } as const;
  return artifactFiles({ plugin: pluginName('artifact'), artifact, path }, LIMITS.archiveTotalBytes);
}

/** Watches what `read` reads: what a build writes beside the sources would otherwise start the next one. */
async function nextChange(path: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve, reject) => {
    let settling: NodeJS.Timeout | undefined;
    const watcher = watch(path, { recursive: true, signal });
    const end = (): void => {
      clearTimeout(settling);
      watcher.close();
      resolve();
    };
    watcher.on('change', (_, name) => {
      const [top = ''] = String(name).split(/[/\\]/);
      if (isLeftOut(top) || String(name).endsWith('.wasm')) return;
      settling ??= setTimeout(end, SETTLE_MS);
    });
    watcher.on('error', (error) =>
      signal.aborted ? end() : reject(toSheafError(error, `watching ${quote(path)}`)),
    );
    signal.addEventListener('abort', end, { once: true });
  });
}
