import type { PluginName } from './plugin-name.ts';
import type { Version } from './version.ts';

/**
 * What holds for all releases of a plugin, signed by its owner and slow to change: `plugin.toml`.
 */
export interface PluginFile {
  readonly registry: string;
  readonly name: PluginName;
  /** Only grows; a client refuses a lower one than it has seen. */
  readonly revision: number;
  readonly owner: string;
  readonly displayName?: string;
  readonly keywords: readonly string[];
  /** Why, and what to use instead. */
  readonly deprecated?: string;
  /** Further URL prefixes that releases may come from. */
  readonly repositories: readonly string[];
  /** Version to reason: not for new resolutions, allowed when locked. */
  readonly yanked: Readonly<Record<Version, string>>;
  /** Version to reason: chosen only when nothing else fits. */
  readonly deprecatedVersions: Readonly<Record<Version, string>>;
}
