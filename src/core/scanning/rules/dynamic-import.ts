import type { ScanRule } from '../scan-rule.ts';
import { matchesInScripts } from '../subject.ts';
import { importedFrom, literalText } from '../syntax.ts';

/** What is imported then depends on the input, and cannot be told from the source. */
export const dynamicImport: ScanRule = {
  id: 'dynamic-import',
  level: 'medium',
  title: 'a script imports what a value names',
  fix: 'Import by a literal, from a table if there is a choice.',
  vulnerable: { files: { 'plugin.mjs': 'export const run = (input) => import(input.module);' } },
  clean: { files: { 'plugin.mjs': 'export const run = () => import("node:path");' } },
  find: (subject) =>
    matchesInScripts(subject, (node) => {
      const source = importedFrom(node);
      return source !== undefined && literalText(source) === undefined
        ? 'What is imported is computed.'
        : undefined;
    }),
};
