import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { runCommandLine } from '../../src/cli/run.ts';
import { buildCli } from './built-cli.ts';
import { expectForm } from './json-output.ts';
import { type RunResult, runWith } from './run-sheaf.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The command as it is installed, and a folder to work in. */
export interface AuthorWorld {
  readonly main: string;
  readonly workshop: string;
  /** A path in the workshop. */
  at(...path: string[]): string;
  /** Runs a command line in this process. */
  sheaf(...argv: string[]): Promise<RunResult>;
  /** The data of a command line with --json, whose document has the form that the schema gives it. */
  dataOf(status: number, ...args: string[]): Promise<Record<string, unknown>>;
  /** Writes texts into a folder of the workshop. */
  files(folder: string, contents: Readonly<Record<string, string>>): Promise<void>;
  /** A plugin in JavaScript, ready to be tested. */
  script(folder: string, source: string, more?: Readonly<Record<string, string>>): Promise<void>;
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
  // Where these tests are a job of GitHub Actions, what they do is not to show up in it.
  const job = { CI: '', GITHUB_ACTIONS: '', GITHUB_STEP_SUMMARY: '' };
  const environment = { ...process.env, ...job, SHEAF_HOME: join(workshop, 'home') };
  const world: AuthorWorld = {
    main,
    workshop,
    at: (...path) => join(workshop, ...path),
    sheaf: (...argv) => runWith(built.runCommandLine, argv, { environment }),
    async dataOf(status, ...args) {
      const result = await world.sheaf(...args, '--json');
      const document = JSON.parse(result.stdout) as { data: Record<string, unknown> };
      expect(result, result.stdout).toMatchObject({ status, stderr: '' });
      expectForm(`cli-output.schema.json#/$defs/${args[0]}`, document);
      return document.data;
    },
    async files(folder, contents) {
      for (const [path, text] of Object.entries(contents)) {
        const place = world.at(folder, path);
        await mkdir(dirname(place), { recursive: true });
        await writeFile(place, text);
      }
    },
    script: (folder, source, more = {}) =>
      world.files(folder, { 'sheaf.plugin.toml': SCRIPT_MANIFEST, 'specimen.js': source, ...more }),
    remove: () => rm(workshop, { recursive: true, force: true }),
  };
  return world;
}

const SCRIPT_MANIFEST = `[plugin]\nname = "specimen"\nversion = "1.0.0"\ndescription = "x"\nlicense = "MIT"
[performance]\nmax_query_time_us = 5000\nmax_memory_mb = 32
[security]\ncapabilities = ["query"]\n[provides]\ncommands = ["run"]\n`;

/** A case of its command. */
export const caseOf = (more: object): string => JSON.stringify({ command: 'run', input: 1, ...more });
