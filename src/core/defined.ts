/** The keys that can be undefined become optional ones that cannot. */
type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without the keys whose value is undefined, so that "absent" has one form only. */
export function defined<T extends object>(value: T): Defined<T> {
  // A loop, because building an index calls it for every record and two arrays of pairs cost five times as much.
  const kept: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const entry = (value as Record<string, unknown>)[key];
    if (entry !== undefined) kept[key] = entry;
  }
  return kept as Defined<T>;
}
