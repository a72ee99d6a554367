import { type Node, type Options, parse } from 'acorn';
import { fullAncestor } from 'acorn-walk';
import { isWasmModule } from '../archives/wasm-section.ts';
import type { PluginFile } from '../authoring/ports.ts';
import { exactText } from '../documents/strict-json.ts';
import type { SheafError } from '../errors.ts';
import type { Advisory } from '../formats/advisory.ts';
import type { Manifest } from '../formats/manifest.ts';
import { ANY_PLATFORM, type Platform } from '../platform.ts';
import { readInterface, type WasmInterface } from '../runtime/wasm-abi.ts';
import { readWasmModule, type WasmModule } from '../runtime/wasm-module.ts';
import { type NativeProgram, readProgram } from './native-program.ts';
import type { ArtifactDigest, MalwareHit, ScanContext } from './scan-context.ts';
import type { ScanMatch } from './scan-rule.ts';

/** A text file. */
export interface ScannedText {
  readonly path: string;
  readonly text: string;
}

/** A JavaScript file; without a tree when it is not JavaScript that can be parsed. */
export interface ScannedScript extends ScannedText {
  readonly tree: Node | undefined;
}

/** A WebAssembly file; with the reason when it is none that a host would start. */
export interface ScannedModule {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly module?: WasmModule;
  readonly found?: WasmInterface;
  readonly fault?: string;
}

/** A program for a processor, of which hardly anything can be read. */
export interface ScannedProgram extends NativeProgram {
  readonly path: string;
}

/** What the rules look at, read once for all of them. */
export interface ScanSubject {
  readonly manifest: Manifest;
  readonly files: readonly PluginFile[];
  readonly texts: readonly ScannedText[];
  readonly scripts: readonly ScannedScript[];
  /** What a host would start; of the native tier none: what such a plugin does with a module is its own affair. */
  readonly modules: readonly ScannedModule[];
  readonly programs: readonly ScannedProgram[];
  readonly advisories: readonly Advisory[];
  readonly platform: Platform;
  readonly digest: ArtifactDigest | undefined;
  readonly malware: readonly MalwareHit[];
}

/** A longer text is data; what it could hide is found by its size. */
const TEXT_BYTES = 4_194_304;

/** Reads the files of a plugin for the rules. */
export function scanSubject(
  manifest: Manifest,
  files: readonly PluginFile[],
  { advisories = [], platform = ANY_PLATFORM, digest, malware }: ScanContext = {},
): ScanSubject {
  const regular = files.filter(({ kind }) => kind === 'file');
  const texts = regular.flatMap(({ path, bytes }) => {
    const text = bytes.byteLength <= TEXT_BYTES && !bytes.includes(0) ? exactText(bytes) : undefined;
    return text === undefined ? [] : [{ path, text }];
  });
  return {
    manifest,
    files,
    texts,
    scripts: texts
      .filter(({ path }) => /\.[cm]?js$/.test(path))
      .map((script) => ({ ...script, tree: treeOf(script.text) })),
    modules:
      manifest.security.tier === 'wasm'
        ? regular.filter(({ bytes }) => isWasmModule(bytes)).map(moduleOf)
        : [],
    programs: regular.flatMap(({ path, bytes }) => {
      const program = readProgram(bytes);
      return program === undefined ? [] : [{ path, ...program }];
    }),
    advisories,
    platform,
    digest,
    malware: malware?.hits ?? [],
  };
}

function treeOf(text: string): Node | undefined {
  for (const sourceType of ['module', 'script'] as const) {
    const options: Options = {
      ecmaVersion: 'latest',
      sourceType,
      locations: true,
      allowHashBang: true,
      // Node runs a CommonJS file as the body of a function.
      allowReturnOutsideFunction: sourceType === 'script',
    };
    try {
      return parse(text, options);
    } catch {
      // What is no module may be a script; what is neither has no tree, which a rule reports.
    }
  }
  return undefined;
}

function moduleOf({ path, bytes }: PluginFile): ScannedModule {
  try {
    const module = readWasmModule(bytes, path);
    return { path, bytes, module, found: readInterface(module, path) };
  } catch (error) {
    return { path, bytes, fault: (error as SheafError).message };
  }
}

/** Every node of every script for which `judge` has something to say. @param judge gets the parents, outermost first. */
export function matchesInScripts(
  { scripts }: ScanSubject,
  judge: (node: Node, parents: readonly Node[]) => string | undefined,
): readonly ScanMatch[] {
  return scripts.flatMap(({ path, tree }) => {
    const matches: ScanMatch[] = [];
    if (tree === undefined) return matches;
    fullAncestor(tree, (node, _, parents) => {
      const message = judge(node, parents.slice(0, -1));
      const start = node.loc?.start;
      if (message === undefined || start === undefined) return;
      matches.push({ path, line: start.line, column: start.column + 1, message });
    });
    return matches;
  });
}

/** Every place where a pattern, which must be global, matches a text. */
export function matchesInTexts(
  texts: readonly ScannedText[],
  pattern: RegExp,
  judge: (match: RegExpMatchArray) => string | undefined,
): readonly ScanMatch[] {
  return texts.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].flatMap((match) => {
      const message = judge(match);
      if (message === undefined) return [];
      const before = text.slice(0, match.index).split('\n');
      return [{ path, line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message }];
    }),
  );
}
