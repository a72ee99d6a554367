import { SheafError } from '../../core/errors.ts';
import { type LogAction, logEntries } from '../../core/formats/install-log.ts';
import type { Lockfile } from '../../core/formats/lockfile.ts';
import { formatInstant } from '../../core/instant.ts';
import type { ClientPorts } from '../../core/ports.ts';

/** What recording needs. */
export type RecordPorts = Pick<ClientPorts, 'clock' | 'log' | 'project' | 'reporter' | 'user'>;

/**
 * Writes into the install log that one set has taken the place of another. The switch is made by then, so a log
 * that cannot be written is a warning and no failure.
 *
 * @param action what to call every change; by what became of each plugin when absent.
 */
export async function recordChange(
  { clock, log, project, reporter, user }: RecordPorts,
  sets: { readonly before: Lockfile | undefined; readonly after: Lockfile; readonly generation: number },
  action?: LogAction,
): Promise<void> {
  const { before, after, generation } = sets;
  const occasion = {
    time: formatInstant(clock.now()),
    generation,
    project: project.directory,
    ...log.by,
  };
  try {
    const entries = logEntries(before, after, occasion, action);
    if (entries.length > 0) await user.exclusively(() => log.append(entries));
  } catch (error) {
    if (!(error instanceof SheafError)) throw error;
    reporter.warn(`This change is not in the install log: ${error.message}`);
  }
}
