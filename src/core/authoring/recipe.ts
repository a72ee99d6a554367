import { SheafError } from '../errors.ts';
import type { Manifest } from '../formats/manifest.ts';
import { quote } from '../text.ts';
import { TEMPLATE_NAMES, type TemplateName } from './template-names.ts';
import { TEMPLATES } from './templates.ts';

/** How the source of a plugin becomes the file that is loaded. */
export interface Recipe {
  /** What it is written in; `[build]` when the manifest says how. */
  readonly title: TemplateName | '[build]';
  /** The file that is loaded, below the folder. */
  readonly output: string;
  /** Nothing has to be run when absent: the source is loaded as it is. */
  readonly tool?: {
    readonly names: readonly string[];
    readonly args: readonly string[];
    readonly helper?: readonly string[];
    /** What to install when it is missing. */
    readonly hint: string;
  };
}

const MODULE = 'plugin.wasm';

/** Compilers as distributions name them: plain, and with the versions that they are packaged under. */
const VERSIONS = ['', '-21', '-20', '-19', '-18', '-17', '-16', '-15', '-14'];

/** Compilers with their arguments before the source; what has none is loaded as it is written. */
const COMPILERS: Partial<
  Record<
    TemplateName,
    { readonly names: readonly string[]; readonly helper?: readonly string[]; readonly args: string }
  >
> = {
  assemblyscript: {
    names: ['asc'],
    // `abort=` drops the import env.abort: the import section of a plugin is its list of capabilities. Globals are
    // set by an export that hosts call, because scanners have to suspect a start section.
    args: `--outFile ${MODULE} -Oz --noAssert --runtime stub --use abort= --exportStart _initialize`,
  },
  c: {
    names: VERSIONS.map((version) => `clang${version}`),
    helper: VERSIONS.map((version) => `wasm-ld${version}`),
    args: `--target=wasm32 -Os -ffreestanding -mbulk-memory -nostdlib -Wno-unused-function --ld-path={helper} -Wl,--no-entry -Wl,--strip-all -o ${MODULE}`,
  },
  rust: {
    names: ['rustc'],
    args: `--target wasm32-unknown-unknown --crate-type cdylib --crate-name plugin --edition 2021 -C opt-level=s -C panic=abort -C strip=symbols -o ${MODULE}`,
  },
};

/**
 * How a plugin is built: by the `[build]` table of its manifest, or by what its one source file, which has the name
 * of the plugin, is written in.
 *
 * @param files paths in the folder.
 * @throws SheafError `SHEAF_PATH` when there is no source.
 */
export function recipeOf(manifest: Manifest, files: readonly string[]): Recipe {
  const { name, build, security } = manifest;
  if (build !== undefined) {
    const [program = '', ...args] = build.command;
    const hint = `Install ${quote(program)}, which [build] in the manifest names.`;
    return { title: '[build]', output: build.output, tool: { names: [program], args, hint } };
  }
  const written = TEMPLATE_NAMES.filter((title) => TEMPLATES[title].tier === security.tier);
  const found = written.find((title) => files.includes(`${name}.${TEMPLATES[title].ending}`));
  if (found !== undefined) return recipeIn(found, `${name}.${TEMPLATES[found].ending}`);
  // A module that came ready-made, out of another build or out of an artifact.
  if (security.tier === 'wasm' && files.includes(MODULE)) return { title: '[build]', output: MODULE };
  const names = written.map((title) => quote(`${name}.${TEMPLATES[title].ending}`));
  throw new SheafError('SHEAF_PATH', `There is no source of ${name}: none of ${names.join(', ')}.`, {
    hint: 'Name the source after the plugin, or say under [build] in the manifest how it is built.',
  });
}

function recipeIn(title: TemplateName, source: string): Recipe {
  const compiler = COMPILERS[title];
  if (compiler === undefined) return { title, output: source };
  const { names, helper, args } = compiler;
  const hint = `Install ${TEMPLATES[title].needs ?? 'Node'}.`;
  const tool = {
    names,
    args: [...args.split(' '), source],
    hint,
    ...(helper === undefined ? {} : { helper }),
  };
  return { title, output: MODULE, tool };
}
