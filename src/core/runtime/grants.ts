import { SheafError } from '../errors.ts';
import type { CapabilityRequest, Tier } from '../formats/manifest.ts';
import { quote } from '../text.ts';

/** A power that a host can give to plugins. */
export interface OfferedCapability {
  readonly id: string;
  readonly risk: 'low' | 'medium' | 'high';
  /** What a plugin can do with it, for the person who decides. */
  readonly description: string;
  /** Tiers that may have it. */
  readonly tiers: readonly Tier[];
}

/** Everything that decides what a plugin gets. */
export interface GrantQuestion {
  readonly plugin: string;
  readonly requested: readonly CapabilityRequest[];
  /** The tier that the registry granted. */
  readonly tier: Tier;
  readonly offered: readonly OfferedCapability[];
  /** Whether the policies of host, user and machine admit it. */
  readonly admits: (id: string) => boolean;
  /** What was agreed to when the plugin was installed; undefined where nobody was asked: a folder of a developer. */
  readonly pinned: readonly string[] | undefined;
}

/** A capability that a plugin asks for and does not get. */
export interface DeniedCapability {
  readonly id: string;
  readonly optional: boolean;
  /** Continues "it": `is not offered by this host`. */
  readonly because: string;
}

/** What a plugin gets, and what it does not. */
export interface Grants {
  /** Ids, in the order of the manifest. */
  readonly granted: readonly string[];
  readonly denied: readonly DeniedCapability[];
}

/**
 * What a plugin may do: what it asks for, as far as the host offers it to its tier, every policy admits it, and
 * somebody agreed to it when the plugin was installed. Ids are compared whole; there are no wildcards.
 */
export function computeGrants(question: GrantQuestion): Grants {
  const judged = question.requested.map(({ id, optional }) => ({
    id,
    optional,
    because: deniedBecause(id, question),
  }));
  return {
    granted: judged.flatMap(({ id, because }) => (because === undefined ? [id] : [])),
    denied: judged.flatMap(({ id, optional, because }) =>
      because === undefined ? [] : [{ id, optional, because }],
    ),
  };
}

/**
 * The ids that a plugin gets; one that it may do without and does not get is answered by `CAPABILITY_DENIED` when
 * it is called.
 *
 * @throws SheafError `SHEAF_CAPABILITY_DENIED` when it does not get one that it needs; `details.capabilities`
 *   lists them all, each with the reason.
 */
export function requireGrants(question: GrantQuestion): readonly string[] {
  const { granted, denied } = computeGrants(question);
  const needed = denied.filter(({ optional }) => !optional);
  const [first] = needed;
  if (first === undefined) return granted;
  const names = needed.map(({ id }) => quote(id)).join(', ');
  throw new SheafError(
    'SHEAF_CAPABILITY_DENIED',
    `${question.plugin} needs ${names}, which it does not get: ${quote(first.id)} ${first.because}.`,
    {
      hint: 'Offer and admit them in the host, or do without the plugin.',
      details: { capabilities: needed.map(({ id, because }) => ({ id, because })) },
    },
  );
}

function deniedBecause(id: string, { tier, offered, admits, pinned }: GrantQuestion): string | undefined {
  const offer = offered.find((one) => one.id === id);
  if (offer === undefined) return 'is not offered by this host';
  if (!offer.tiers.includes(tier)) return `is not for plugins of the tier ${tier}`;
  if (!admits(id)) return 'is excluded by a policy';
  if (pinned !== undefined && !pinned.includes(id)) return 'was not agreed to when it was installed';
  return undefined;
}
