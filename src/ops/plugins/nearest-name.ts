import { closest } from '../../core/did-you-mean.ts';
import { allNames } from '../../core/index/names.ts';
import type { OpenRegistry } from '../registries/open-registry.ts';

/**
 * The plugin of these registries whose name is nearest to a mistyped one; undefined when none is near, or when
 * their lists of names cannot be had: a hint is no reason for another failure.
 */
export async function nearestName(
  registries: readonly OpenRegistry[],
  name: string,
): Promise<string | undefined> {
  const lists = await Promise.allSettled(
    registries.map(({ head, fetchObject }) => allNames(head, fetchObject)),
  );
  return closest(
    name,
    lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : [])),
  );
}
