import { archiveNameFault } from '../../archives/archive-name.ts';
import type { ScanRule } from '../scan-rule.ts';

/** A path that leads elsewhere overwrites files of its users (CWE-22); unpacking refuses it, too. */
export const pathEscape: ScanRule = {
  id: 'path-escape',
  level: 'critical',
  title: 'a path leads out of the plugin, or means another file on another system',
  fix: 'Rename the file: letters, digits, ".", "-" and "_", below the folder.',
  vulnerable: { files: { '../../.profile': 'text' } },
  clean: { files: { 'docs/..notes.md': 'text' } },
  find: ({ files }) =>
    files.flatMap(({ path }) => {
      const fault = archiveNameFault(path);
      return fault === undefined ? [] : [{ path, message: `The path ${fault}.` }];
    }),
};
