import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { runCommandLine } from '../../src/cli/run.ts';
import { buildCli } from './built-cli.ts';
import { type RunResult, runWith } from './run-sheaf.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The command as it is installed, and a folder to work in. */
export interface AuthorWorld {
  readonly main: string;
  readonly workshop: string;
  /** Runs a command line in this process. */
  sheaf(...argv: string[]): Promise<RunResult>;
  remove(): Promise<void>;
}

/** Makes it. AssemblyScript is found from the workshop as from the folder of an author who installed it. */
export async function authorWorld(): Promise<AuthorWorld> {
  const { main } = await buildCli();
  const workshop = await mkdtemp(join(tmpdir(), 'sheaf-workshop-'));
  await symlink(join(REPOSITORY, 'node_modules'), join(workshop, 'node_modules'));
  const built = createRequire(import.meta.url)(join(dirname(main), 'run.js')) as {
    readonly runCommandLine: typeof runCommandLine;
  };
  const environment = { ...process.env, CI: '', SHEAF_HOME: join(workshop, 'home') };
  return {
    main,
    workshop,
    sheaf: (...argv) => runWith(built.runCommandLine, argv, { environment }),
    remove: () => rm(workshop, { recursive: true, force: true }),
  };
}
