import { SheafError } from '../errors.ts';
import type { Instant } from '../instant.ts';
import { LIMITS } from '../limits.ts';

/**
 * Where a plugin is in its life. `loaded`: all checks passed and its code was read. `initialized`: its process
 * answers. `registered`: its commands and languages are routed to it. `active`: it was called.
 */
export type PluginState =
  | 'discovered'
  | 'loaded'
  | 'initialized'
  | 'registered'
  | 'active'
  | 'unloaded'
  | 'failed';

/** A plugin's life so far: a value that {@link advance} and {@link fail} replace. */
export interface Lifecycle {
  readonly state: PluginState;
  /** Why it failed last; absent once it was initialized again. */
  readonly cause?: SheafError;
  /** When it was loaded again after a failure, oldest first; not older than `LIMITS.reloadWindow`. */
  readonly reloads: readonly Instant[];
  /** When that was. */
  readonly failedAt?: Instant;
}

/** The beginning of every life. */
export const BEGINNING: Lifecycle = { state: 'discovered', reloads: [] };

/** Where a plugin may go by itself or its host's will. Into `failed` leads a way from everywhere. */
const NEXT: Readonly<Record<PluginState, readonly PluginState[]>> = {
  discovered: ['loaded'],
  loaded: ['initialized', 'unloaded'],
  initialized: ['registered', 'unloaded'],
  registered: ['active', 'unloaded'],
  active: ['unloaded'],
  unloaded: ['loaded'],
  failed: ['loaded', 'unloaded'],
};

/**
 * The life one step on.
 *
 * @param plugin names it in the refusal.
 * @throws SheafError `SHEAF_STATE` for a step that the lifecycle does not have, and for a plugin that failed and
 *   is loaded again too often or too soon; `details.retryAfterMs` then says when it may be.
 */
export function advance(
  plugin: string,
  life: Lifecycle,
  to: Exclude<PluginState, 'discovered' | 'failed'>,
  now: Instant,
): Lifecycle {
  if (!NEXT[life.state].includes(to)) {
    throw new SheafError('SHEAF_STATE', `${plugin} is ${life.state}, and cannot become ${to}.`, {
      details: { state: life.state, to },
    });
  }
  const { reloads } = life;
  // What came up again has made good for its failure; what failed and was unloaded has not.
  if (to === 'initialized') return { state: to, reloads };
  if (to !== 'loaded' || life.failedAt === undefined) return { ...life, state: to };
  requireReload(plugin, life, now);
  return { ...life, state: to, reloads: [...recentReloads(reloads, now), now] };
}

/** The life after a failure, wherever the plugin was. */
export function fail(life: Lifecycle, cause: SheafError, now: Instant): Lifecycle {
  return { ...life, state: 'failed', cause, failedAt: now };
}

/**
 * Refuses to load a plugin again that keeps failing: at most `LIMITS.reloads` times in `LIMITS.reloadWindow`, the
 * first time at once, then after a delay that doubles.
 *
 * @throws SheafError `SHEAF_STATE`, caused by the last failure.
 */
export function requireReload(plugin: string, life: Lifecycle, now: Instant): void {
  const { cause, failedAt } = life;
  if (failedAt === undefined) return;
  const recent = recentReloads(life.reloads, now);
  const [oldest] = recent;
  const isExhausted = oldest !== undefined && recent.length >= LIMITS.reloads;
  const at = isExhausted ? oldest + LIMITS.reloadWindow : failedAt + delayAfter(recent.length);
  if (now >= at) return;
  const times = recent.length === 1 ? 'once' : `${recent.length} times`;
  throw new SheafError('SHEAF_STATE', `${plugin} failed again after it had been loaded anew ${times}.`, {
    hint: `It may be loaded in ${Math.ceil((at - now) / 1_000)} s; find out before why it fails.`,
    details: { state: life.state, retryAfterMs: at - now },
    ...(cause === undefined ? {} : { cause }),
  });
}

function recentReloads(reloads: readonly Instant[], now: Instant): readonly Instant[] {
  return reloads.filter((reload) => reload > now - LIMITS.reloadWindow);
}

function delayAfter(reloads: number): number {
  return reloads === 0 ? 0 : LIMITS.reloadDelay * 2 ** (reloads - 1);
}
