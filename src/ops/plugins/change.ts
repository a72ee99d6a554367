import type { LocalPlugin } from '../../core/formats/project-file.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Choice, Requirement } from '../../core/resolution/resolve.ts';

/** What shall be different afterwards; `install`, `update` and `remove` each make one. */
export interface Change {
  readonly wanted: readonly Requirement[];
  /** Plugins from folders and files of this machine. */
  readonly local: readonly LocalPlugin[];
  /** Locked plugins that should move to the newest. */
  readonly update: ReadonlySet<PluginName> | 'all';
  /** The text of sheaf.toml afterwards. */
  readonly rewrite: (text: string, choices: readonly Choice[]) => string;
  /** Plugins that are left out although something needs them (`remove --force`). */
  readonly without: ReadonlySet<PluginName>;
  /**
   * Whether nothing may come in. Then what is locked stays, whatever policy and routes say of it by now, and what
   * the project proposes is nobody's concern: a removal must always be possible.
   */
  readonly onlyRemoves?: boolean;
  /** Unpack again what is there (`install --force`). */
  readonly reinstall: boolean;
  /** Whether the person named the plugins that come in, and with that agreed to what they may do. */
  readonly agreesToAdditions: boolean;
}

/** How a change is carried out. */
export interface ChangeOptions {
  readonly dryRun: boolean;
  /** Refuse when sheaf.lock does not already answer what is wanted. */
  readonly locked: boolean;
  readonly acceptCapabilities: boolean;
  readonly allowStale: boolean;
  readonly prereleases: boolean;
  /** Agree to new owners of plugins, and to keys that a registry put in the place of lost ones; no when absent. */
  readonly acceptOwnerChange?: boolean;
  /** Build from source also where that cannot be isolated; no when absent. */
  readonly allowUnisolatedBuild?: boolean;
  /** Install from folders and files what nobody signed; no when absent. */
  readonly allowLocal?: boolean;
}
