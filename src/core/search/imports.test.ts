import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** Every module that the given ones load, types not counted, and what they load from outside. */
function loadedBy(files: readonly URL[]): {
  readonly modules: ReadonlySet<string>;
  readonly packages: Set<string>;
} {
  const modules = new Set<string>();
  const packages = new Set<string>();
  const open = [...files];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (modules.has(file.href)) continue;
    modules.add(file.href);
    const source = readFileSync(file, 'utf8');
    for (const [, clause = '', from = ''] of source.matchAll(
      /^(?:import|export) ((?!type )[^;]*?)from '([^']+)';/gm,
    )) {
      // Of `import { type A, type B }` nothing is left to load.
      const isTypesOnly = /^\{[^}]*\}\s*$/.test(clause) && !/[{,]\s*(?!type |\s*\})[A-Za-z]/.test(clause);
      if (isTypesOnly) continue;
      if (from.startsWith('.')) open.push(new URL(from, file));
      else packages.add(from);
    }
  }
  return { modules, packages };
}

it('the search loads nothing of Node, so that a browser can run it', () => {
  const directory = new URL('./', import.meta.url);
  const files = readdirSync(directory)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => new URL(file, directory));
  const { modules, packages } = loadedBy(files);
  expect([...modules].some((module) => module.endsWith('/core/index/term-lookup.ts'))).toBe(true);
  expect([...packages].toSorted()).toEqual(['semver']);
});
