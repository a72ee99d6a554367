import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import type { GitLocation } from './git-location.ts';
import { noSuchBranch } from './git-repository.ts';

const WATCH_INTERVAL = 100;

/**
 * Fetches a branch with the git of this machine, for ssh and local repositories, which isomorphic-git cannot
 * reach. The first fetch is shallow; nothing is ever checked out. git itself is the child process that is
 * capped: in time and pack bytes by watching it, in memory by the shell where there is one.
 *
 * @param fresh make a new clone in place of what is there.
 * @returns the bytes that were added to the repository.
 * @throws SheafError `SHEAF_TOOL`, `SHEAF_NETWORK`, `SHEAF_NOT_A_REGISTRY`, `SHEAF_SIZE`.
 */
export async function fetchWithSystemGit(
  gitdir: string,
  location: GitLocation,
  fresh: boolean,
  environment: Environment,
): Promise<number> {
  const target = fresh ? `${gitdir}.new` : gitdir;
  if (fresh) {
    await rm(target, { recursive: true, force: true });
    await mkdir(dirname(target), { recursive: true });
    await run(['init', '--quiet', '--bare', '--template=', target], target, location, environment);
  }
  const before = await packBytes(target);
  const branch = `refs/heads/${location.branch}`;
  await run(
    [
      `--git-dir=${target}`,
      ...MODEST,
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-auto-gc',
      '--no-write-fetch-head',
      ...(fresh ? ['--depth=1'] : []),
      '--',
      location.url,
      `+${branch}:${branch}`,
    ],
    target,
    location,
    environment,
  );
  const added = (await packBytes(target)) - before;
  if (fresh) {
    await rm(gitdir, { recursive: true, force: true });
    await rename(target, gitdir);
  }
  return added;
}

/** Keeps git within the memory that the job needs, and its objects in packs, where they are read from. */
const MODEST: readonly string[] = [
  'core.bigFileThreshold=1m',
  'core.packedGitWindowSize=1m',
  'core.packedGitLimit=64m',
  'core.deltaBaseCacheLimit=32m',
  'pack.threads=1',
  'fetch.unpackLimit=1',
].flatMap((setting) => ['-c', setting]);

async function run(
  args: readonly string[],
  gitdir: string,
  location: GitLocation,
  environment: Environment,
): Promise<void> {
  const [file, ...rest] = capped(args);
  const child = execa(file ?? 'git', rest, {
    env: gitEnvironment(environment),
    extendEnv: false,
    stdin: 'ignore',
    stdout: 'ignore',
    timeout: LIMITS.gitTime,
    maxBuffer: 64 * 1024,
    reject: false,
  });
  let isTooBig = false;
  const look = async (): Promise<void> => {
    if ((await packBytes(gitdir)) <= LIMITS.gitPackBytes) return;
    isTooBig = true;
    child.kill('SIGKILL');
  };
  const watch = setInterval(() => void look(), WATCH_INTERVAL);
  const result = await child.finally(() => clearInterval(watch));
  if (isTooBig) {
    throw new SheafError('SHEAF_SIZE', `${location.url} sends more than ${LIMITS.gitPackBytes} bytes.`);
  }
  if (result.exitCode === 0) return;
  throw failure(result, location);
}

function failure(
  result: { readonly code?: string | undefined; readonly stderr?: string; readonly timedOut: boolean },
  location: GitLocation,
): SheafError {
  const said = (result.stderr ?? '').trim();
  if (result.code === 'ENOENT' || /\bgit: not found/.test(said)) {
    return new SheafError('SHEAF_TOOL', `git is needed to fetch ${location.url} and is not installed.`, {
      hint: 'Install git, or use the https address of the registry.',
    });
  }
  if (result.timedOut) {
    return new SheafError(
      'SHEAF_NETWORK',
      `${location.url} took longer than ${LIMITS.gitTime / 60_000} minutes.`,
    );
  }
  if (/couldn't find remote ref/i.test(said)) return noSuchBranch(location);
  if (/does not appear to be a git repository|not a git repository|repository .* not found/i.test(said)) {
    return new SheafError('SHEAF_NOT_A_REGISTRY', `There is no Git repository at ${location.url}.`);
  }
  return new SheafError('SHEAF_NETWORK', `git could not fetch ${location.url}.`, {
    details: { git: quote(said) },
  });
}

/** A shell lowers the address space before it becomes git; on Windows there is none, and the rest must do. */
function capped(args: readonly string[]): readonly string[] {
  if (process.platform === 'win32') return ['git', ...args];
  // Twice the resident bound: a third of an address space is libraries and stacks that are never touched.
  const kibibytes = String((2 * LIMITS.gitMemoryBytes) / 1024);
  return ['sh', '-c', 'ulimit -v "$1" 2>/dev/null; shift; exec git "$@"', 'sh', kibibytes, ...args];
}

/** Without the variables by which an outer git would point this one at its own repository. */
function gitEnvironment(environment: Environment): Record<string, string> {
  const kept = new Set(['GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_ASKPASS', 'GIT_EXEC_PATH']);
  const entries = Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (!entry[0].startsWith('GIT_') || kept.has(entry[0])),
  );
  return {
    ...Object.fromEntries(entries),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: 'file:ssh',
  };
}

async function packBytes(gitdir: string): Promise<number> {
  const directory = join(gitdir, 'objects', 'pack');
  let total = 0;
  for (const name of await readdir(directory).catch(() => [])) {
    total += await stat(join(directory, name)).then(
      (status) => status.size,
      () => 0,
    );
  }
  return total;
}
