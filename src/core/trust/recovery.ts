import { SheafError } from '../errors.ts';
import { DAY, formatInstant, type Instant } from '../instant.ts';
import type { OwnerChain, OwnerLink, OwnerSignature } from './owner-chain.ts';
import type { TrustState } from './trust-state.ts';

/** How long a client waits before it believes that an owner's lost keys were replaced by the root. */
export const RECOVERY_WAIT: number = 14 * DAY;

/** What decides whether recovered keys are believed. */
export interface RecoveryTest {
  readonly now: Instant;
  /** A person agreed to the change of owner or of keys that this machine asks about. */
  readonly agreed?: boolean;
}

/** The state with the first sight of a recovery noted, from which this machine counts {@link RECOVERY_WAIT}. */
export function noticeRecovery(state: TrustState, chain: OwnerChain, now: Instant): TrustState {
  const recovered = unseenRecovery(state, chain);
  if (recovered === undefined) return state;
  const owner = ownerOf(chain);
  const known = state.recoveries.get(owner);
  if (known?.version === recovered.version && known.sha256 === recovered.sha256) return state;
  const { version, sha256 } = recovered;
  return { ...state, recoveries: new Map(state.recoveries).set(owner, { version, sha256, firstSeen: now }) };
}

/** Whether keys that the root put in the place of lost ones have waited long enough to ask a person. */
export function isRecoveryDue(state: TrustState, chain: OwnerChain, now: Instant): boolean {
  const recovered = unseenRecovery(state, chain);
  return recovered !== undefined && believedFrom(state, recovered, now) <= now;
}

/** The links whose keys count: all, or those before a recovery that is too new or that nobody agreed to. */
export function trustedLinks(state: TrustState, chain: OwnerChain, test: RecoveryTest): OwnerChain {
  const recovered = unseenRecovery(state, chain);
  if (recovered === undefined) return chain;
  if (test.agreed === true && believedFrom(state, recovered, test.now) <= test.now) return chain;
  const [first, ...rest] = chain;
  return [first, ...rest.filter((link) => link.version < recovered.version)];
}

/**
 * Refuses a signature by recovered keys that this machine does not believe yet.
 *
 * @param trusted the links of `chain` that count.
 * @throws SheafError `SHEAF_OWNER`, saying until when this machine waits or what a person has to agree to.
 */
export function requireBelieved(
  state: TrustState,
  chain: OwnerChain,
  trusted: OwnerChain,
  { link }: OwnerSignature,
  now: Instant,
): void {
  const recovered = unseenRecovery(state, chain);
  if (recovered === undefined || !chain.includes(link) || trusted.includes(link)) return;
  const owner = ownerOf(chain);
  const from = believedFrom(state, recovered, now);
  const isDue = from <= now;
  throw new SheafError(
    'SHEAF_OWNER',
    isDue
      ? `The registry replaced the lost keys of owner ${owner}, and nobody here has agreed to that.`
      : `The registry replaced the lost keys of owner ${owner}; this machine believes the new ones from ${formatInstant(from)} on.`,
    {
      hint: isDue
        ? `Ask ${owner} elsewhere whether that is right, and agree with --accept-owner-change.`
        : 'Until then what the keys before have signed can be used; the wait gives the owner time to object.',
      details: { owner, version: recovered.version, believedFrom: formatInstant(from) },
    },
  );
}

/** A recovery link newer than what this machine has pinned; one that it began with is no change to it. */
function unseenRecovery(state: TrustState, chain: OwnerChain): OwnerLink | undefined {
  const pin = state.owners.get(ownerOf(chain));
  return pin === undefined
    ? undefined
    : chain.find((link) => link.by === 'recovery' && link.version > pin.version);
}

function believedFrom(state: TrustState, recovered: OwnerLink, now: Instant): Instant {
  const seen = state.recoveries.get(recovered.file.owner ?? '');
  return (seen?.sha256 === recovered.sha256 ? seen.firstSeen : now) + RECOVERY_WAIT;
}

function ownerOf(chain: OwnerChain): string {
  return chain[0].file.owner ?? '';
}
