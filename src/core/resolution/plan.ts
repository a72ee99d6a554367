import { entriesOf, type LockedEntry } from '../formats/lock-entries.ts';
import type { Lockfile } from '../formats/lockfile.ts';
import type { PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import type { Choice, Resolution } from './resolve.ts';

/** A plugin that the plan brings in or changes. */
export interface PlannedChange {
  readonly name: PluginName;
  /** Id of its registry; `path:` and where it lies for a local one. */
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
  /** Capabilities of every plugin after the change, without those that a policy withholds. */
  readonly capabilities: Readonly<Record<PluginName, readonly string[]>>;
}

/** Whether carrying the plan out would change anything. */
export function isEmptyPlan(plan: Plan): boolean {
  return plan.add.length + plan.update.length + plan.remove.length === 0;
}

/** What a plan is made from. */
export interface PlanBasis {
  /** Lock of the current generation: what is installed, not what a file in the project claims. */
  readonly current: Lockfile | undefined;
  readonly resolution: Resolution;
  /** Capabilities that somebody on this machine agreed to. A lock file never adds to them. */
  readonly consents: ReadonlyMap<PluginName, readonly string[]>;
  /** Whether a policy lets plugins be given a capability; what they merely wish for is then withheld. */
  readonly admits: (capability: string) => boolean;
  /** Bytes to download; without an entry for what is unknown or in the cache. */
  readonly sizes: ReadonlyMap<PluginName, number>;
}

/**
 * What leads from the current set to a resolution. A plugin stays only when its version, its registry and the
 * digest of its manifest are the same; anything else under the same name is an update, also to an older
 * version.
 */
export function planFor({ current, resolution, consents, admits, sizes }: PlanBasis): Plan {
  const installed = new Map(entriesOf(current).map((plugin) => [plugin.name, plugin]));
  const chosen = new Set(resolution.choices.map((choice) => choice.name));
  const add: PlannedChange[] = [];
  const update: PlannedChange[] = [];
  const keep: { name: PluginName; version: Version }[] = [];
  for (const choice of resolution.choices) {
    const { name } = choice;
    const before = installed.get(name);
    if (before !== undefined && isSameRelease(before, choice)) {
      keep.push({ name, version: before.version });
      continue;
    }
    const bytes = sizes.get(name);
    const change = {
      name,
      registry: choice.registry,
      version: choice.version.version,
      ...(bytes === undefined ? {} : { bytes }),
      newCapabilities: capabilitiesOf(choice, admits).filter((id) => !consents.get(name)?.includes(id)),
    };
    if (before === undefined) add.push(change);
    else update.push({ ...change, from: before.version });
  }
  const remove = [...installed.values()].filter(({ name }) => !chosen.has(name));
  return {
    add,
    update,
    remove: remove.map(({ name, version }) => ({ name, version })),
    keep,
    capabilities: Object.fromEntries(
      resolution.choices.map((choice) => [choice.name, capabilitiesOf(choice, admits)]),
    ),
  };
}

function isSameRelease(before: LockedEntry, { registry, version }: Choice): boolean {
  return (
    before.registry === registry && before.version === version.version && before.manifest === version.manifest
  );
}

function capabilitiesOf({ version }: Choice, admits: PlanBasis['admits']): readonly string[] {
  return version.capabilities
    .map((capability) => capability.id)
    .filter(admits)
    .toSorted();
}
