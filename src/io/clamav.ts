import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import type { MalwareScanner, PluginFile } from '../core/authoring/ports.ts';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { MalwareHit, MalwareReport } from '../core/scanning/scan-context.ts';
import { quote } from '../core/text.ts';
import { toSheafError } from './files.ts';
import { createPrograms } from './programs.ts';

/** How clamscan is started. */
export interface ClamavOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Directory of signatures; that of the system when absent. */
  readonly database?: string;
}

// Exit statuses of clamscan(1); any other one is a failure of its own, and never "clean".
const NOTHING_FOUND = 0;
const FOUND = 1;

/** What clamscan reports, with --alert-exceeds-max, of a file that it did not look through to its end. */
const GIVEN_UP = /^Heuristics\.Limits\.Exceeded/;

const MEBIBYTE = 1_048_576;

/** ClamAV's clamscan, found on the PATH; its daemon reads files with rights and signatures of its own. */
export function createClamav(options: ClamavOptions): MalwareScanner {
  return {
    async scan(files) {
      const program = await createPrograms(options.environment).find('clamscan');
      if (program === undefined) {
        throw new SheafError('SHEAF_TOOL', 'There is no clamscan on the PATH.', {
          hint: 'Install ClamAV, or leave --clamav out.',
        });
      }
      const directory = await mkdtemp(join(tmpdir(), 'sheaf-clamav-'));
      try {
        return await scanIn(directory, program, files, options);
      } catch (error) {
        throw toSheafError(error, 'preparing files for ClamAV');
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  };
}

async function scanIn(
  directory: string,
  program: string,
  files: readonly PluginFile[],
  options: ClamavOptions,
): Promise<MalwareReport> {
  const regular = files.filter(({ kind }) => kind === 'file');
  // By number: a path of the plugin could be an option, or lead somewhere else.
  for (const [index, { bytes }] of regular.entries()) await writeFile(join(directory, `${index}`), bytes);
  const version = await run(program, ['--version'], options);
  const { status, output } = await run(program, [...scanArguments(), directory], options);
  if (status !== NOTHING_FOUND && status !== FOUND) throw failure(output);
  const hits = [...output.matchAll(/^(.+): (.+) FOUND$/gm)].map(
    ([, path = '', signature = '']): MalwareHit => {
      const file = regular[Number(basename(path))];
      if (file === undefined) throw failure(output);
      if (GIVEN_UP.test(signature)) {
        throw new SheafError(
          'SHEAF_TOOL',
          `ClamAV did not look at all of ${quote(file.path)}: ${quote(signature)}.`,
          {
            hint: 'Leave out what is packed so deeply, or so large.',
          },
        );
      }
      return { path: file.path, signature };
    },
  );
  if ((status === FOUND) !== hits.length > 0) throw failure(output);
  return { program: version.output.trim().split('/', 2).join(', signatures '), hits };
}

function scanArguments(): readonly string[] {
  return [
    '--no-summary',
    '--infected',
    '--stdout',
    '--alert-exceeds-max=yes',
    `--max-filesize=${LIMITS.archiveFileBytes / MEBIBYTE}M`,
    `--max-scansize=${LIMITS.archiveTotalBytes / MEBIBYTE}M`,
  ];
}

async function run(
  program: string,
  args: readonly string[],
  { environment, signal, database }: ClamavOptions,
): Promise<{ readonly status: number | undefined; readonly output: string }> {
  const { exitCode, all, timedOut, isMaxBuffer } = await execa(
    program,
    [...(database === undefined ? [] : [`--database=${database}`]), ...args],
    {
      // Of a person's settings only what is needed to run: tokens of a job are no business of its parsers.
      env: { PATH: environment['PATH'], LC_ALL: 'C' },
      extendEnv: false,
      all: true,
      stdin: 'ignore',
      reject: false,
      timeout: LIMITS.malwareScanTime,
      maxBuffer: LIMITS.malwareScanOutputBytes,
      cancelSignal: signal,
    },
  );
  signal.throwIfAborted();
  if (timedOut) {
    throw new SheafError('SHEAF_TOOL', `ClamAV took longer than ${LIMITS.malwareScanTime / 1_000} s.`, {
      hint: 'Run clamscan by hand to see what it does.',
    });
  }
  if (isMaxBuffer) throw failure('too much output');
  return { status: exitCode, output: all };
}

function failure(output: string): SheafError {
  return new SheafError('SHEAF_TOOL', 'ClamAV could not scan the files.', {
    hint: 'Check that it has signatures: freshclam fetches them.',
    details: { clamscan: quote(output.trim().slice(-1_000)) },
  });
}
