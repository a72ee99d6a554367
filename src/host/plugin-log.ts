import { LIMITS } from '../core/limits.ts';
import type { LogRecord } from './host-events.ts';

/** The newest records of one plugin's log, `LIMITS.pluginLogKept` of them. */
export class PluginLog {
  readonly #records: LogRecord[] = [];

  add(record: LogRecord): void {
    this.#records.push(record);
    if (this.#records.length > LIMITS.pluginLogKept) this.#records.shift();
  }

  /** Oldest first. */
  records(): readonly LogRecord[] {
    return [...this.#records];
  }
}
