import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { SheafError } from '../../core/errors.ts';
import { quote } from '../../core/text.ts';
import { isErrno, readFileIfExists, toSheafError } from '../files.ts';

/** Where everything of a project lies; examples for a project in `/home/ada/graphs`. */
export interface ProjectLayout {
  /** `/home/ada/graphs` */
  readonly directory: string;
  /** `/home/ada/graphs/sheaf.toml` */
  readonly manifest: string;
  /** `/home/ada/graphs/sheaf.lock` */
  readonly lock: string;
  /** `/home/ada/graphs/.sheaf`: all below belongs to sheaf and can be made again. */
  readonly private: string;
  /** `/home/ada/graphs/.sheaf/lock`: held while a command changes the project. */
  readonly processLock: string;
  /** `/home/ada/graphs/.sheaf/current`: the number of the current generation and a line end. */
  readonly current: string;
  /** `/home/ada/graphs/.sheaf/switching`: there while another generation is being made current. */
  readonly journal: string;
  /** `/home/ada/graphs/.sheaf/bin`: command shims. */
  readonly bin: string;
  /** `/home/ada/graphs/.sheaf/generations` */
  readonly generations: string;
  /** `/home/ada/graphs/.sheaf/generations/7` */
  generation(number: number): string;
}

/** Names inside a generation, beside its plugins; none of them can be the name of a plugin. */
export const GENERATION_FILES = {
  lock: 'sheaf.lock',
  manifest: 'sheaf.toml',
  shims: 'shims.json',
  /** What `[host] plugins_file` is to say, without the number of the generation. */
  hostList: 'plugins.json',
  /** The signed manifests, `<plugin>.toml`, and the digests of the plugins' files, `<plugin>.sha256`. */
  manifests: '.manifests',
  /** Marks of running hosts, one file each. */
  inUse: '.in-use',
} as const;

/** Prefixes of directories in `generations` that are no generations: being built, being removed. */
export const STAGING = '.staging-';
export const REMOVING = '.removing-';

/** The places of the project in a directory. */
export function projectLayout(directory: string): ProjectLayout {
  const own = join(directory, '.sheaf');
  const generations = join(own, 'generations');
  return {
    directory,
    manifest: join(directory, 'sheaf.toml'),
    lock: join(directory, 'sheaf.lock'),
    private: own,
    processLock: join(own, 'lock'),
    current: join(own, 'current'),
    journal: join(own, 'switching'),
    bin: join(own, 'bin'),
    generations,
    generation: (number) => join(generations, String(number)),
  };
}

/** The number of the current generation; undefined when there is none. */
export async function readCurrent(layout: ProjectLayout): Promise<number | undefined> {
  const bytes = await readFileIfExists(layout.current, 64);
  const text = bytes === undefined ? '' : new TextDecoder().decode(bytes);
  return /^[1-9]\d{0,8}\n$/.test(text) ? Number(text) : undefined;
}

/**
 * The number of the current generation.
 *
 * @throws SheafError `SHEAF_NOT_INSTALLED` when there is none.
 */
export async function requireCurrent(layout: ProjectLayout): Promise<number> {
  const current = await readCurrent(layout);
  if (current !== undefined) return current;
  throw new SheafError('SHEAF_NOT_INSTALLED', `Nothing is installed in ${quote(layout.directory)}.`, {
    hint: 'Run `sheaf install` first.',
  });
}

/**
 * Refuses a project whose `.sheaf` leads somewhere else: a cloned repository could carry a symbolic link
 * there, and the clean-up of generations would then delete files of the user.
 *
 * @throws SheafError `SHEAF_PATH`.
 */
export async function requireOwnDirectories(layout: ProjectLayout): Promise<void> {
  for (const path of [layout.private, layout.generations, layout.bin]) {
    const status = await lstat(path).catch((error: unknown) => {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw toSheafError(error, `looking at ${quote(path)}`);
    });
    if (status === undefined || status.isDirectory()) continue;
    throw new SheafError(
      'SHEAF_PATH',
      `${quote(path)} is not a directory of its own, but a link or a file.`,
      {
        hint: 'Delete it; sheaf makes it again.',
      },
    );
  }
}
