import { LIMITS } from '../core/limits.ts';
import type { GuestHost } from './guest.ts';
import { GuestFailure } from './guest.ts';

/** Error numbers of WASI preview 1. */
const SUCCESS = 0;
const BAD_FILE = 8;
const INVALID = 28;
const NOT_CAPABLE = 76;

const STDOUT = 1;
const STDERR = 2;
/** What `crypto.getRandomValues` gives at once. */
const RANDOM_BYTES = 65_536;

const TEXT = new TextDecoder();

const badFile = (): number => BAD_FILE;

/** The memory of a module at this moment: growing it replaces the buffer. */
export type MemoryView = () => ArrayBuffer;

/**
 * WASI preview 1 as a plugin gets it: it has no arguments, no environment, no files and no clock (time is a way
 * to spy, and a result that depends on it cannot be repeated). What it prints goes to the log. Random numbers
 * are real: they give no power, and hash tables of Rust cannot be made without.
 */
export function createWasiStub(
  memory: MemoryView,
  host: GuestHost,
): Record<string, (...values: never[]) => unknown> {
  const none = (countAt: number, bytesAt: number): number => {
    const view = new DataView(memory());
    view.setUint32(countAt >>> 0, 0, true);
    view.setUint32(bytesAt >>> 0, 0, true);
    return SUCCESS;
  };
  return {
    args_sizes_get: none,
    environ_sizes_get: none,
    args_get: () => SUCCESS,
    environ_get: () => SUCCESS,
    clock_time_get: () => NOT_CAPABLE,
    fd_close: badFile,
    fd_fdstat_get: badFile,
    fd_prestat_dir_name: badFile,
    fd_prestat_get: badFile,
    fd_read: badFile,
    fd_seek: badFile,
    sched_yield: () => SUCCESS,

    fd_write(file: number, partsAt: number, count: number, writtenAt: number): number {
      if (file !== STDOUT && file !== STDERR) return BAD_FILE;
      const view = new DataView(memory());
      let text = '';
      let written = 0;
      for (let part = 0; part < count >>> 0; part++) {
        const at = (partsAt >>> 0) + 8 * part;
        const length = view.getUint32(at + 4, true);
        const room = Math.max(0, LIMITS.pluginLogLength - text.length);
        text += TEXT.decode(new Uint8Array(view.buffer, view.getUint32(at, true), Math.min(length, room)));
        written += length;
      }
      view.setUint32(writtenAt >>> 0, written, true);
      host.log(file === STDOUT ? 'info' : 'error', text.trimEnd());
      return SUCCESS;
    },

    random_get(at: number, length: number): number {
      if (length >>> 0 > RANDOM_BYTES) return INVALID;
      crypto.getRandomValues(new Uint8Array(memory(), at >>> 0, length >>> 0));
      return SUCCESS;
    },

    proc_exit(status: number): never {
      throw new GuestFailure('CRASHED', `The module ended itself with status ${status}.`);
    },
  };
}
