/**
 * How well a process is kept apart. `os`: namespaces of the operating system, nothing but what was handed in.
 * `process`: a process of its own, with the rights of the host. `none`: inside the host's process.
 */
export type Isolation = 'os' | 'process' | 'none';

const ORDER: readonly Isolation[] = ['none', 'process', 'os'];

/** Whether a level is at least as good as another. */
export function isolates(level: Isolation, minimum: Isolation): boolean {
  return ORDER.indexOf(level) >= ORDER.indexOf(minimum);
}

/** The better of two levels. */
export function strongerIsolation(a: Isolation, b: Isolation): Isolation {
  return isolates(a, b) ? a : b;
}
