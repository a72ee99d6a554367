import type { Environment } from '../http/credentials.ts';
import { type GitResult, runGit } from './git-command.ts';
import { openGitObjects } from './git-objects.ts';

/** Objects of a partial clone, which come from its remote `origin` when they are first read. */
export interface PromisedObjects {
  /**
   * The bytes of objects, in the order of their ids.
   *
   * @throws what `refused` makes of a failed fetch, and as `GitObjects.read`.
   */
  read(ids: readonly string[]): Promise<readonly Uint8Array[]>;
}

/**
 * Reads the objects of a partial clone. Git itself fetches what is missing one by one, a connection each; here all
 * that is asked in one turn of the event loop is fetched at once.
 *
 * @param refused the refusal for a fetch that failed.
 */
export function openPromisedObjects(
  directory: string,
  environment: Environment,
  refused: (result: GitResult) => Error,
): PromisedObjects {
  const objects = openGitObjects(directory, environment);
  const fetches = new Map<string, Promise<void>>();
  let next: { readonly ids: Set<string>; readonly done: Promise<void> } | undefined;

  const begin = (): NonNullable<typeof next> => {
    const ids = new Set<string>();
    const fetchLater = async (): Promise<void> => {
      await new Promise<void>((resolve) => setImmediate(resolve));
      next = undefined;
      const result = await runGit(directory, FETCH, environment, lines(ids));
      if (result.exitCode !== 0) throw refused(result);
    };
    return { ids, done: fetchLater() };
  };

  /** The fetch that brings an object, the next one unless it was asked for before. */
  const fetched = (id: string): Promise<void> => {
    const known = fetches.get(id);
    if (known !== undefined) return known;
    next ??= begin();
    next.ids.add(id);
    fetches.set(id, next.done);
    return next.done;
  };

  return {
    async read(ids) {
      await Promise.all(new Set(ids.map(fetched)));
      return objects.read(ids);
    },
  };
}

/** What git runs for a missing object, for many; nothing is told of what is here, which would not make it less. */
const FETCH = [
  '-c',
  'fetch.negotiationAlgorithm=noop',
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--recurse-submodules=no',
  '--filter=blob:none',
  '--stdin',
  'origin',
] as const;

async function* lines(ids: ReadonlySet<string>): AsyncIterable<Uint8Array> {
  yield new TextEncoder().encode(`${[...ids].join('\n')}\n`);
}
