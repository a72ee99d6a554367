/**
 * A path as krew cleans it: no leading slash, no `.`; undefined when it leads out with `..`. "" is the directory
 * itself.
 */
export function cleanPath(path: string): string | undefined {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? undefined : parts.join('/');
}

/** Whether one component of a path is a pattern of Go's filepath.Match. */
export function isPattern(component: string): boolean {
  return /[*?[\\]/.test(component);
}

/**
 * Whether a name matches one component of a pattern of Go's filepath.Match. `*` and `?` are understood; a pattern
 * with `[` or `\` matches nothing, so that whoever asks treats it as unknown.
 */
export function matchesPattern(name: string, pattern: string): boolean {
  if (/[[\\]/.test(pattern)) return false;
  let at = 0;
  let next = 0;
  // Only the last star is ever taken back, so that no pattern needs more than a quadratic number of steps.
  let star: { readonly after: number; taken: number } | undefined;
  while (at < name.length) {
    if (pattern[next] === '*') {
      next += 1;
      star = { after: next, taken: at };
    } else if (pattern[next] === '?' || pattern[next] === name[at]) {
      at += 1;
      next += 1;
    } else if (star === undefined) {
      return false;
    } else {
      star.taken += 1;
      at = star.taken;
      next = star.after;
    }
  }
  return /^\**$/.test(pattern.slice(next));
}

/** `path` seen from `directory`; undefined when it does not lie below it. */
export function below(directory: string, path: string): string | undefined {
  if (directory === '') return path;
  return path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : undefined;
}

/** A path and one below it; either may be "". */
export function joinPath(directory: string, path: string): string {
  return directory === '' || path === '' ? `${directory}${path}` : `${directory}/${path}`;
}
