import type { Tier } from '../formats/manifest.ts';
import type { TemplateName } from './template-names.ts';

/** What a template consists of. */
export interface Template {
  readonly tier: Exclude<Tier, 'core'>;
  /** Ending of the one source file, which has the name of the plugin. */
  readonly ending: string;
  /** The source below `examples/`, before its blanks are filled in. */
  readonly source: string;
  /** The guest SDK: where it goes, and the file below `examples/` that is copied. */
  readonly sdk?: { readonly to: string; readonly from: string };
  /** What the sample needs when it runs, in MiB. */
  readonly memoryMb: number;
  /** What has to be on the machine to build it, as a sentence; nothing when absent. */
  readonly needs?: string;
  /** Commands of the release workflow that bring that to a GitHub runner. */
  readonly setup?: string;
}

/** Every template by its name; the files lie in `examples/templates` and `examples/plugins/sdk`. */
export const TEMPLATES: Readonly<Record<TemplateName, Template>> = {
  assemblyscript: {
    tier: 'wasm',
    ending: 'ts',
    source: 'templates/assemblyscript/plugin.ts.template',
    sdk: { to: 'sdk/sheaf.ts', from: 'plugins/sdk/assemblyscript.ts' },
    memoryMb: 16,
    needs: 'AssemblyScript: run `npm install --save-dev assemblyscript` in the folder of the plugin',
    setup: 'npm install --no-save assemblyscript@0.28',
  },
  c: {
    tier: 'wasm',
    ending: 'c',
    source: 'templates/c/plugin.c.template',
    sdk: { to: 'sdk/sheaf.h', from: 'plugins/sdk/c/sheaf.h' },
    memoryMb: 16,
    needs: 'clang and lld (Debian: apt-get install clang lld; macOS: brew install llvm lld)',
    setup: 'sudo apt-get update && sudo apt-get install --yes clang lld',
  },
  rust: {
    tier: 'wasm',
    ending: 'rs',
    source: 'templates/rust/plugin.rs.template',
    sdk: { to: 'sdk/sheaf.rs', from: 'templates/rust/sheaf.rs' },
    memoryMb: 16,
    needs: 'Rust with the target wasm32-unknown-unknown: rustup target add wasm32-unknown-unknown',
    setup: 'rustup target add wasm32-unknown-unknown',
  },
  javascript: { tier: 'wasm', ending: 'js', source: 'templates/javascript/plugin.js.template', memoryMb: 32 },
  'native-node': {
    tier: 'native',
    ending: 'mjs',
    source: 'templates/native-node/plugin.mjs.template',
    sdk: { to: 'sdk/native-node.mjs', from: 'plugins/sdk/native-node.mjs' },
    memoryMb: 128,
  },
};

/** The workflow that publishes every tag, by forge: where it goes, and its file below `examples/`. */
export const RELEASE_WORKFLOWS = {
  github: { to: '.github/workflows/release.yml', from: 'templates/common/release.yml.template' },
  gitlab: { to: '.gitlab-ci.yml', from: 'templates/common/gitlab-ci.yml.template' },
} as const;

/** Files of every template below `examples/templates/common`, by where they go. */
export const COMMON_FILES: Readonly<Record<string, string>> = {
  'README.md': 'templates/common/README.md.template',
  LICENSE: 'templates/common/LICENSE.template',
  '.gitignore': 'templates/common/gitignore',
  [RELEASE_WORKFLOWS.github.to]: RELEASE_WORKFLOWS.github.from,
};

/**
 * Fills in the blanks of a template: `{{key}}` becomes the text of that key. A blank without a text stays, so that
 * expressions of workflows, `${{ … }}`, are left alone.
 */
export function fillTemplate(template: string, blanks: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{\{([a-z]+)\}\}/gi, (blank, key: string) =>
    Object.hasOwn(blanks, key) ? (blanks[key] ?? blank) : blank,
  );
}
