import { defined } from '../../core/defined.ts';
import { SheafError } from '../../core/errors.ts';
import {
  givesPower,
  isGrant,
  type StatusEvent,
  type StatusKind,
  writeStatusEvent,
} from '../../core/formats/status-event.ts';
import { pluginDirectory, sourcePath } from '../../core/index/source-layout.ts';
import { formatInstant, type Instant, SECOND } from '../../core/instant.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Clock, NamedFiles } from '../../core/ports.ts';
import { type GrantedTier, judgePromotion, type Promotion } from '../../core/promotion/judge-promotion.ts';
import { demandOf } from '../../core/trust/key-ceremony.ts';
import { exceedsTier, grantedTier, type JudgedEvent } from '../../core/trust/status.ts';
import type { Version } from '../../core/version.ts';
import { type Ceremony, ceremonyOf } from '../trust/ceremony.ts';
import { writeNew } from '../trust/checkout.ts';
import { openStanding, type RegistryStanding, type StandingTrees } from './registry-standing.ts';

/** What changing the standing of a plugin needs: a checkout of the registry. */
export interface PromotePorts extends StandingTrees {
  readonly files: NamedFiles;
  readonly clock: Clock;
}

/** The change that `sheaf promote` was asked for. */
export type StandingChange =
  | { readonly kind: 'grant-tier'; readonly tier: GrantedTier; readonly reason?: string }
  | { readonly kind: 'revoke-tier'; readonly tier: GrantedTier; readonly reason: string }
  | { readonly kind: 'quarantine'; readonly reason: string }
  | { readonly kind: 'release'; readonly reason: string; readonly advisory?: string };

export interface PromoteOptions {
  readonly plugin: PluginName;
  /** All versions when absent. */
  readonly version?: Version;
  readonly change: StandingChange;
  /** The day of the event; now when absent. */
  readonly date?: Instant;
  readonly dryRun: boolean;
}

/** What became of it. */
export interface PromotionStep {
  readonly registry: string;
  readonly plugin: PluginName;
  readonly kind: StandingChange['kind'];
  /** `unmet`: the plugin does not fulfil what the tier demands; `waiting`: for signatures; `done`: it counts. */
  readonly state: 'unmet' | 'waiting' | 'done';
  /** The criteria of a grant, with their evidence. */
  readonly promotion?: Promotion;
  /** The event and whose signatures it waits for; absent when nothing was, or had to be, written. */
  readonly ceremony?: Ceremony;
}

/**
 * Changes the standing of a plugin by one event under `registry/security/status`. A grant is written when every
 * criterion of the tier is met; like a lifted quarantine it counts with the signatures of the root's threshold.
 * Taking power away counts at once. Called again while a grant waits, it tells who still has to sign.
 *
 * @throws SheafError `SHEAF_UNKNOWN_PLUGIN`, `SHEAF_USAGE` when there is nothing to lift, `SHEAF_EXISTS`,
 *   `SHEAF_PATH`, `SHEAF_ROOT`, `SHEAF_INVALID_FILE`.
 */
export async function promote(ports: PromotePorts, options: PromoteOptions): Promise<PromotionStep> {
  const now = ports.clock.now();
  const standing = await openStanding(ports);
  const { plugin, change } = options;
  const step = { registry: standing.registry, plugin, kind: change.kind };
  if (change.kind !== 'grant-tier') {
    await requireSubject(standing, options);
    const ceremony = await writeEvent(ports, standing, options, change.reason, now);
    return { ...step, state: ceremony.complete ? 'done' : 'waiting', ceremony };
  }
  const facts = await standing.facts(plugin);
  const promotion = judgePromotion(facts, change.tier, standing.tiers, now);
  const events = await standing.events(plugin);
  const given = grantedTier([], [...events.values()], plugin, options.version ?? facts.version);
  if (!exceedsTier(change.tier, given)) return { ...step, state: 'done', promotion };
  const pending = await pendingGrant(ports, standing, options, events);
  if (pending !== undefined) return { ...step, state: 'waiting', promotion, ceremony: pending };
  if (!promotion.met) return { ...step, state: 'unmet', promotion };
  const reason =
    change.reason ??
    `${promotion.version} meets all ${promotion.criteria.length} criteria of the tier ${change.tier}.`;
  const ceremony = await writeEvent(ports, standing, options, reason, now);
  return { ...step, state: ceremony.complete ? 'done' : 'waiting', promotion, ceremony };
}

/** A plugin that is there; for a release, one from which something was taken. */
async function requireSubject(standing: RegistryStanding, { plugin, change }: PromoteOptions): Promise<void> {
  if (!standing.plugins.includes(plugin)) await standing.facts(plugin);
  if (change.kind !== 'release' || (await standing.openIncidents(plugin)).length > 0) return;
  throw new SheafError('SHEAF_USAGE', `${plugin} is neither quarantined nor held for malware.`, {
    hint: `See what is known of it: sheaf info ${plugin}.`,
  });
}

