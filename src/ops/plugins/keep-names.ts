import { SheafError } from '../../core/errors.ts';
import { type FetchObject, fileObject, type IndexHead } from '../../core/index/index-head.ts';
import { readHead } from '../../core/index/index-reader.ts';
import { allNames } from '../../core/index/names.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { TrustState } from '../../core/trust/trust-state.ts';
import { type OpenPorts, openRegistries } from '../registries/open-registry.ts';

/**
 * Fetches what shells complete, the names and categories of registries, so that completion never has to ask the
 * network. That some of it cannot be had costs nobody more than a completion.
 *
 * @param aliases of the registries; all when empty.
 */
export async function fetchNames(ports: OpenPorts, aliases: readonly string[] = []): Promise<void> {
  await forgiving(async () => {
    const registries = await openRegistries(ports, aliases, { allowStale: true });
    await Promise.all(registries.map(({ head, fetchObject }) => fetchAll(head, fetchObject)));
  });
}

/** After the index of a registry changed: whoever had its names has the new ones, too; nobody else pays for them. */
export async function keepNames(
  { store }: Pick<ClientPorts, 'store'>,
  before: TrustState | undefined,
  head: IndexHead,
  fetchObject: FetchObject,
): Promise<void> {
  await forgiving(async () => {
    if (before?.checkpoint === undefined) return;
    const known = await readHead(before.checkpoint.value, async (object) => {
      const bytes = await store.read(object);
      if (bytes !== undefined) return bytes;
      throw new SheafError('SHEAF_OFFLINE', `${object.path} is not on this machine any more.`);
    });
    const [first] = known.runs.names.nodes;
    if (first !== undefined && (await store.read(first)) !== undefined) await fetchAll(head, fetchObject);
  });
}

async function fetchAll(head: IndexHead, fetchObject: FetchObject): Promise<void> {
  await Promise.all([allNames(head, fetchObject), fetchObject(fileObject(head, 'categories'))]);
}

async function forgiving(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
  }
}
