import { constants, copyFile, lstat, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { ExecaError, execa } from 'execa';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { SshKeygen } from '../core/publishing-ports.ts';
import { quote } from '../core/text.ts';
import { isErrno, toSheafError } from './files.ts';

const PROGRAM = 'ssh-keygen';

/** How ssh-keygen may talk to the person. */
export interface SshKeygenOptions {
  /** It may ask for passphrases and touches on the terminal. */
  readonly mayAsk: boolean;
  readonly signal?: AbortSignal;
}

/** OpenSSH's ssh-keygen, found on the PATH. */
export function createSshKeygen(options: SshKeygenOptions): SshKeygen {
  return {
    createKey: (path, request) => createKey(path, request, options),
    sign: (keyPath, namespace, message) => sign(keyPath, namespace, message, options),
  };
}

/**
 * Makes the pair in a new directory and copies it to its place exclusively, so that no key is overwritten,
 * whatever appears there meanwhile.
 */
async function createKey(
  path: string,
  request: { readonly comment: string; readonly passphrase: boolean },
  options: SshKeygenOptions,
): Promise<void> {
  await refuseExisting(path);
  await refuseExisting(`${path}.pub`);
  await requireProgram(options);
  try {
    const directory = await mkdtemp(join(dirname(path), '.key-'));
    try {
      const made = join(directory, basename(path));
      if (request.passphrase) await makeEncryptedKey(made, request.comment, options);
      else await makePlainKey(made, request.comment);
      await copyExclusively(made, path);
      await copyExclusively(`${made}.pub`, `${path}.pub`, () => rm(path));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      throw new SheafError('SHEAF_PATH', `There is no directory ${quote(dirname(path))} for the key.`, {
        hint: 'Create the directory first.',
        cause: error,
      });
    }
    throw toSheafError(error, `creating the key ${quote(path)}`);
  }
}

/** Copies a file with its mode to a name that must be free; `undo` runs when it is not. */
async function copyExclusively(from: string, to: string, undo?: () => Promise<void>): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
  } catch (error) {
    await undo?.();
    throw isErrno(error, 'EEXIST') ? alreadyThere(to) : error;
  }
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return;
    throw toSheafError(error, `looking at ${quote(path)}`);
  }
  throw alreadyThere(path);
}

function alreadyThere(path: string): SheafError {
  return new SheafError('SHEAF_EXISTS', `${quote(path)} is already there, and a key is never overwritten.`, {
    hint: 'Choose another file name.',
  });
}

/** What ssh-keygen-lite exports; its own declaration says `export default`, which its CommonJS file has not. */
type KeyMaker = (request: {
  readonly type: 'ed25519';
  readonly force: false;
  readonly read: false;
  readonly sshKeygenPath: string;
  readonly location: string;
  readonly comment: string;
}) => Promise<unknown>;

/**
 * Lets ssh-keygen-lite run ssh-keygen for a key without a passphrase. Its defaults would make RSA with 2048
 * bits and delete a key that is there; it reports no exit status and rejects with bare strings, so the files
 * are what tells whether it worked.
 */
async function makePlainKey(location: string, comment: string): Promise<void> {
  let problem: unknown;
  try {
    await loadKeyMaker()({
      type: 'ed25519',
      force: false,
      read: false,
      sshKeygenPath: PROGRAM,
      location,
      comment,
    });
  } catch (error) {
    problem = error;
  }
  try {
    await lstat(`${location}.pub`);
  } catch (cause) {
    const said = typeof problem === 'string' ? ` It said ${quote(problem.trim())}.` : '';
    throw new SheafError('SHEAF_TOOL', `${PROGRAM} made no key.${said}`, { cause });
  }
}

function loadKeyMaker(): KeyMaker {
  const { VERBOSE } = process.env;
  // It decides while it loads whether to log to standard output, which belongs to the result.
  delete process.env['VERBOSE'];
  try {
    return createRequire(import.meta.url)('ssh-keygen-lite') as KeyMaker;
  } finally {
    if (VERBOSE !== undefined) process.env['VERBOSE'] = VERBOSE;
  }
}

/** Lets ssh-keygen ask for the passphrase on the terminal: on a command line, every user could read it. */
async function makeEncryptedKey(path: string, comment: string, options: SshKeygenOptions): Promise<void> {
  if (!options.mayAsk) {
    throw new SheafError('SHEAF_CANCELLED', 'Nobody can be asked for a passphrase here.', {
      hint: 'Run it on a terminal, or leave out --passphrase.',
    });
  }
  try {
    await execa(PROGRAM, ['-t', 'ed25519', '-C', comment, '-f', path], {
      stdin: 'inherit',
      stdout: process.stderr,
      stderr: 'inherit',
      ...cancellation(options),
    });
  } catch (error) {
    throw toolError(error, 'making the key');
  }
}

async function sign(
  keyPath: string,
  namespace: string,
  message: Uint8Array,
  options: SshKeygenOptions,
): Promise<Uint8Array> {
  try {
    const result = await execa(PROGRAM, ['-q', '-Y', 'sign', '-f', keyPath, '-n', namespace], {
      input: message,
      encoding: 'buffer',
      stripFinalNewline: false,
      maxBuffer: LIMITS.signatureBytes,
      stderr: options.mayAsk ? ['inherit', 'pipe'] : 'pipe',
      // Without a person, a passphrase prompt has to fail instead of waiting on /dev/tty.
      env: options.mayAsk ? {} : { SSH_ASKPASS: 'false', SSH_ASKPASS_REQUIRE: 'force' },
      ...cancellation(options),
    });
    return result.stdout;
  } catch (error) {
    throw toolError(error, `signing with ${quote(keyPath)}`);
  }
}

async function requireProgram(options: SshKeygenOptions): Promise<void> {
  const result = await execa(PROGRAM, ['-?'], { reject: false, stdin: 'ignore', ...cancellation(options) });
  if (result.code === 'ENOENT') throw missingProgram(result);
}

function cancellation({ signal }: SshKeygenOptions): { cancelSignal?: AbortSignal } {
  return signal === undefined ? {} : { cancelSignal: signal };
}

function toolError(error: unknown, doing: string): SheafError {
  if (!(error instanceof ExecaError)) throw error;
  if (error.code === 'ENOENT') return missingProgram(error);
  if (error.isCanceled) {
    return new SheafError('SHEAF_INTERRUPTED', `${PROGRAM} was interrupted while ${doing}.`, {
      cause: error,
    });
  }
  const said =
    Buffer.from(error.stderr ?? '')
      .toString('utf8')
      .trim()
      .split('\n')
      .at(-1) ?? '';
  return new SheafError(
    'SHEAF_TOOL',
    `${PROGRAM} failed while ${doing}${said === '' ? '' : `: ${quote(said)}`}.`,
    {
      hint: 'Check that the key is there, readable by you alone, and that its agent or security key is connected.',
      cause: error,
    },
  );
}

function missingProgram(cause: unknown): SheafError {
  return new SheafError('SHEAF_TOOL', `The program ${PROGRAM} was not found.`, {
    hint: 'Install OpenSSH: apt install openssh-client, dnf install openssh-clients, apk add openssh-keygen; macOS and Windows bring it along.',
    cause,
  });
}
