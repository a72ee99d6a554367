import type { ScanRule } from '../scan-rule.ts';

/** A link leads to what is not in the plugin: on the author's machine, or on that of its users. */
export const links: ScanRule = {
  id: 'links',
  level: 'critical',
  title: 'there is a link, a device or a pipe among the files',
  fix: 'Put the file itself in its place.',
  vulnerable: { files: {}, links: ['data'] },
  clean: { files: { data: 'text' } },
  find: ({ files }) =>
    files
      .filter(({ kind }) => kind !== 'file')
      .map(({ path, kind }) => ({
        path,
        message: kind === 'link' ? 'It is a link.' : 'It is no regular file.',
      })),
};
