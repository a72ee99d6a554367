import type { Programs } from '../core/ports.ts';
import { createPrograms } from '../io/programs.ts';

/** The programs that this user's PATH leads to. */
export function connectPrograms(environment: Readonly<Record<string, string | undefined>>): Programs {
  return createPrograms(environment);
}
