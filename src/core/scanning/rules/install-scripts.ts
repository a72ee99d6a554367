import { baseName } from '../../documents/file-reading.ts';
import { quote } from '../../text.ts';
import type { ScanMatch, ScanRule } from '../scan-rule.ts';

// Not prepare: of what a registry delivers npm does not run it.
const HOOKS = ['preinstall', 'install', 'postinstall'];
/** Where there is one, npm builds it when it installs, without any script being named. */
const GYP = 'binding.gyp';

/** Code that runs when somebody installs, before anybody decided to run the plugin. */
export const installScripts: ScanRule = {
  id: 'install-scripts',
  level: 'high',
  title: 'a package.json has scripts that run at install time, or npm would build something then',
  fix: 'Remove them; sheaf runs no scripts, and notes for people go to [install] notes.',
  vulnerable: { files: { 'package.json': '{"scripts": {"postinstall": "node setup.js"}}' } },
  clean: { files: { 'package.json': '{"scripts": {"test": "node test.js", "prepare": "node build.js"}}' } },
  find: ({ texts }) =>
    texts.flatMap(({ path, text }): ScanMatch[] => {
      const name = baseName(path);
      if (name === GYP) return [{ path, message: 'npm builds it when the package is installed.' }];
      if (name !== 'package.json') return [];
      return HOOKS.filter((hook) => Object.hasOwn(scriptsOf(text), hook)).map((hook) => ({
        path,
        message: `The script ${quote(hook)} runs when the package is installed.`,
      }));
    }),
};

function scriptsOf(text: string): object {
  try {
    const { scripts } = (JSON.parse(text) ?? {}) as { readonly scripts?: unknown };
    return typeof scripts === 'object' && scripts !== null ? scripts : {};
  } catch {
    return {};
  }
}