async function writeEvent(
  ports: PromotePorts,
  standing: RegistryStanding,
  { plugin, version, change, date, dryRun }: PromoteOptions,
  reason: string,
  now: Instant,
): Promise<Ceremony> {
  const event: StatusEvent = defined({
    registry: standing.registry,
    plugin,
    kind: change.kind,
    tier: 'tier' in change ? change.tier : undefined,
    advisory: 'advisory' in change ? change.advisory : undefined,
    version,
    date: await dateOf(standing, plugin, change.kind, { asked: date, now }),
    reason,
  });
  const path = await freePath(ports, event);
  const bytes = writeStatusEvent(event);
  await writeNew({ tree: ports.source, files: ports.files, clock: ports.clock }, path, bytes, dryRun);
  return ceremony(standing, event, { path, bytes, signatures: new Map() });
}

/**
 * The time of an event, in whole seconds as files have them. What gives power must be later than all that was taken
 * before, or it would undo nothing.
 */
async function dateOf(
  standing: RegistryStanding,
  plugin: PluginName,
  kind: StatusKind,
  { asked, now }: { readonly asked: Instant | undefined; readonly now: Instant },
): Promise<Instant> {
  const date = Math.floor((asked ?? now) / SECOND) * SECOND;
  if (!givesPower({ kind })) return date;
  const taken = [...(await standing.events(plugin)).values()].filter((event) => !givesPower(event));
  const dates = [...taken, ...(await standing.openIncidents(plugin))].map((one) => one.date);
  const newest = Math.max(0, ...dates);
  if (date > newest) return date;
  if (asked === undefined) return newest + SECOND;
  const since = formatInstant(newest);
  throw new SheafError(
    'SHEAF_USAGE',
    `${plugin} lost power at ${since}; an earlier event gives nothing back.`,
    {
      hint: 'Leave --date out, or name a later time.',
    },
  );
}

/** `2026-11-20-quarantine`, with `-2` and so on for further ones of the day. */
async function freePath(
  { source, facts }: PromotePorts,
  { plugin, kind, date }: StatusEvent,
): Promise<string> {
  const directory = pluginDirectory('status', plugin);
  const taken = new Set([...(await source.list(directory)), ...((await facts?.list(directory)) ?? [])]);
  const stem = `${formatInstant(date).slice(0, 'YYYY-MM-DD'.length)}-${kind}`;
  for (let count = 1; ; count += 1) {
    const path = sourcePath({ kind: 'status', plugin, event: count === 1 ? stem : `${stem}-${count}` });
    if (!taken.has(path)) return path;
  }
}

/** The same grant, written earlier and not taken back since, with the signatures that it has so far. */
async function pendingGrant(
  { source }: PromotePorts,
  standing: RegistryStanding,
  { version, change }: PromoteOptions,
  events: ReadonlyMap<string, JudgedEvent>,
): Promise<Ceremony | undefined> {
  const isWithdrawn = (grant: JudgedEvent): boolean =>
    [...events.values()].some(({ kind, date }) => kind === 'revoke-tier' && date >= grant.date);
  const isSame = (event: JudgedEvent): boolean =>
    isGrant(event) && 'tier' in change && event.tier === change.tier && event.version === version;
  const found = [...events].find(([, event]) => isSame(event) && !event.signed && !isWithdrawn(event));
  if (found === undefined) return undefined;
  const [path, event] = found;
  const signatures = new Map<string, Uint8Array>();
  for (const { principal } of standing.root.signers) {
    const bytes = await source.read(`${path}.${principal}.sig`);
    if (bytes !== undefined) signatures.set(principal, bytes);
  }
  const bytes = (await source.read(path)) ?? new Uint8Array();
  return ceremony(standing, event, { path, bytes, signatures });
}

function ceremony(
  { registry, root }: RegistryStanding,
  event: StatusEvent,
  file: {
    readonly path: string;
    readonly bytes: Uint8Array;
    readonly signatures: ReadonlyMap<string, Uint8Array>;
  },
): Ceremony {
  return ceremonyOf({
    ...file,
    registry,
    changes: [sentenceOf(event), `reason: ${event.reason}`],
    demands: givesPower(event) ? [demandOf(root, 'status@sheaf', file)] : [],
    needs: 'all',
  });
}

function sentenceOf({ kind, plugin, version, tier, advisory }: StatusEvent): string {
  const subject = version === undefined ? plugin : `${plugin} ${version}`;
  switch (kind) {
    case 'grant-tier':
      return `grants ${subject} the tier ${tier}`;
    case 'revoke-tier':
      return `takes the tier ${tier} from ${subject}`;
    case 'quarantine':
      return `quarantines ${subject}`;
    case 'release':
      return `lifts ${advisory === undefined ? 'the quarantine' : `what ${advisory} brought about`} for ${subject}`;
    default:
      return kind satisfies never;
  }
}
