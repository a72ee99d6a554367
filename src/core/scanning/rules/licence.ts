import { AUTHOR_MANIFEST } from '../../authoring/author-manifest.ts';
import { carriedSuites } from '../../authoring/carried-files.ts';
import { LICENCE_FILE, licencesIn, licenceTextsFit } from '../../licences/licence-text.ts';
import { quote } from '../../text.ts';
import type { ScanMatch, ScanRule } from '../scan-rule.ts';

/** Without a licence nobody may use it, whatever its author meant. A bare module has no room for the text. */
export const licence: ScanRule = {
  id: 'licence',
  level: 'medium',
  title: 'the manifest names no licence, its text is missing, or is that of another one',
  fix: 'Write license with an SPDX expression, and put the text of that licence into LICENSE.',
  vulnerable: { files: { 'plugin.js': 'export const run = () => 1;', 'README.md': '# A plugin' } },
  clean: { files: { 'plugin.js': 'export const run = () => 1;', LICENSE: 'MIT License' } },
  find: ({ manifest, files, texts }) => {
    const { license } = manifest;
    const carried = carriedSuites(manifest, files).map(({ path }) => path);
    const inModule = new Set(['plugin.wasm', AUTHOR_MANIFEST, ...carried]);
    const isBare = files.every(({ path }) => inModule.has(path));
    const hasText = isBare || files.some(({ path, kind }) => kind === 'file' && LICENCE_FILE.test(path));
    const stated = texts
      .filter(({ path }) => LICENCE_FILE.test(path))
      .flatMap(({ text }) => licencesIn(text));
    return [
      ...(license === undefined ? [inManifest('The manifest names no licence.')] : []),
      ...(hasText ? [] : [inManifest('The text of the licence is missing.')]),
      ...(license !== undefined && licenceTextsFit(license, stated) === false
        ? [
            inManifest(
              `The manifest says ${quote(license)}, and the text is that of ${[...new Set(stated)].join(' and ')}.`,
            ),
          ]
        : []),
    ];
  },
};

function inManifest(message: string): ScanMatch {
  return { path: AUTHOR_MANIFEST, message };
}
