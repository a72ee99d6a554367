import { SheafError } from '../../core/errors.ts';
import { DAY } from '../../core/instant.ts';
import type { ClientPorts } from '../../core/ports.ts';
import { type OutdatedPlugin, outdated } from './outdated.ts';

/**
 * The plugins of a project that an update would move, at most once a day and from what earlier commands fetched:
 * nothing is asked of anybody. Empty when it is not the time, and when something is wrong with what is known,
 * which the next command that needs it says.
 *
 * @param ports offline ones.
 */
export async function updateNotice(ports: ClientPorts): Promise<readonly OutdatedPlugin[]> {
  try {
    const now = ports.clock.now();
    const last = await ports.user.readNoticeTime();
    // A time in the future is of a clock that was wrong; it must not silence this for years.
    if (last !== undefined && last <= now && now - last < DAY) return [];
    await ports.user.writeNoticeTime(now);
    const plugins = await outdated({ ...ports, offline: true }, { prereleases: false });
    return plugins.filter(({ installed, allowed }) => installed !== allowed);
  } catch (error) {
    if (error instanceof SheafError) return [];
    throw error;
  }
}
