import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { customSection, isWasmModule } from '../../core/archives/wasm-section.ts';
import { AUTHOR_MANIFEST } from '../../core/authoring/author-manifest.ts';
import { sha256 } from '../../core/digest.ts';
import { SheafError } from '../../core/errors.ts';
import type { Artifact } from '../../core/formats/manifest.ts';
import { LIMITS } from '../../core/limits.ts';
import { ANY_PLATFORM } from '../../core/platform.ts';
import { pluginName } from '../../core/plugin-name.ts';
import type { LocalContent, LocalPlugins } from '../../core/ports.ts';
import { quote } from '../../core/text.ts';
import { unpackArtifact } from '../archives/archive.ts';
import { isErrno, readFileIfExists, toSheafError } from '../files.ts';

/** The author's manifest: a file at the top of a folder or archive, a custom section of a bare module. */

/** What tools leave in a working directory and no plugin consists of; whatever begins with a dot is left out, too. */
const LEFT_OUT: ReadonlySet<string> = new Set(['node_modules']);

/** The plugins in folders and files of this machine, as a project in `directory` names them. */
export function createLocalPlugins(directory: string): LocalPlugins {
  const project = resolve(directory);
  return {
    fromProject(path) {
      const way = relative(project, resolve(path));
      // On another drive of Windows there is no relative path.
      if (isAbsolute(way)) return way;
      const parts = way.split(sep).join('/');
      return parts.startsWith('../') || parts === '..' ? parts : `./${parts}`;
    },
    async read(path) {
      const place = resolve(project, path);
      return (await isDirectory(place, path))
        ? await readFolder(place, path)
        : await readArtifact(place, path);
    },
  };
}

async function isDirectory(place: string, path: string): Promise<boolean> {
  try {
    const status = await stat(place);
    if (status.isDirectory() || status.isFile()) return status.isDirectory();
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw toSheafError(error, `looking at ${quote(path)}`);
  }
  throw new SheafError('SHEAF_PATH', `There is no folder or file ${quote(path)}.`, {
    hint: 'Check the path; on the command line it counts from the directory you are in, in sheaf.toml from that file.',
  });
}

async function readFolder(place: string, path: string): Promise<LocalContent> {
  const files = (await filesBelow(place, '')).toSorted();
  const manifest = await readFileIfExists(join(place, AUTHOR_MANIFEST), LIMITS.manifestBytes);
  if (manifest === undefined) throw withoutManifest(path, `there is no ${AUTHOR_MANIFEST} in it`);
  // Loaded here: only installs of folders pay for the packer.
  const { packDirectory } = await import('../archives/pack-archive.ts');
  return { kind: 'archive', bytes: await packDirectory(place, files, path), manifest, files };
}

/** Links are listed, too, so that packing refuses them: what they lead to may be anything of this machine. */
async function filesBelow(directory: string, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || LEFT_OUT.has(entry.name)) continue;
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) found.push(...(await filesBelow(join(directory, entry.name), `${path}/`)));
    else found.push(path);
    if (found.length <= LIMITS.archiveEntries) continue;
    throw new SheafError(
      'SHEAF_ARCHIVE',
      `${quote(directory)} holds more than ${LIMITS.archiveEntries} files.`,
      {
        hint: 'Name the folder of the plugin itself.',
      },
    );
  }
  return found;
}

async function readArtifact(place: string, path: string): Promise<LocalContent> {
  const bytes = (await readFileIfExists(place, LIMITS.artifactBytes)) ?? new Uint8Array();
  if (isWasmModule(bytes)) {
    const manifest = customSection(bytes, AUTHOR_MANIFEST, quote(path));
    if (manifest === undefined) throw withoutManifest(path, `it has no custom section ${AUTHOR_MANIFEST}`);
    return { kind: 'wasm', bytes, manifest, files: ['plugin.wasm'] };
  }
  const unpacked = await mkdtemp(join(tmpdir(), 'sheaf-local-'));
  try {
    const artifact: Artifact = {
      kind: 'archive',
      platform: ANY_PLATFORM,
      url: path,
      sha256: sha256(bytes),
      size: bytes.byteLength,
    };
    const destination = join(unpacked, 'files');
    await unpackArtifact({ plugin: pluginName('local'), artifact, path: place, destination });
    const manifest = await readFileIfExists(join(destination, AUTHOR_MANIFEST), LIMITS.manifestBytes);
    if (manifest === undefined) throw withoutManifest(path, `there is no ${AUTHOR_MANIFEST} at its top`);
    return { kind: 'archive', bytes, manifest, files: (await filesBelow(destination, '')).toSorted() };
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

function withoutManifest(path: string, why: string): SheafError {
  return new SheafError('SHEAF_INVALID_FILE', `${quote(path)} is no plugin: ${why}.`, {
    hint: `Point at the folder that holds ${AUTHOR_MANIFEST}, or at an artifact that carries it.`,
  });
}
