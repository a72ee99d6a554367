import type { MalwareScanner } from '../core/authoring/ports.ts';
import { connectAntivirus } from '../wiring/antivirus.ts';
import type { Call } from './call.ts';

/** The antivirus program that the options of `table/clamav-options.ts` ask for, as a port; nothing when they don't. */
export function antivirusOf(call: Call): { readonly antivirus?: MalwareScanner } {
  const database = call.value('clamav-database');
  if (!call.flag('clamav') && database === undefined) return {};
  const { environment, signal } = call;
  return {
    antivirus: connectAntivirus({ environment, signal, ...(database === undefined ? {} : { database }) }),
  };
}
