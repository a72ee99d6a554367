import { readAdvisories } from '../../core/advisories/read-advisories.ts';
import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { checkpointPath, LATEST_PATH } from '../../core/index/checkpoint.ts';
import { historyIncludes, historyObject, readHistory } from '../../core/index/history.ts';
import type { FetchObject, IndexHead } from '../../core/index/index-head.ts';
import { fileObject } from '../../core/index/index-head.ts';
import { readHead } from '../../core/index/index-reader.ts';
import type { Instant } from '../../core/instant.ts';
import { LIMITS } from '../../core/limits.ts';
import type { IndexSource } from '../../core/ports.ts';
import { readRevoked } from '../../core/signatures/revoked.ts';
import {
  malwareRestrictions,
  mergeRestrictions,
  requireBounded,
  restrictionsOf,
} from '../../core/trust/restriction.ts';
import { mergeRevoked } from '../../core/trust/revocation.ts';
import { readStatus } from '../../core/trust/status.ts';
import {
  acceptCheckpoint,
  acceptLatest,
  type Floor,
  requireLiveRoot,
  type SeenCheckpoint,
  type Succession,
  succession,
} from '../../core/trust/trust.ts';
import { type TrustState, withEvidence } from '../../core/trust/trust-state.ts';
import { followRoots } from './root-chain.ts';

/** One update against one source. */
export interface Update {
  readonly source: IndexSource;
  /** Fetches from the same source, through the store. */
  readonly fetchObject: FetchObject;
  readonly now: Instant;
  /** What a project's lock file has seen; for this run only. */
  readonly floor?: Floor | undefined;
  /** Keeps a state; called for each new root, for evidence, and last for the result. */
  readonly persist: (state: TrustState) => Promise<void>;
}

/** What an update led to. */
export interface Updated {
  readonly state: TrustState;
  readonly head: IndexHead;
  readonly succession: Succession;
}

/**
 * Brings what is believed about a registry up to date: roots, `latest`, checkpoint, history, and what has been
 * taken away from keys and plugins. The new checkpoint is believed only once everything below it that is read
 * here was found, so that a broken source leaves the old state whole.
 *
 * @throws SheafError as the rules of core/trust/trust.ts; after a fork both checkpoints are kept as evidence.
 */
export async function updateTrust(state: TrustState, update: Update): Promise<Updated> {
  const { source, now, persist, fetchObject } = update;
  const rooted = await followRoots(source, state, persist);
  requireLiveRoot(rooted, now);

  const { bytes, signature } = await readCheckpointFiles(source, rooted);
  let seen: SeenCheckpoint;
  let step: Succession;
  try {
    seen = acceptCheckpoint(rooted, { bytes, signature, now, floor: update.floor });
    const { history } = seen.value;
    step = await succession(rooted, seen, async (earlier) =>
      historyIncludes(
        readHistory(await fetchObject(historyObject(history))),
        earlier,
        earlier.sha256,
        fetchObject,
      ),
    );
  } catch (error) {
    const last = rooted.checkpoint;
    if (error instanceof SheafError && error.code === 'SHEAF_FORK' && last !== undefined) {
      await persist(withEvidence(rooted, 'fork', last, { bytes, signature }));
    }
    throw error;
  }

  const head = await readHead(seen.value, fetchObject);
  const next = await learn(withNewEpoch(rooted, seen, step), seen, head, fetchObject);
  await persist(next);
  return { state: next, head, succession: step };
}

/** The checkpoint that `latest` points to, with its signature; both still unverified. */
async function readCheckpointFiles(
  source: IndexSource,
  state: TrustState,
): Promise<{ readonly bytes: Uint8Array; readonly signature: Uint8Array }> {
  const latest = await source.readFile(LATEST_PATH, LIMITS.latestBytes);
  const path = latest === undefined ? undefined : checkpointPath(acceptLatest(state, latest));
  const bytes = path === undefined ? undefined : await source.readFile(path, LIMITS.checkpointBytes);
  const signature =
    path === undefined ? undefined : await source.readFile(`${path}.sig`, LIMITS.signatureBytes);
  if (bytes !== undefined && signature !== undefined) return { bytes, signature };
  throw new SheafError(
    'SHEAF_NOT_A_REGISTRY',
    `${source.url} has no signed checkpoint of ${state.registry}.`,
    {
      hint: 'Its index has not been published yet, or only a part of it is there.',
    },
  );
}

/** After a recovery the old history cannot be continued; the last checkpoint before it stays as evidence. */
function withNewEpoch(state: TrustState, seen: SeenCheckpoint, step: Succession): TrustState {
  const last = state.checkpoint;
  return step === 'new-epoch' && last !== undefined ? withEvidence(state, 'new-epoch', last, seen) : state;
}

/**
 * The state with the new checkpoint and everything that the index takes away, added to what it took before. The
 * files that say so stay in the store, so that `sheaf audit` needs no network.
 */
async function learn(
  state: TrustState,
  seen: SeenCheckpoint,
  head: IndexHead,
  fetchObject: FetchObject,
): Promise<TrustState> {
  const status = readStatus(await fetchObject(fileObject(head, 'status')), state.root.file);
  const bytes = await fetchObject(fileObject(head, 'revoked'));
  // A registry that never revoked a key need not have the file; the index then has an empty one.
  const revoked = bytes.byteLength === 0 ? [] : valueOf(readRevoked(bytes, 'revoked'));
  const advisories = readAdvisories(await fetchObject(fileObject(head, 'advisories')));
  const taken = [...restrictionsOf(status), ...malwareRestrictions(advisories, state.registry)];
  const restrictions = mergeRestrictions(state.restrictions, taken, status);
  requireBounded(restrictions, state.registry);
  return { ...state, checkpoint: seen, revoked: mergeRevoked(state.revoked, revoked), restrictions };
}
