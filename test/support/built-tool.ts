import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** Programs of `tools/`, built from `src` as it is now. */
export interface BuiltTools {
  /** Where they lie, as in the repository: `tools/<name>/main.mjs` below it. */
  readonly directory: string;
  run(
    tool: string,
    argv: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }>;
  remove(): Promise<void>;
}

/** Builds them, with what they import from `dist/` taken from `src/`: nothing of an older build is tested. */
export async function buildTools(names: readonly string[]): Promise<BuiltTools> {
  const cache = join(REPOSITORY, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const directory = await mkdtemp(join(cache, 'sheaf-tools-'));
  await copyFile(join(REPOSITORY, 'package.json'), join(directory, 'package.json'));
  const input = names.map((name) => [`${name}/main`, join(REPOSITORY, 'tools', name, 'main.mjs')] as const);
  const build = await rolldown({
    input: Object.fromEntries(input),
    cwd: REPOSITORY,
    platform: 'node',
    external: (id) => /^[a-z@]/.test(id) && (isBuiltin(id) || !id.startsWith('.')),
    logLevel: 'silent',
    plugins: [
      {
        name: 'sources',
        resolveId(id) {
          const path = /^(?:\.\.\/)+dist\/(.+)\.js$/.exec(id)?.[1];
          return path === undefined ? undefined : join(REPOSITORY, 'src', `${path}.ts`);
        },
      },
    ],
  });
  try {
    await build.write({
      dir: join(directory, 'tools'),
      entryFileNames: '[name].mjs',
      chunkFileNames: 'shared/[name]-[hash].mjs',
    });
  } finally {
    await build.close();
  }
  return {
    directory,
    run: (tool, argv, environment = {}) =>
      new Promise((resolve) => {
        const options = { env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024 };
        const program = join(directory, 'tools', tool, 'main.mjs');
        const child = execFile(process.execPath, [program, ...argv], options, (_, stdout, stderr) =>
          resolve({ status: child.exitCode ?? -1, stdout, stderr }),
        );
      }),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
