import { copyFile, cp, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { TEMPLATES } from '../../tools/build/templates.mjs';
import { buildOnce } from './build-once.ts';
import { buildRunner } from './built-runner.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The command line as a program that plain Node runs, and the package that it lies in. */
export interface BuiltCli {
  readonly main: string;
  readonly directory: string;
}

/**
 * Builds `src/cli/main.ts` in the shape of the package, as CommonJS and one chunk a command as the released one, with
 * the runner and the templates. All files of a run share it, and the code that its processes keep below it.
 */
export async function buildCli(): Promise<BuiltCli> {
  const directory = await buildOnce('cli', buildPackage);
  return { main: join(directory, 'dist/cli/main.js'), directory };
}

async function buildPackage(directory: string): Promise<void> {
  const dir = join(directory, 'dist/cli');
  await buildCommands(dir);
  await writeFile(join(dir, 'package.json'), '{ "type": "commonjs" }\n');
  await copyFile(join(REPOSITORY, 'package.json'), join(directory, 'package.json'));
  await cp(await buildRunner(), join(dir, 'runner'), { recursive: true });
  for (const part of TEMPLATES) {
    await cp(join(REPOSITORY, part), join(directory, 'dist', part), { recursive: true });
  }
}

async function buildCommands(dir: string): Promise<void> {
  const build = await rolldown({
    // Nothing imports the others: they are loaded by their paths.
    input: {
      main: join(REPOSITORY, 'src/cli/main.ts'),
      program: join(REPOSITORY, 'src/cli/program.ts'),
      // For tests that call it many times, in their own process.
      run: join(REPOSITORY, 'src/cli/run.ts'),
      'git-worker': join(REPOSITORY, 'src/io/git/git-worker.ts'),
    },
    cwd: REPOSITORY,
    platform: 'node',
    // execa has no CommonJS form.
    external: (id, importer = '') =>
      /^[a-z@]/.test(id) && id !== 'execa' && (isBuiltin(id) || !importer.includes('/node_modules/')),
    logLevel: 'silent',
  });
  try {
    await build.write({
      dir,
      format: 'cjs',
      dynamicImportInCjs: false,
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
    });
  } finally {
    await build.close();
  }
}
