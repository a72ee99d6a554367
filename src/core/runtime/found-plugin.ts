import type { Manifest, Tier } from '../formats/manifest.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';

/** What a plugin consists of for the one who runs it, after its files were checked. */
export type PluginCode =
  /** `javascript` is a module whose exported functions are commands, `script` the interpreter itself. */
  | { readonly kind: 'wasm' | 'javascript' | 'script'; readonly code: Uint8Array }
  /** The file to start, relative to the directory that holds all that it needs. */
  | { readonly kind: 'native'; readonly directory: string; readonly entry: string };

/** A plugin that a host may load: from an installed set, from a folder, or from the host itself. */
export interface FoundPlugin<Code = PluginCode> {
  readonly name: PluginName;
  readonly version: Version;
  /** The tier that the registry granted; what the manifest asks for where no registry was asked. */
  readonly tier: Tier;
  /** Id of its registry; `path:` and where it lies for a local one; `host` for one of the host's own. */
  readonly registry: string;
  /** Whether its owner signed it, and a registry vouches for it. */
  readonly verified: boolean;
  /** Capabilities that were agreed to when it was installed; undefined where nobody was asked. */
  readonly pinned: readonly string[] | undefined;
  /** Digest that identifies its content. */
  readonly digest: string;
  /** Undefined when it is not the one that was installed, or cannot be read: {@link code} says why. */
  readonly manifest: Manifest | undefined;
  /**
   * Its code, after every file was compared with what was installed.
   *
   * @throws SheafError `SHEAF_MODIFIED`, `SHEAF_DIGEST`, `SHEAF_INVALID_FILE`, `SHEAF_ABI` when there is nothing
   *   to load.
   */
  code(): Promise<Code>;
  /**
   * Its configuration, as the schema that it brings admits it.
   *
   * @throws SheafError `SHEAF_INVALID_FILE`.
   */
  config(): Promise<unknown>;
}
