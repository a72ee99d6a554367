import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { SheafError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import { quote } from '../../core/text.ts';
import type { Environment } from '../http/credentials.ts';
import { gitCommand, gitEnvironment } from './git-command.ts';

/** The objects of a Git repository on this machine, by their ids. */
export interface GitObjects {
  /**
   * The bytes of objects, in the order of their ids. Any number may be asked for at the same time.
   *
   * @throws SheafError `SHEAF_TOOL` when git lacks the object or breaks off; `SHEAF_SIZE` beyond
   *   `LIMITS.indexObjectBytes`.
   */
  read(ids: readonly string[]): Promise<readonly Uint8Array[]>;
}

// A process that nobody asks anything ends; the next question starts another one.
const IDLE_MS = 1000;

/**
 * Reads objects through one `git cat-file --batch`, started when it is first asked: a process for each of a
 * million files would cost minutes.
 */
export function openGitObjects(directory: string, environment: Environment): GitObjects {
  let running: Batch | undefined;
  return {
    async read(ids) {
      const wrong = ids.find((id) => !/^[0-9a-f]{40,64}$/.test(id));
      if (wrong !== undefined) {
        throw new SheafError('SHEAF_INTERNAL', `${quote(wrong)} is no id of a Git object.`);
      }
      if (ids.length === 0) return [];
      if (running === undefined || running.ended) running = startBatch(directory, environment);
      return running.ask(ids);
    },
  };
}

interface Batch {
  readonly ended: boolean;
  ask(ids: readonly string[]): Promise<readonly Uint8Array[]>;
}

interface Question {
  readonly ids: readonly string[];
  /** What has come so far; empty for what is refused. */
  readonly found: Uint8Array[];
  readonly resolve: (found: readonly Uint8Array[]) => void;
  readonly reject: (error: unknown) => void;
}

const NOTHING = new Uint8Array();

function startBatch(directory: string, environment: Environment): Batch {
  const child = spawn('git', gitCommand(['cat-file', '--batch']), {
    cwd: directory,
    env: gitEnvironment(environment),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const waiting: Question[] = [];
  let answered = 0;
  let unsent: string[] = [];
  let ended = false;
  let said = '';
  let idle: NodeJS.Timeout | undefined;

  const end = (cause: unknown): void => {
    ended = true;
    clearTimeout(idle);
    const failure = new SheafError('SHEAF_TOOL', 'git broke off while objects were read from it.', {
      hint: 'Check that git is installed and that git fsck finds nothing wrong.',
      details: { git: quote(said.trim()) },
      cause,
    });
    for (const question of waiting.splice(0).slice(answered)) question.reject(failure);
  };
  const answer = (bytes: Uint8Array, refusal?: (id: string) => SheafError): void => {
    const question = waiting[answered];
    if (question === undefined) return;
    const { ids, found } = question;
    if (refusal !== undefined) question.reject(refusal(ids[found.length] ?? ''));
    found.push(bytes);
    if (found.length < ids.length) return;
    question.resolve(found);
    answered++;
    // Cut off now and then: a queue that is shifted at every answer is copied at every answer.
    if (answered === waiting.length || answered === 1024) {
      waiting.splice(0, answered);
      answered = 0;
    }
    if (waiting.length === 0) {
      keepAlive(child, false);
      idle = setTimeout(() => {
        ended = true;
        child.stdin.end();
      }, IDLE_MS);
      idle.unref();
    }
  };
  const send = (): void => {
    if (!ended) child.stdin.write(unsent.join(''));
    unsent = [];
  };
  const answers = answerReader({
    found: answer,
    missing: () =>
      answer(NOTHING, (id) => new SheafError('SHEAF_TOOL', `The Git repository lacks the object ${id}.`)),
    tooLarge: (size) =>
      answer(
        NOTHING,
        () =>
          new SheafError(
            'SHEAF_SIZE',
            `A file of the repository has ${size} bytes; at most ${LIMITS.indexObjectBytes} are read.`,
          ),
      ),
  });
  child.stdout.on('data', answers);
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-1000);
  });
  child.stdin.on('error', end);
  child.once('error', end);
  child.once('close', end);
  return {
    get ended() {
      return ended;
    },
    ask(ids) {
      return new Promise((resolve, reject) => {
        clearTimeout(idle);
        if (waiting.length === 0) keepAlive(child, true);
        waiting.push({ ids, found: [], resolve, reject });
        // All that is asked in one turn goes out in one write.
        if (unsent.length === 0) setImmediate(send);
        unsent.push(`${ids.join('\n')}\n`);
      });
    },
  };
}

/** Lets the process of ours end while git only waits for further questions. */
function keepAlive(child: ChildProcessWithoutNullStreams, isNeeded: boolean): void {
  for (const part of [child, child.stdin as Socket, child.stdout as Socket, child.stderr as Socket]) {
    if (isNeeded) part.ref();
    else part.unref();
  }
}

interface Answers {
  readonly found: (bytes: Uint8Array) => void;
  readonly missing: () => void;
  readonly tooLarge: (size: number) => void;
}

/** Reads the answers of git-cat-file(1): `<id> <type> <size>`, the bytes and a line feed, or `<id> missing`. */
function answerReader(answers: Answers): (chunk: Uint8Array) => void {
  let chunks: Uint8Array[] = [];
  let length = 0;
  let needed = 1;
  let skipped = 0;
  return (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length < needed) return;
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    let offset = Math.min(skipped, bytes.length);
    skipped -= offset;
    needed = 1;
    while (skipped === 0) {
      const newline = bytes.indexOf(0x0a, offset);
      if (newline === -1) break;
      const header = Buffer.from(bytes.buffer, bytes.byteOffset + offset, newline - offset).toString(
        'latin1',
      );
      const size = Number(header.slice(header.lastIndexOf(' ') + 1));
      const start = newline + 1;
      const after = start + size + 1;
      if (!Number.isSafeInteger(size)) {
        answers.missing();
        offset = start;
      } else if (size > LIMITS.indexObjectBytes) {
        answers.tooLarge(size);
        offset = Math.min(after, bytes.length);
        skipped = after - offset;
      } else if (after > bytes.length) {
        needed = after - offset;
        break;
      } else {
        answers.found(new Uint8Array(bytes.buffer, bytes.byteOffset + start, size));
        offset = after;
      }
    }
    const rest = bytes.subarray(offset);
    chunks = rest.length === 0 ? [] : [rest];
    length = rest.length;
  };
}
