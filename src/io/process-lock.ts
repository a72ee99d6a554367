import { randomUUID } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SheafError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import { quote } from '../core/text.ts';
import { isErrno, toSheafError } from './files.ts';
import { hasEnded, type ProcessIdentity, parseIdentity, thisProcess } from './process-identity.ts';

/** How a wait for a lock behaves. */
export interface LockOptions {
  /** What the lock protects, for messages: "this project". */
  readonly what: string;
  /** Called once, when another process holds the lock. */
  readonly onWait?: (message: string) => void;
  /** Ends the wait with `SHEAF_INTERRUPTED`. */
  readonly signal?: AbortSignal;
  /** Milliseconds; `LIMITS.lockWait` when absent. */
  readonly maxWait?: number;
}

/** A holder of the lock as its file tells; `token` is unique to this one holding. */
interface Holding {
  readonly token: string;
  readonly owner: ProcessIdentity | undefined;
  /** Milliseconds since the file was written. */
  readonly age: number;
}

/** Between creating the file and writing the owner into it a process may be killed; a live one is done in microseconds. */
const UNWRITTEN_AGE = 10_000;
const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 250;

/**
 * Runs `work` while no other process, and no other call in this one, holds the lock file at `path`. The file
 * is made with O_EXCL and names its owner, so that the lock of a process that was killed is taken over.
 *
 * @throws SheafError `SHEAF_IN_USE` after `maxWait`, `SHEAF_INTERRUPTED` when aborted, `SHEAF_PERMISSION`,
 *   `SHEAF_DISK_FULL`.
 */
export async function withProcessLock<T>(
  path: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const token = await acquire(path, options);
  try {
    return await work();
  } finally {
    const holding = await readHolding(path);
    if (holding?.token === token) await rm(path, { force: true });
  }
}

async function acquire(path: string, options: LockOptions): Promise<string> {
  const token = randomUUID();
  const content = `${JSON.stringify({ token, ...thisProcess() })}\n`;
  let waited = 0;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    refuseWhenAborted(options);
    if (await create(path, content)) return token;
    const holding = await readHolding(path);
    if (holding === undefined) continue;
    if (isAbandoned(holding)) {
      if (await takeOver(path, holding.token, content, options)) return token;
      continue;
    }
    if (waited === 0) options.onWait?.(`Waiting for ${ownerName(holding)} to finish with ${options.what}.`);
    if (waited >= (options.maxWait ?? LIMITS.lockWait)) throw stillHeld(path, holding, options);
    await sleep(pause, undefined, options.signal === undefined ? {} : { signal: options.signal }).catch(
      () => undefined,
    );
    waited += pause;
  }
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    // Synchronous, so that nothing of this process can come between the two calls.
    const file = openSync(path, 'wx', 0o644);
    try {
      writeSync(file, content);
    } catch (error) {
      // On a full disk an empty lock would keep the next command waiting.
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw toSheafError(error, `creating the lock ${quote(path)}`);
  }
}

/**
 * Replaces the file of a dead owner. Deleting it would be a trap: of two processes that both saw the dead
 * owner, the slower one would delete the lock that the faster one already made. So the right to replace this
 * very holding is itself a lock, the file is looked at again under it, and the swap is one rename.
 */
async function takeOver(
  path: string,
  token: string,
  content: string,
  options: LockOptions,
): Promise<boolean> {
  const { onWait: _, ...silently } = options;
  return await withProcessLock(`${path}.${token}`, silently, async () => {
    const holding = await readHolding(path);
    if (holding?.token !== token || !isAbandoned(holding)) return false;
    const replacement = `${path}.new`;
    await rm(replacement, { force: true });
    await create(replacement, content);
    await rename(replacement, path);
    return true;
  });
}

async function readHolding(path: string): Promise<Holding | undefined> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const token = /^\{"token":"([0-9a-f-]{36})",/.exec(text)?.[1];
    const owner = token === undefined ? undefined : parseIdentity(text);
    return { token: token ?? 'unwritten', owner, age: Date.now() - mtimeMs };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    if (isErrno(error, 'ENOTDIR')) {
      throw new SheafError(
        'SHEAF_PATH',
        `${quote(dirname(path))} cannot be made: something else lies there.`,
        {
          hint: 'Move the file of that name away.',
          cause: error,
        },
      );
    }
    throw toSheafError(error, `reading the lock ${quote(path)}`);
  }
}

function isAbandoned({ owner, age }: Holding): boolean {
  return owner === undefined ? age > UNWRITTEN_AGE : hasEnded(owner);
}

function ownerName({ owner }: Holding): string {
  if (owner === undefined) return 'another sheaf';
  const here = thisProcess();
  const isHere = owner.host === here.host && owner.namespace === here.namespace;
  return `another sheaf (process ${owner.pid}${isHere ? '' : ` on ${quote(owner.host)}`})`;
}

function refuseWhenAborted({ signal, what }: LockOptions): void {
  if (signal?.aborted !== true) return;
  throw new SheafError('SHEAF_INTERRUPTED', `The command was interrupted while it waited for ${what}.`);
}

function stillHeld(path: string, holding: Holding, { what }: LockOptions): SheafError {
  return new SheafError('SHEAF_IN_USE', `${capital(ownerName(holding))} still works on ${what}.`, {
    hint: `Wait until it has finished. If no sheaf runs there any more, delete ${quote(path)}.`,
    details: { lock: path, ...(holding.owner === undefined ? {} : { pid: holding.owner.pid }) },
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
