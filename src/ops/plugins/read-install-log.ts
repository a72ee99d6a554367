import type { LogEntry } from '../../core/formats/install-log.ts';
import type { ClientPorts } from '../../core/ports.ts';

/** A part of the install log. */
export interface InstallLogPage {
  /** Newest first. */
  readonly entries: readonly LogEntry[];
  /** How many are kept. */
  readonly total: number;
}

/**
 * The newest entries of the log of this user, of all projects. Warns of lines that cannot be read.
 *
 * @throws SheafError `SHEAF_PERMISSION`.
 */
export async function readInstallLog(
  { log, reporter }: Pick<ClientPorts, 'log' | 'reporter'>,
  { limit }: { readonly limit: number },
): Promise<InstallLogPage> {
  const { entries, unreadable } = await log.read();
  if (unreadable > 0) {
    const lines = unreadable === 1 ? 'One line' : `${unreadable} lines`;
    reporter.warn(`${lines} of the install log cannot be read: torn by a crash, or not written by sheaf.`);
  }
  return { entries: entries.toReversed().slice(0, limit), total: entries.length };
}
