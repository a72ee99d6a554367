import { uncleanOffset } from '../../text.ts';
import type { ScanMatch, ScanRule } from '../scan-rule.ts';

/** Characters that reorder or hide text show reviewers another program than the one that runs (CVE-2021-42574). */
export const hiddenText: ScanRule = {
  id: 'hidden-text',
  level: 'high',
  title: 'a source contains characters that hide or reorder text',
  fix: 'Write them as escapes, or remove them.',
  vulnerable: { files: { 'plugin.js': 'export const run = () => "admin\u202e";' } },
  clean: { files: { 'plugin.js': 'export const run = () => "\\u202e é 🎉";\r\n' } },
  find: ({ texts }) =>
    texts.flatMap(({ path, text }): ScanMatch[] => {
      if (!/\.([cm]?[jt]s|c|h|rs|json|toml|md)$/.test(path)) return [];
      const lines = text.split(/\r?\n/);
      const line = lines.findIndex((one) => uncleanOffset(one) !== undefined);
      if (line === -1) return [];
      const column = (uncleanOffset(lines[line] ?? '') ?? 0) + 1;
      return [
        {
          path,
          line: line + 1,
          column,
          message: 'The line contains a character that hides or reorders text.',
        },
      ];
    }),
};
