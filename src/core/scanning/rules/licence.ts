import type { ScanMatch, ScanRule } from '../scan-rule.ts';

const LICENCE_TEXT = /^(?:licen[cs]e|copying)(?:[.-]|$)/i;

/** Without a licence nobody may use it, whatever its author meant. A bare module has no room for the text. */
export const licence: ScanRule = {
  id: 'licence',
  level: 'medium',
  title: 'the manifest names no licence, or its text is missing',
  fix: 'Write license with an SPDX expression, and put the text into LICENSE.',
  vulnerable: { files: { 'plugin.js': 'export const run = () => 1;', 'README.md': '# A plugin' } },
  clean: { files: { 'plugin.js': 'export const run = () => 1;', LICENSE: 'MIT License' } },
  find: ({ manifest, files }) => {
    const isBare = files.every(({ path }) => path === 'plugin.wasm' || path === 'sheaf.plugin.toml');
    const hasText = isBare || files.some(({ path, kind }) => kind === 'file' && LICENCE_TEXT.test(path));
    const said: ScanMatch[] =
      manifest.license === undefined
        ? [{ path: 'sheaf.plugin.toml', message: 'The manifest names no licence.' }]
        : [];
    return hasText
      ? said
      : [...said, { path: 'sheaf.plugin.toml', message: 'The text of the licence is missing.' }];
  },
};
