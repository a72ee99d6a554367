import { packPlugin } from '../../authoring/pack-plugin.ts';
import { SheafError } from '../../errors.ts';
import type { CheckRule } from '../check-rule.ts';

/** It can be packed, and what comes out can be installed. */
export const artifact: CheckRule = {
  id: 'artifact',
  title: 'the plugin can be packed into an artifact',
  check({ entry, ...plugin }) {
    const links = plugin.files.filter(({ kind }) => kind !== 'file');
    const faults = links.map(({ path }) => ({
      severity: 'error' as const,
      path,
      message: 'It is no regular file, and no archive may hold it.',
      fix: 'Put the file itself in its place.',
    }));
    if (entry === undefined) return faults;
    try {
      packPlugin({ ...plugin, entry });
      return faults;
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      const fix = error.hint ?? 'Leave the file out.';
      return [...faults, { severity: 'error', path: entry.path, message: error.message, fix }];
    }
  },
};
