import { baseName } from '../../documents/file-reading.ts';
import { quote } from '../../text.ts';
import type { ScanRule } from '../scan-rule.ts';

const HOOKS = ['preinstall', 'install', 'postinstall', 'prepare'];

/** Code that runs when somebody installs, before anybody decided to run the plugin. */
export const installScripts: ScanRule = {
  id: 'install-scripts',
  level: 'high',
  title: 'a package.json has scripts that run at install time',
  fix: 'Remove them; sheaf runs no scripts, and notes for people go to [install] notes.',
  vulnerable: { files: { 'package.json': '{"scripts": {"postinstall": "node setup.js"}}' } },
  clean: { files: { 'package.json': '{"scripts": {"test": "node test.js"}}' } },
  find: ({ texts }) =>
    texts
      .filter(({ path }) => baseName(path) === 'package.json')
      .flatMap(({ path, text }) =>
        HOOKS.filter((hook) => Object.hasOwn(scriptsOf(text), hook)).map((hook) => ({
          path,
          message: `The script ${quote(hook)} runs when the package is installed.`,
        })),
      ),
};

function scriptsOf(text: string): object {
  try {
    const { scripts } = (JSON.parse(text) ?? {}) as { readonly scripts?: unknown };
    return typeof scripts === 'object' && scripts !== null ? scripts : {};
  } catch {
    return {};
  }
}
