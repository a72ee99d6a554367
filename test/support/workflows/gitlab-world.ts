import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSheafProgram } from '../sheaf-program.ts';

/** A variable that an operator set for a project. */
export interface ProjectVariable {
  readonly name: string;
  readonly value: string;
  /** Given to jobs on protected branches only. */
  readonly isProtected: boolean;
  /** Given to jobs of this environment only; to all when absent. */
  readonly environment?: string;
  /** The variable holds the path of a file with the value. */
  readonly isFile?: boolean;
}

/** What surrounds the pipelines of a project. */
export interface GitlabWorld {
  /** As `CI_PROJECT_URL`. */
  readonly url: string;
  /** As `CI_API_V4_URL`. */
  readonly api: string;
  /** As `CI_PROJECT_PATH`. */
  readonly path: string;
  readonly defaultBranch: string;
  /** The bare repository: the server reads pipeline files from it. */
  readonly bare: string;
  /** An empty directory: work trees, artifacts and the site are kept below it. */
  readonly directory: string;
  readonly variables: readonly ProjectVariable[];
  readonly protectedBranches: ReadonlySet<string>;
  /** To these only jobs on protected branches deploy. */
  readonly protectedEnvironments: ReadonlySet<string>;
  /** The token of a job, which can read the project. */
  jobToken(job: string): string | Promise<string>;
}

/** What started a pipeline. */
export type PipelineEvent =
  | { readonly source: 'merge_request_event'; readonly iid: number; readonly sha: string }
  | { readonly source: 'push'; readonly branch: string; readonly sha: string; readonly before: string }
  | {
      readonly source: 'schedule' | 'web';
      readonly branch: string;
      readonly sha: string;
      readonly variables: Readonly<Record<string, string>>;
    };

/** Where the site is that was deployed last. */
export function pagesDirectory({ directory }: Pick<GitlabWorld, 'directory'>): string {
  return join(directory, 'site');
}

/**
 * What the image of a job has and this machine should not be changed by: package managers that take the very calls of
 * our pipelines. A job has `sheaf` only after it installed it; loopback is its public internet.
 *
 * @returns the directory for the PATH of the job.
 */
export async function writePackageManagers(directory: string): Promise<string> {
  const path = join(directory, 'bin');
  await mkdir(path, { recursive: true });
  await writeSheafProgram(join(path, 'installed'), 'loopback');
  const npm = [
    '#!/bin/sh',
    'case "$*" in',
    '  "install --global --ignore-scripts --no-audit --no-fund sheaf@"[0-9]*.[0-9]*.[0-9]*)',
    `    mv '${path}/installed' '${path}/sheaf' ;;`,
    '  *) echo "npm $* is not carried out." >&2; exit 1 ;;',
    'esac',
  ];
  const apt = [
    '#!/bin/sh',
    'case "$*" in',
    '  "update -qq"|"install --yes -qq bubblewrap") ;;',
    '  *) echo "apt-get $* is not carried out." >&2; exit 1 ;;',
    'esac',
  ];
  for (const [name, lines] of Object.entries({ npm, 'apt-get': apt })) {
    await writeFile(join(path, name), `${lines.join('\n')}\n`);
    await chmod(join(path, name), 0o755);
  }
  return path;
}
