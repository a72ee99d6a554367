import { SheafError } from '../errors.ts';
import type { ForgeAccount } from '../review-ports.ts';
import { quote } from '../text.ts';

/** Which pull request an event is about: by its number, or by the commit that a workflow ran on. */
export interface ForgeEvent {
  readonly number?: number;
  readonly head: string;
}

const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * Reads the file that GitHub puts beside a workflow run, as the data that it is. Of `workflow_run` only the commit
 * counts: its list of pull requests is empty for those from forks.
 *
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads
 *
 * @throws SheafError `SHEAF_INVALID_FILE` when it is about no pull request.
 */
export function readForgeEvent(bytes: Uint8Array, file: string): ForgeEvent {
  const event = readEvent(bytes, file);
  const run = fieldOf(event, 'workflow_run');
  const pull = fieldOf(event, 'pull_request');
  const head = fieldOf(run, 'head_sha') ?? fieldOf(fieldOf(pull, 'head'), 'sha');
  const number = fieldOf(pull, 'number');
  const isOther = run !== undefined && fieldOf(run, 'event') !== 'pull_request';
  if (isOther || typeof head !== 'string' || !COMMIT.test(head)) {
    throw new SheafError('SHEAF_INVALID_FILE', `The event in ${quote(file)} is about no pull request.`, {
      hint: 'Name the file of a workflow_run, pull_request or pull_request_review event.',
      place: { file },
    });
  }
  return { head, ...(typeof number === 'number' && Number.isSafeInteger(number) ? { number } : {}) };
}

/**
 * The event in a file. Titles and names of people in it may hold any character, so it is not held to the rules for files
 * that a registry accepts; it is only ever asked for single fields.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for what is no JSON.
 */
function readEvent(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new SheafError('SHEAF_INVALID_FILE', `${quote(file)} is no event: it is not JSON.`, {
      hint: 'Name the file that GITHUB_EVENT_PATH names.',
      place: { file },
      cause: error,
    });
  }
}

/**
 * The issue that an `issues` event is about.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` when it is about none.
 */
export function readFormIssue(
  bytes: Uint8Array,
  file: string,
): { readonly number: number; readonly author: ForgeAccount; readonly body: string } {
  const issue = fieldOf(readEvent(bytes, file), 'issue');
  const user = fieldOf(issue, 'user');
  const [number, body] = [fieldOf(issue, 'number'), fieldOf(issue, 'body')];
  const [id, login] = [fieldOf(user, 'id'), fieldOf(user, 'login')];
  const isIssue = Number.isSafeInteger(number) && Number.isSafeInteger(id) && typeof login === 'string';
  if (!isIssue || fieldOf(issue, 'pull_request') !== undefined) {
    throw new SheafError('SHEAF_INVALID_FILE', `The event in ${quote(file)} is about no issue.`, {
      hint: 'Name the file of an issues event.',
      place: { file },
    });
  }
  return {
    number: Number(number),
    author: { id: Number(id), login },
    body: typeof body === 'string' ? body : '',
  };
}

/** A field of an object of the event; undefined where there is none. */
function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
