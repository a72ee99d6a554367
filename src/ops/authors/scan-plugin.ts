import type { MalwareScanner, PluginFolders } from '../../core/authoring/ports.ts';
import { defined } from '../../core/defined.ts';
import { sha256 } from '../../core/digest.ts';
import { baseName } from '../../core/documents/file-reading.ts';
import { valueOf } from '../../core/finding.ts';
import { type Advisory, readAdvisory } from '../../core/formats/advisory.ts';
import { readOsvAdvisory } from '../../core/formats/osv-file.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Sha256 } from '../../core/object-ref.ts';
import type { Platform } from '../../core/platform.ts';
import type { NamedFiles } from '../../core/ports.ts';
import type { ArtifactDigest } from '../../core/scanning/scan-context.ts';
import { type ScanReport, scanPlugin } from '../../core/scanning/score.ts';
import { pathOf, readAuthorPlugin } from './author-plugin.ts';

/** What a scan says of a plugin. */
export interface ScannedPlugin extends ScanReport {
  readonly name: string;
  readonly version: string;
}

/** What a scan compares the plugin with. */
export interface ScanOptions {
  /** Folder with advisories of a registry, or of any database in the OSV format. */
  readonly advisories?: string;
  /** That the artifact is for. */
  readonly platform?: Platform;
  /** That the release states of the artifact. */
  readonly sha256?: Sha256;
}

/** What it reads with. */
export interface ScanPorts {
  readonly folders: PluginFolders;
  readonly files: Pick<NamedFiles, 'read'>;
  /** Absent when no antivirus program is asked. */
  readonly antivirus?: MalwareScanner;
}

/**
 * Looks through the files of a plugin for what is dangerous or hidden, without running any of it.
 *
 * @param path a folder or an artifact.
 * @throws SheafError `SHEAF_PATH`, `SHEAF_INVALID_FILE`, `SHEAF_ARCHIVE`; `SHEAF_TOOL` when the antivirus program is
 *   missing or failed.
 */
export async function scanAuthorPlugin(
  { folders, files: named, antivirus }: ScanPorts,
  path: string,
  { advisories, platform, sha256: stated }: ScanOptions = {},
): Promise<ScannedPlugin> {
  const { manifest, files } = await readAuthorPlugin(folders, path);
  const context = defined({
    advisories: advisories === undefined ? undefined : await readAdvisories(folders, advisories),
    platform,
    digest: stated === undefined ? undefined : await digestOf(named, path, stated),
    malware: await antivirus?.scan(files),
  });
  const report = scanPlugin(manifest, files, (file) => pathOf(path, file), context);
  return { name: manifest.name, version: manifest.version, ...report };
}

/** One that is broken refuses all of them: passed over, it could not warn anybody. */
async function readAdvisories(folders: PluginFolders, folder: string): Promise<readonly Advisory[]> {
  const files = await folders.read(folder);
  return files
    .filter(({ path, kind }) => kind === 'file' && path.endsWith('.json'))
    .map(({ path, bytes }) => {
      const isOfRegistry = baseName(path).startsWith('PLUG-');
      return valueOf((isOfRegistry ? readAdvisory : readOsvAdvisory)(bytes, pathOf(folder, path)));
    });
}

async function digestOf(files: ScanPorts['files'], path: string, stated: Sha256): Promise<ArtifactDigest> {
  return { stated, found: sha256(await files.read(path, LIMITS.artifactBytes)) };
}
