import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/**
 * Makes one file that every Node can run of a program that imports modules of this project: for tests that need
 * a process of their own, to kill it or to give it another environment. Returns its path.
 *
 * @param directory where it is written.
 * @param program TypeScript; imports are absolute paths.
 */
export async function bundledProgram(directory: string, program: string): Promise<string> {
  await writeFile(join(directory, 'main.ts'), program);
  const bundle = await rolldown({ input: join(directory, 'main.ts'), platform: 'node', logLevel: 'silent' });
  await bundle.write({ file: join(directory, 'main.mjs'), format: 'esm' });
  return join(directory, 'main.mjs');
}
