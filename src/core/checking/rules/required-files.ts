import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import { quote } from '../../text.ts';
import type { CheckFault, CheckRule } from '../check-rule.ts';

/** What people look for first, and what the manifest names. */
export const requiredFiles: CheckRule = {
  id: 'required-files',
  title: 'licence text, README and what the manifest names are there',
  check({ manifest, files }) {
    const has = (pattern: RegExp): boolean =>
      files.some(({ path, kind }) => kind === 'file' && pattern.test(path));
    const faults: CheckFault[] = [];
    if (!has(/^(licen[cs]e|copying)([.-]|$)/i)) {
      const message = 'There is no text of the licence.';
      faults.push({ severity: 'error', path: 'LICENSE', message, fix: 'Put it into LICENSE.' });
    }
    if (!has(/^readme(\.|$)/i)) {
      const message = 'There is no README.';
      faults.push({
        severity: 'error',
        path: 'README.md',
        message,
        fix: 'Say in README.md what the plugin does.',
      });
    }
    const named = [
      ...Object.values(manifest.bin),
      ...(manifest.configSchema === undefined ? [] : [manifest.configSchema]),
    ];
    for (const file of named) {
      if (files.some(({ path }) => path === file)) continue;
      const message = `The manifest names ${quote(file)}, which is not there.`;
      faults.push({
        severity: 'error',
        path: AUTHOR_MANIFEST,
        message,
        fix: 'Add the file, or take the line out.',
      });
    }
    return faults;
  },
};
