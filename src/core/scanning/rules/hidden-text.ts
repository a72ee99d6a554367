import { uncleanOffset } from '../../text.ts';
import type { ScanMatch, ScanRule } from '../scan-rule.ts';

/** What joins emoji into one; elsewhere nothing shows that it is there. */
const EMOJI_JOINER =
  /(?<=\p{Extended_Pictographic}(?:\ufe0f|[\u{1f3fb}-\u{1f3ff}])*)\u200d(?=\p{Extended_Pictographic})/gu;

/** Characters that reorder or hide text show reviewers another program than the one that runs (CVE-2021-42574). */
export const hiddenText: ScanRule = {
  id: 'hidden-text',
  level: 'high',
  title: 'a source contains characters that hide or reorder text',
  fix: 'Write them as escapes, or remove them.',
  vulnerable: { files: { 'plugin.js': 'export const run = () => "admin\u202e";' } },
  clean: { files: { 'plugin.js': 'export const run = () => "\\u202e é 🎉 👩\u200d💻";\r\n' } },
  find: ({ texts }) =>
    texts.flatMap(({ path, text }): ScanMatch[] => {
      if (!/\.([cm]?[jt]s|c|h|rs|json|toml|md)$/.test(path)) return [];
      // A byte order mark at the beginning is what editors of Windows write.
      const lines = text
        .replace(/^\ufeff/, ' ')
        .replace(EMOJI_JOINER, ' ')
        .split(/\r?\n/);
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
