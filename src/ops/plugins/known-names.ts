import { parseJson, readMap, readText } from '../../core/documents/strict-json.ts';
import { SheafError } from '../../core/errors.ts';
import { entriesOf } from '../../core/formats/lock-entries.ts';
import { readNames } from '../../core/index/names.ts';
import { parseSourcePath } from '../../core/index/source-layout.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { configuredRegistries } from '../registries/configured-registries.ts';
import { type OpenPorts, type OpenRegistry, openRegistry } from '../registries/open-registry.ts';
import { readProject } from './project-view.ts';

/**
 * Names that a shell may complete. Each is answered from what lies on this machine; what cannot be read has no
 * names, because nobody wants an error while typing.
 */
export interface KnownNames {
  /** Plugins of the registry of that alias, or of all, whose names begin like this; sorted. */
  plugins(prefix: string, alias?: string): Promise<readonly string[]>;
  /** Plugins of the project. */
  installed(): Promise<readonly string[]>;
  /** Aliases of the configured registries. */
  registries(): Promise<readonly string[]>;
  categories(): Promise<readonly string[]>;
}

/** What the names are read from; sources that have nothing keep it on this machine. */
export type NamePorts = OpenPorts & Pick<ClientPorts, 'project'>;

/** The names that this machine knows. */
export function knownNames(ports: NamePorts): KnownNames {
  return {
    plugins: (prefix, alias) =>
      fromRegistries(ports, alias, async (registry) => {
        // Names are ASCII, so nothing that begins with the prefix comes behind this.
        const runs = await registry.runs('names', prefix, `${prefix}\uffff`);
        const names = runs.flatMap((bytes) => readNames(bytes, registry.alias));
        return names.filter((name) => name.startsWith(prefix));
      }),
    installed: () =>
      orNone(async () => {
        const { installed, lock } = await readProject(ports);
        return entriesOf(installed ?? lock).map(({ name }) => name);
      }),
    registries: () =>
      orNone(async () => (await configuredRegistries(ports)).map(({ alias }) => alias).toSorted()),
    categories: () =>
      fromRegistries(ports, undefined, async (registry) => {
        const context = { what: `The categories of ${registry.alias}`, code: 'SHEAF_INDEX' } as const;
        const files = readMap(parseJson(await registry.file('categories'), context), context, readText);
        return Object.keys(files).flatMap((path) => {
          const file = parseSourcePath(path);
          return file?.kind === 'category' ? [file.category] : [];
        });
      }),
  };
}

async function fromRegistries(
  ports: NamePorts,
  alias: string | undefined,
  read: (registry: OpenRegistry) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const configured = await orNone(() => configuredRegistries(ports));
  const asked = configured.filter((registry) => alias === undefined || registry.alias === alias);
  const lists = await Promise.all(
    asked.map((registry) =>
      orNone(async () => read(await openRegistry(ports, registry, { allowStale: true }))),
    ),
  );
  return [...new Set(lists.flat())].toSorted();
}

async function orNone<T>(read: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SheafError) return [];
    throw error;
  }
}
