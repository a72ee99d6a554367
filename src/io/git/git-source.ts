import { type ChildProcess, fork } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ERROR_MEANINGS, type ErrorCode, SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { IndexSource } from '../../core/ports.ts';
import type { Environment } from '../http/credentials.ts';
import { type GitLocation, localDirectory } from './git-location.ts';
import {
  type GitAnswer,
  type GitFailure,
  type GitJob,
  type GitQuestion,
  OVER_MEMORY,
  OVER_TIME,
} from './git-messages.ts';

/** What a Git source needs besides the address. */
export interface GitSourceOptions {
  /** The address as the person wrote it. */
  readonly url: string;
  readonly location: GitLocation;
  /** Directory of the bare clone; made when it is missing. */
  readonly gitdir: string;
  readonly environment: Environment;
  /** Read what was fetched earlier, and reach no other machine. */
  readonly offline: boolean;
  /** Ends the worker, and whatever it still owes an answer to fails. */
  readonly signal?: AbortSignal;
  /** Bound on the memory of the worker; `LIMITS.gitMemoryBytes` when absent. */
  readonly memoryBytes?: number;
  /** The compiled git-worker.js; a test that runs from TypeScript builds one. */
  readonly worker?: URL;
}

/**
 * Reads an index from a branch of a Git repository. The clone lives in the cache, is fetched shallow and
 * without a work tree, and is parsed only in a child process with bounds (git-worker.ts), started with the
 * first call and gone with this process.
 */
export function createGitSource(options: GitSourceOptions): IndexSource {
  const { location, gitdir } = options;
  const worker = createWorker(options);
  let fetchedBySystem = 0;
  return {
    url: options.url,

    async refresh() {
      if (options.offline && localDirectory(location) === undefined) {
        throw new SheafError(
          'SHEAF_OFFLINE',
          `${location.url} would have to be asked, and --offline forbids it.`,
        );
      }
      if (location.transport === 'http') {
        await worker.ask({ kind: 'fetch' });
        return;
      }
      // Loaded here only: most sources are HTTPS, and execa and isomorphic-git cost more than all of node's start.
      const { fetchWithSystemGit } = await import('./git-system.ts');
      const { needsFreshClone } = await import('./git-repository.ts');
      const isFresh = await needsFreshClone(gitdir, location.branch);
      fetchedBySystem += await fetchWithSystemGit(gitdir, location, isFresh, options.environment);
      await worker.ask({ kind: 'reopen' });
    },

    readFile: (path, maxBytes) => worker.ask({ kind: 'read', path, maxBytes }),
    readObject: (object) => worker.ask({ kind: 'read', path: object.path, maxBytes: object.size }),

    get bytesReceived() {
      return fetchedBySystem + worker.bytesReceived();
    },
  };
}

interface Waiting {
  readonly resolve: (file: Uint8Array | undefined) => void;
  readonly reject: (error: unknown) => void;
}

type Question = GitQuestion extends infer Q ? (Q extends GitQuestion ? Omit<Q, 'id'> : never) : never;

interface GitWorker {
  ask(question: Question): Promise<Uint8Array | undefined>;
  bytesReceived(): number;
}

function createWorker(options: GitSourceOptions): GitWorker {
  const { location, gitdir, environment, worker, signal } = options;
  const memoryBytes = options.memoryBytes ?? LIMITS.gitMemoryBytes;
  let child: ChildProcess | undefined;
  let lastWords = '';
  let nextId = 1;
  let bytes = 0;
  const waiting = new Map<number, Waiting>();

  const start = (): ChildProcess => {
    const job: GitJob = { location, gitdir, memoryBytes };
    const path = fileURLToPath(worker ?? new URL('./git-worker.js', import.meta.url));
    const started = fork(path, [JSON.stringify(job)], {
      // Nothing of the parent's own options: a debugger port or a loader is not for a parser of hostile bytes.
      execArgv: [`--max-old-space-size=${memoryBytes / (1024 * 1024)}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { ...environment },
    });
    // A pipe of a child process is a socket; open and unread, it would keep this process alive (node:child_process).
    if (started.stderr instanceof Socket) started.stderr.unref();
    started.stderr?.on('data', (chunk: Buffer) => {
      lastWords = (lastWords + chunk.toString('latin1')).slice(-16_384);
    });
    started.on('message', (answer: GitAnswer) => {
      bytes = answer.bytesReceived;
      const question = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.error !== undefined) question?.reject(revive(answer.error));
      else question?.resolve(answer.file);
      hold(started, waiting.size > 0);
    });
    started.on('close', () => {
      child = undefined;
      void fail(lastWords);
    });
    started.on('error', () => void fail(lastWords));
    const stop = (): void => void started.kill();
    signal?.addEventListener('abort', stop, { once: true });
    started.once('close', () => signal?.removeEventListener('abort', stop));
    return started;
  };

  const fail = async (words: string): Promise<void> => {
    const abandoned = [...waiting.values()];
    waiting.clear();
    // What exhausted the worker once would do so at every later read.
    if (abandoned.length > 0 && (isOverMemory(words) || words.includes(OVER_TIME))) {
      await rm(gitdir, { recursive: true, force: true });
      await rm(`${gitdir}.new`, { recursive: true, force: true });
    }
    for (const { reject } of abandoned) {
      reject(signal?.aborted === true ? interrupted(location) : deathOf(words, location, memoryBytes));
    }
  };

  return {
    bytesReceived: () => bytes,
    ask: (question) =>
      new Promise((resolve, reject) => {
        child ??= start();
        const id = nextId;
        nextId += 1;
        waiting.set(id, { resolve, reject });
        hold(child, true);
        child.send({ ...question, id });
      }),
  };
}

/** An idle worker must not keep this process alive; one that owes an answer must. */
function hold(child: ChildProcess, isBusy: boolean): void {
  const channel = child.channel ?? undefined;
  if (isBusy) {
    child.ref();
    channel?.ref();
  } else {
    child.unref();
    channel?.unref();
  }
}

/** The watch said so, or V8 when its heap was full first. */
function isOverMemory(words: string): boolean {
  return words.includes(OVER_MEMORY) || words.includes('heap out of memory');
}

function interrupted(location: GitLocation): SheafError {
  return new SheafError('SHEAF_INTERRUPTED', `Reading ${location.url} was interrupted.`);
}

function deathOf(words: string, location: GitLocation, memoryBytes: number): SheafError {
  if (isOverMemory(words)) {
    return new SheafError(
      'SHEAF_SIZE',
      `What ${location.url} sends does not fit into the ${memoryBytes / (1024 * 1024)} MiB that an index may need.`,
      { hint: 'Use the https address of the registry, if it has one; this repository may be hostile.' },
    );
  }
  if (words.includes(OVER_TIME)) {
    return new SheafError(
      'SHEAF_NETWORK',
      `${location.url} took longer than ${LIMITS.gitTime / 60_000} minutes.`,
    );
  }
  return new SheafError('SHEAF_INTERNAL', `The process that reads ${location.url} ended unexpectedly.`, {
    details: { stderr: JSON.stringify(words.slice(-500)) },
  });
}

function revive({ code, message, hint, git }: GitFailure): SheafError {
  return new SheafError(code in ERROR_MEANINGS ? (code as ErrorCode) : 'SHEAF_INTERNAL', message, {
    ...(hint === undefined ? {} : { hint }),
    ...(git === undefined ? {} : { details: { git } }),
  });
}
