import { quote } from '../../text.ts';
import type { ScanRule } from '../scan-rule.ts';
import { exampleModule } from '../wasm-example.ts';

/** Latin-1 keeps one character a byte, so that text between code is found. */
const LATIN1 = new TextDecoder('latin1');
const URL_TEXT = /(?:https?|wss?|ftp):\/\/[\x21-\x7e]{4,200}/g;

/** A module reaches no network; an address in it may be where its output is to be sent. */
export const embeddedUrl: ScanRule = {
  id: 'embedded-url',
  level: 'low',
  title: 'a module contains an address of the network',
  fix: 'Take addresses from the input or the configuration.',
  vulnerable: {
    files: {
      'plugin.wat': `${exampleModule().slice(0, -1)} (data (i32.const 0) "https://collect.example.org/x"))`,
    },
  },
  clean: { files: { 'plugin.wat': `${exampleModule().slice(0, -1)} (data (i32.const 0) "plain text"))` } },
  find: ({ modules }) =>
    modules.flatMap(({ path, bytes, module }) => {
      // The manifest that `sheaf pack` puts into a module has addresses, and is not code.
      const custom = new Set((module?.sections ?? []).filter(({ id }) => id === 0));
      const parts = (module?.sections ?? []).filter((section) => !custom.has(section));
      return parts.flatMap(({ start, end }) =>
        [...LATIN1.decode(bytes.subarray(start, end)).matchAll(URL_TEXT)].map(([url]) => ({
          path,
          message: `The module contains ${quote(url)}.`,
        })),
      );
    }),
};
