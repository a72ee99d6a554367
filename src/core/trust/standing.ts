import { SheafError } from '../errors.ts';
import type { CheckpointId } from '../index/checkpoint.ts';
import { formatInstant, type Instant } from '../instant.ts';
import type { PluginName } from '../plugin-name.ts';
import { fingerprint } from '../signatures/ssh-key.ts';
import { quote } from '../text.ts';
import type { Version } from '../version.ts';
import { concerns, mergeRestrictions, type Restriction, restrictionsOf } from './restriction.ts';
import { revocationOf } from './revocation.ts';
import type { JudgedEvent } from './status.ts';
import type { TrustState } from './trust-state.ts';

/** What has to be known of a release to say whether it may be used. */
export interface ReleaseFacts {
  readonly name: PluginName;
  readonly version: Version;
  /** Fingerprint (`SHA256:…`) of the key that signed the release; revocations are not asked for without it. */
  readonly key?: string;
  /**
   * The checkpoint at which a lock file recorded exactly this release: a key that is distrusted only from a later
   * one on does not count against it.
   */
  readonly lockedAt?: CheckpointId | undefined;
}

/** A reason for which a release must neither be installed nor run. */
export type Bar =
  | {
      readonly kind: 'malware';
      readonly advisory: string;
      readonly since: Instant;
      readonly reason: string;
    }
  | { readonly kind: 'quarantine'; readonly since: Instant; readonly reason: string }
  | { readonly kind: 'revoked-key'; readonly key: string; readonly reason?: string };

/** What a machine remembers of what a registry has taken away. */
export type TakenAway = Pick<TrustState, 'restrictions' | 'revoked'>;

/**
 * The kill switch: every reason for which a release may not be used, the gravest first; none when it may. One
 * answer for install, locked install, verify, audit, and the host that loads a plugin or has it running already.
 *
 * It depends on no clock: what was taken away stays so until a signed event gives it back, however old the
 * knowledge is.
 *
 * @param status events that may say more than the memory does, where the index is at hand.
 */
export function standingOf(
  { name, version, key, lockedAt }: ReleaseFacts,
  known: TakenAway,
  status: readonly JudgedEvent[] = [],
): readonly Bar[] {
  const restrictions =
    status.length === 0
      ? known.restrictions
      : mergeRestrictions(known.restrictions, restrictionsOf(status), status);
  const standing = restrictions.filter((one) => concerns(one, name, version));
  return [
    ...standing.flatMap(malwareBar),
    ...standing.flatMap(({ kind, date, reason }): Bar[] =>
      kind === 'quarantine' ? [{ kind, since: date, reason }] : [],
    ),
    ...(key === undefined ? [] : revokedBar(key, lockedAt, known)),
  ];
}

/** A bar as the end of a sentence: `is quarantined since 2026-11-20T09:00:00Z: "odd traffic"`. */
export function barredBecause(bar: Bar): string {
  const reason = bar.reason === undefined ? '' : `: ${quote(bar.reason)}`;
  if (bar.kind === 'malware') return `is malware by advisory ${bar.advisory}${reason}`;
  if (bar.kind === 'quarantine') return `is quarantined since ${formatInstant(bar.since)}${reason}`;
  return `is signed by a key that is revoked${reason}`;
}

/** What a person can do about a bar. */
export function wayOut(bar: Bar): string {
  return bar.kind === 'revoked-key'
    ? 'Use another plugin until its owner has signed a release with a new key.'
    : 'Use another version or another plugin; only signatures of the maintainers lift this.';
}

/**
 * Refuses a release that must not be used.
 *
 * @throws SheafError `SHEAF_REVOKED`.
 */
export function requireStanding(
  release: ReleaseFacts,
  known: TakenAway,
  status: readonly JudgedEvent[] = [],
): void {
  const [bar] = standingOf(release, known, status);
  if (bar !== undefined) throw barredError(release, bar);
}

/** The refusal of a release that must not be used. */
export function barredError({ name, version }: Pick<ReleaseFacts, 'name' | 'version'>, bar: Bar): SheafError {
  return new SheafError('SHEAF_REVOKED', `${name} ${version} ${barredBecause(bar)}.`, {
    hint: wayOut(bar),
    details: {
      bar: bar.kind,
      ...(bar.kind === 'malware' ? { advisory: bar.advisory } : {}),
      ...(bar.kind === 'revoked-key' ? { fingerprint: bar.key } : {}),
    },
  });
}

function malwareBar({ kind, advisory, date, reason }: Restriction): readonly Bar[] {
  return kind === 'malware' && advisory !== undefined
    ? [{ kind, advisory: advisory.id, since: date, reason }]
    : [];
}

function revokedBar(key: string, lockedAt: CheckpointId | undefined, { revoked }: TakenAway): readonly Bar[] {
  const entry = revoked.find((one) => fingerprint(one.key) === key);
  if (entry === undefined || revocationOf([entry], entry.key, lockedAt) === undefined) return [];
  return [{ kind: 'revoked-key', key, ...(entry.reason === undefined ? {} : { reason: entry.reason }) }];
}
