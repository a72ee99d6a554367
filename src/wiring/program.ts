import { fileURLToPath } from 'node:url';
import { createProgramLoader, type ProgramLoader } from '../io/program-loader.ts';

/** Loads files of the built command, which lie beside the bundle that this is part of. */
export function programLoader(kind: string): ProgramLoader {
  return createProgramLoader(fileURLToPath(new URL('.', import.meta.url)), kind);
}
