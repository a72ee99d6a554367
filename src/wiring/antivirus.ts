import type { MalwareScanner } from '../core/authoring/ports.ts';
import { type ClamavOptions, createClamav } from '../io/clamav.ts';

/** The antivirus program of this machine. */
export function connectAntivirus(options: ClamavOptions): MalwareScanner {
  return createClamav(options);
}
