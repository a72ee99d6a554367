import { SheafError } from '../../core/errors.ts';
import { convertKrew, KREW_METADATA } from '../../core/import/krew.ts';
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
import type { ImportCategory } from './import-target.ts';

const CATEGORY: ImportCategory = {
  name: 'kubectl-plugins',
  title: 'kubectl plugins',
  description: 'Commands for kubectl, the command line of Kubernetes.',
  expertise: ['kubernetes', 'security'],
};

// Archives that forges make of a commit have one more directory around the checkout.
const MANIFEST = /^([^/]+\/)?(plugins\/)?[^/]+\.yaml$/;

/**
 * Imports krew's index: a checkout, its folder `plugins`, or a .tar.gz of the checkout. Nothing is downloaded:
 * sizes stay unknown, and whether an archive holds what its manifest says shows when it is installed.
 *
 * @throws SheafError `SHEAF_PATH` for a list without plugins, and as `importList`.
 */
export async function importKrew(ports: ImportPorts, options: ImportOptions): Promise<Imported> {
  const list = manifestsOf(
    await ports.readList({
      path: options.list,
      wanted: (path) => MANIFEST.test(path),
      maxBytes: LIMITS.manifestBytes,
    }),
  );
  if (list.length === 0) {
    throw new SheafError('SHEAF_PATH', `There is no plugin of krew in ${quote(options.list)}.`, {
      hint: 'Give a checkout of krew-index, its folder "plugins", or a .tar.gz of the checkout.',
    });
  }
  return await importList(ports, options, {
    mark: KREW_METADATA,
    category: CATEGORY,
    candidates: ({ registry }) => candidatesOf(list, registry),
  });
}

/** Those of the folder; without one, the folder itself was named. Their paths begin with it either way. */
function manifestsOf(files: readonly PublishedFile[]): readonly PublishedFile[] {
  const inFolder = files.filter(({ path }) => /(^|\/)plugins\/[^/]+$/.test(path));
  const manifests = inFolder.length > 0 ? inFolder : files.filter(({ path }) => !path.includes('/'));
  return manifests.map(({ path, bytes }) => ({
    path: `plugins/${path.slice(path.lastIndexOf('/') + 1)}`,
    bytes,
  }));
}

async function* candidatesOf(list: readonly PublishedFile[], registry: string): AsyncGenerator<Candidate> {
  for (const { path: file, bytes } of list) {
    const { value: release, findings } = convertKrew(bytes, file, registry);
    const name = release?.manifest.name ?? file.slice(file.lastIndexOf('/') + 1).replace(/\.yaml$/, '');
    yield { name, file, findings, ...(release === undefined ? {} : { release }) };
  }
}
