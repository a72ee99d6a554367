import type { PluginName } from './plugin-name.ts';
import type { Version } from './version.ts';

/** A plugin that the plan brings in or changes. */
export interface PlannedChange {
  readonly name: PluginName;
  readonly registry: string;
  readonly version: Version;
  /** The version installed now, for an update. */
  readonly from?: Version;
  /** Bytes to download for this platform; undefined when unknown or already in the cache. */
  readonly bytes?: number;
  /** Capabilities of the new version that nobody agreed to yet. */
  readonly newCapabilities: readonly string[];
}

/** What an install, update or remove would do: data, printed by `--dry-run` and executed otherwise. */
export interface Plan {
  readonly add: readonly PlannedChange[];
  readonly update: readonly PlannedChange[];
  readonly remove: readonly { readonly name: PluginName; readonly version: Version }[];
  /** Plugins that stay as they are. */
  readonly keep: readonly { readonly name: PluginName; readonly version: Version }[];
  /** Capabilities of every plugin after the change. */
  readonly capabilities: Readonly<Record<PluginName, readonly string[]>>;
}

/** Whether carrying the plan out would change anything. */
export function isEmptyPlan(plan: Plan): boolean {
  return plan.add.length + plan.update.length + plan.remove.length === 0;
}
