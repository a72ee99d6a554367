import type { ScanRule } from '../scan-rule.ts';

/** What cannot be parsed has not been scanned, though an engine with other rules may run it. */
export const unreadableScript: ScanRule = {
  id: 'unreadable-script',
  level: 'medium',
  title: 'a script is not JavaScript that can be parsed',
  fix: 'Correct the syntax, or leave the file out.',
  vulnerable: { files: { 'plugin.js': 'export function run( {' } },
  clean: { files: { 'plugin.js': '#!/usr/bin/env node\nwith ({}) { run(); }\nreturn;' } },
  find: ({ scripts }) =>
    scripts
      .filter(({ tree }) => tree === undefined)
      .map(({ path }) => ({ path, message: 'The script cannot be parsed, so nothing in it was looked at.' })),
};
