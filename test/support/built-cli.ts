import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The command line as a program that plain Node runs, and the directory to remove afterwards. */
export interface BuiltCli {
  readonly main: string;
  readonly directory: string;
}

/**
 * Builds `src/cli/main.ts` in the shape of the package, one chunk a command as in the released one. Packages
 * are resolved from the repository, so it lies below `node_modules/.cache`.
 */
export async function buildCli(): Promise<BuiltCli> {
  const cache = join(REPOSITORY, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'sheaf-cli-'));
  await copyFile(join(REPOSITORY, 'package.json'), join(directory, 'package.json'));
  const build = await rolldown({
    // The worker is started by its path, so nothing imports it.
    input: {
      main: join(REPOSITORY, 'src/cli/main.ts'),
      'git-worker': join(REPOSITORY, 'src/io/git-worker.ts'),
    },
    cwd: REPOSITORY,
    platform: 'node',
    external: (id) => !id.startsWith('.') && !id.startsWith('/') && !id.startsWith('\0'),
    logLevel: 'silent',
  });
  try {
    const dir = join(directory, 'dist/cli');
    await build.write({
      dir,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
    });
    return { main: join(dir, 'main.js'), directory };
  } finally {
    await build.close();
  }
}
