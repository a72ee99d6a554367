import type { Engines } from '../engines.ts';
import type { Manifest } from '../formats/manifest.ts';
import type { HostReply } from '../formats/plugin-case.ts';
import type { PluginCode } from '../runtime/found-plugin.ts';
import type { Isolation } from '../runtime/isolation.ts';
import type { MalwareReport } from '../scanning/scan-context.ts';

/** Something in the folder of a plugin; only files have bytes. */
export interface PluginFile {
  /** Below the folder, with `/`. */
  readonly path: string;
  readonly kind: 'file' | 'link' | 'other';
  readonly bytes: Uint8Array;
}

/** Files of a plugin on the disk of this machine, for as long as something has to find them there. */
export interface LaidOutPlugin {
  /** Absolute path of the folder that holds them. */
  readonly directory: string;
  remove(): Promise<void>;
}

/** Folders of authors, and artifacts. */
export interface PluginFolders {
  /**
   * Everything in a folder but what tools leave there (`node_modules`, `dist`, `target`, and whatever begins with a
   * dot), sorted by path; or what is in an artifact, with its manifest.
   *
   * @throws SheafError `SHEAF_PATH`, `SHEAF_ARCHIVE`, `SHEAF_SIZE`, `SHEAF_PERMISSION`.
   */
  read(path: string): Promise<readonly PluginFile[]>;
  /**
   * Where programs find what `read` gives, and in a folder the rest of it, too: an author's folder itself, which stays,
   * or a temporary one with what is in an artifact.
   *
   * @throws SheafError as `read`, `SHEAF_DISK_FULL`.
   */
  layOut(path: string): Promise<LaidOutPlugin>;
  /** Settles when something in the folder has changed since it was read last, or the signal fires. */
  nextChange(path: string, signal: AbortSignal): Promise<void>;
}

/** The files that new plugins and registries are made of. */
export interface TemplateFiles {
  /** @param path below `examples/`, or below `.github/` for the workflows. */
  readonly read: (path: string) => Promise<string>;
}

/** A compiler, or what else makes a plugin. */
export interface ToolCall {
  /** Folder to run in. */
  readonly directory: string;
  /** Names of the program, best first: in `node_modules/.bin` of the folder or above it, then on the PATH. */
  readonly names: readonly string[];
  readonly args: readonly string[];
  /** Names of a program whose path takes the place of `{helper}` in the arguments. */
  readonly helper?: readonly string[];
}

/** How it went: `missing` names what is not on the machine. */
export type ToolResult =
  | { readonly kind: 'ran'; readonly program: string; readonly status: number; readonly output: string }
  | { readonly kind: 'missing'; readonly names: readonly string[] };

/** The programs of this machine that build plugins. */
export interface Toolchain {
  /** Where several programs have the name, the next is tried when one fails. */
  run(call: ToolCall): Promise<ToolResult>;
}

/** An antivirus program of this machine. */
export interface MalwareScanner {
  /** @throws SheafError `SHEAF_TOOL` when it is missing or failed, which says nothing about the files. */
  scan(files: readonly PluginFile[]): Promise<MalwareReport>;
}

/** What a call of a started plugin gave. */
export interface PluginAnswer {
  readonly output: unknown;
  /** `us` inside the plugin, without its waits for the host. */
  readonly metrics: { readonly us: number; readonly wallUs: number; readonly memoryBytes: number };
  readonly isolation: Isolation;
}

/** A plugin that runs. */
export interface StartedPlugin {
  readonly commands: readonly string[];
  /** @throws SheafError `SHEAF_PLUGIN` for an error of its own; after any other the plugin is gone. */
  execute(
    command: string,
    input: unknown,
    options?: { readonly signal?: AbortSignal },
  ): Promise<PluginAnswer>;
  dispose(): Promise<void>;
}

/** A plugin to start, with what answers its calls of capabilities. */
export interface PluginToStart {
  readonly manifest: Manifest;
  readonly code: PluginCode;
  /** Ids of the capabilities that it gets. */
  readonly granted: readonly string[];
  /** The answer to `capability.function`. */
  readonly answer: (name: string) => HostReply;
  /** Engines of the host, which refuses a plugin that none of them suits; none when absent. */
  readonly engines?: Engines;
}

/** The sandbox in which users run plugins. */
export interface PluginStarter {
  start(plugin: PluginToStart): Promise<StartedPlugin>;
  close(): Promise<void>;
}
