import type { PluginName } from '../plugin-name.ts';
import { closestPattern, type NamePattern } from './name-pattern.ts';

/** `[routes]` of one file: the only registries, by id and in order, in which the names of a pattern are looked up. */
export type Routes = Readonly<Record<NamePattern, readonly string[]>>;

/** `[routes]` as the schema admits it. */
export type RoutesTable = Readonly<Record<NamePattern, string | readonly string[]>>;

/** The routes that a checked table states. */
export function routesOf(table: RoutesTable): Routes {
  return Object.fromEntries(
    Object.entries(table).map(([pattern, ids]) => [pattern, typeof ids === 'string' ? [ids] : ids]),
  );
}

/**
 * The only registries in which a name is looked up; undefined when no route says so. Where several files route a
 * name, all of them hold: the first gives the order, and every other one can only take registries away. So a
 * cloned project never leads a name away from the routes of its user (dependency confusion, A. Birsan, 2021).
 *
 * @param files the routes of the machine, of the user and of the project.
 */
export function routeOf(files: readonly Routes[], name: PluginName): readonly string[] | undefined {
  const routes = files.flatMap((routes) => {
    const pattern = closestPattern(Object.keys(routes), name);
    return pattern === undefined ? [] : [routes[pattern] ?? []];
  });
  const [first, ...others] = routes;
  return first?.filter((id) => others.every((ids) => ids.includes(id)));
}
