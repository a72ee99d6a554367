import type { ScanRule } from '../scan-rule.ts';

/** Names as obfuscators make them, and letters in escapes, which nobody needs: other characters often stand so. */
const MANGLED = /\b_0x[0-9a-f]{4,}\b/gi;
const ESCAPES = /(?:\\x[2-7][0-9a-f]|\\u00[2-7][0-9a-f]){8,}/gi;
const MANY = 5;

/** Source that was made hard to read has something that nobody is to read. Minified code has short names, not these. */
export const obfuscation: ScanRule = {
  id: 'obfuscation',
  level: 'medium',
  title: 'a script was made hard to read',
  fix: 'Publish the source as it was written, or minified at most.',
  vulnerable: {
    files: {
      'plugin.js': 'const _0x1a2b=["a"],_0x1a2c=_0x1a2b[0],_0x1a2d=_0x1a2c;export const run=()=>_0x1a2d;',
    },
  },
  clean: {
    files: {
      'plugin.js':
        'const a=["\\u00e9\\xaa\\xb5\\xba\\xc0\\xd6\\xd8\\xf6\\xf8"];export const run=()=>a[0x1a2b];',
    },
  },
  find: ({ scripts }) =>
    scripts.flatMap(({ path, text }) => {
      const mangled = text.match(MANGLED)?.length ?? 0;
      const escaped = text.match(ESCAPES)?.length ?? 0;
      if (mangled < MANY && escaped === 0) return [];
      const what = mangled < MANY ? 'text that is written in escapes' : `${mangled} mangled names`;
      return [{ path, message: `The script has ${what}.` }];
    }),
};
