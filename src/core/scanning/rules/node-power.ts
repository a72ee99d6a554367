import { quote } from '../../text.ts';
import type { ScanRule } from '../scan-rule.ts';
import { matchesInScripts } from '../subject.ts';
import { importedFrom, literalText } from '../syntax.ts';

/** Modules of Node with which a program reaches beyond itself. */
const POWERFUL: ReadonlySet<string> = new Set([
  'child_process',
  'cluster',
  'worker_threads',
  'vm',
  'module',
  'inspector',
  'repl',
  'net',
  'dgram',
  'tls',
  'http',
  'https',
  'http2',
  'dns',
  'fs',
  'fs/promises',
  'dns/promises',
]);

/** Legitimate for many native plugins, and what their reviewers have to look at. */
export const nodePower: ScanRule = {
  id: 'node-power',
  level: 'medium',
  title: 'a script uses processes, files or the network by way of Node',
  fix: 'Ask the host for a capability, or explain in the README what it is for.',
  vulnerable: {
    files: { 'plugin.mjs': 'import { execFile } from "node:child_process";\nexecFile("ls");' },
    tier: 'native',
  },
  clean: { files: { 'plugin.mjs': 'import { join } from "node:path";\nexport { join };' }, tier: 'native' },
  find: (subject) =>
    matchesInScripts(subject, (node) => {
      const source = importedFrom(node);
      const name = source === undefined ? undefined : literalText(source);
      if (name === undefined || !POWERFUL.has(name.replace(/^node:/, ''))) return undefined;
      return `The script imports ${quote(name)}.`;
    }),
};
