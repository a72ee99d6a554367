import type { FileToPack } from '../../core/archives/pack-archive.ts';
import { SheafError } from '../../core/errors.ts';
import type { Reading } from '../../core/finding.ts';
import { convertForgeai, FORGEAI_METADATA, statedArtifact } from '../../core/import/forgeai.ts';
import { type ForgeaiManifest, readForgeaiManifest } from '../../core/import/forgeai-manifest.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PublishedFile } from '../../core/publishing-ports.ts';
import { quote } from '../../core/text.ts';
import {
  type Candidate,
  type Imported,
  type ImportOptions,
  type ImportPorts,
  importList,
} from './import-list.ts';
import type { ImportCategory, ImportTarget } from './import-target.ts';

const MANIFEST = /(^|\/)plugin\.ya?ml$/;

// As in a new registry; one that lacks it gets it.
const CATEGORY: ImportCategory = {
  name: 'executors',
  title: 'Executors',
  description: 'Support for running code in one more language.',
  expertise: ['language-runtimes', 'sandboxing'],
};

/**
 * Imports plugins of ForgeAI: every `plugin.yaml` of a directory tree, or of a .tar.gz of one. A plugin that does
 * not say where it is to be had is packed from the files beside its plugin.yaml, if there is a place for archives.
 *
 * @throws SheafError `SHEAF_PATH` without any plugin.yaml, and as `importList`.
 */
export async function importForgeai(ports: ImportPorts, options: ImportOptions): Promise<Imported> {
  const { list: path } = options;
  const list = await ports.readList({
    path,
    wanted: (file) => MANIFEST.test(file),
    maxBytes: LIMITS.manifestBytes,
  });
  if (list.length === 0) {
    throw new SheafError('SHEAF_PATH', `There is no plugin.yaml in ${quote(path)}.`, {
      hint: 'Give a directory with one directory for each plugin, or a .tar.gz of it.',
    });
  }
  const read = list.map(({ path: file, bytes }) => ({ file, reading: readForgeaiManifest(bytes, file) }));
  return await importList(ports, options, {
    mark: FORGEAI_METADATA,
    category: CATEGORY,
    candidates: (target) => candidatesOf({ ports, options, target }, read),
  });
}

interface Source {
  readonly ports: ImportPorts;
  readonly options: ImportOptions;
  readonly target: ImportTarget;
}

/** A plugin.yaml, read. */
interface Listed {
  readonly file: PublishedFile['path'];
  readonly reading: Reading<ForgeaiManifest>;
}

async function* candidatesOf(source: Source, list: readonly Listed[]): AsyncGenerator<Candidate> {
  const names = new Set(list.flatMap(({ reading }) => reading.value?.name ?? []));
  const seen = new Map<string, string>();
  for (const { file, reading } of list) {
    const forgeai = reading.value;
    const directory = file.slice(0, Math.max(0, file.lastIndexOf('/')));
    const about = { name: forgeai?.name ?? (directory === '' ? file : directory), file };
    const first = seen.get(about.name);
    if (forgeai === undefined) {
      yield { ...about, findings: reading.findings };
    } else if (first !== undefined) {
      const message = `${quote(first)} is named ${quote(forgeai.name)} too; the first one counts.`;
      yield { ...about, findings: [{ rule: 'duplicate-id', severity: 'error', place: { file }, message }] };
    } else {
      seen.set(about.name, file);
      const converted = convertForgeai(forgeai, {
        registry: source.target.registry,
        isListed: (name) => names.has(name),
        ...(await packingOf(source, directory, forgeai)),
      });
      yield {
        ...about,
        findings: [...reading.findings, ...converted.findings],
        ...(converted.value === undefined ? {} : { release: converted.value }),
      };
    }
  }
}

async function packingOf(
  { ports, options }: Source,
  directory: string,
  { texts }: ForgeaiManifest,
): Promise<{ readonly packing?: { readonly base: string; readonly files: readonly FileToPack[] } }> {
  const { artifacts, list } = options;
  if (artifacts === undefined || statedArtifact(texts) !== undefined) return {};
  const prefix = directory === '' ? '' : `${directory}/`;
  const files = await ports.readList({
    path: list,
    wanted: (file) => file.startsWith(prefix),
    maxBytes: LIMITS.archiveFileBytes,
  });
  return {
    packing: {
      base: artifacts.url,
      files: files.map(({ path, bytes }) => ({ path: path.slice(prefix.length), bytes })),
    },
  };
}
