import { SheafError } from '../core/errors.ts';

const PERMISSION: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);
const DISK_FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Any thrown value as a refusal. What is no SheafError is a fault of sheaf, except that a full disk and denied
 * permissions keep their own codes wherever they came up.
 */
export function toRefusal(thrown: unknown, signal: AbortSignal): SheafError {
  if (signal.aborted) return interrupted(thrown);
  if (thrown instanceof SheafError) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (PERMISSION.has(code)) {
    return new SheafError('SHEAF_PERMISSION', `The operating system refused access: ${message}.`, {
      hint: 'Check who owns the file and its directory.',
      cause: thrown,
    });
  }
  if (DISK_FULL.has(code)) {
    return new SheafError('SHEAF_DISK_FULL', `The disk is full: ${message}.`, {
      hint: 'Free some space and run the command again.',
      cause: thrown,
    });
  }
  return new SheafError('SHEAF_INTERNAL', `sheaf met a fault of its own: ${message}`, {
    hint: 'Run the command again with --debug and report what it prints.',
    cause: thrown,
  });
}

/**
 * The refusal after Ctrl-C. Only what stopped because of it, which operations do no later than before their one
 * decisive step, has certainly changed nothing; what failed otherwise, or had to be left at its work, may have
 * taken that step.
 */
export function interrupted(cause?: unknown): SheafError {
  // What several steps make up can say best itself how far it has come.
  if (cause instanceof SheafError && cause.code === 'SHEAF_INTERRUPTED' && cause.hint !== undefined)
    return cause;
  const stopped =
    cause instanceof Error &&
    (cause.name === 'AbortError' || (cause instanceof SheafError && cause.code === 'SHEAF_INTERRUPTED'));
  if (stopped) return new SheafError('SHEAF_INTERRUPTED', 'Interrupted; nothing was changed.', { cause });
  return new SheafError('SHEAF_INTERRUPTED', 'Interrupted before it could finish; nothing is half done.', {
    hint: 'Run the command again: it finds everything as it was, or as it should be, and goes on from there.',
    cause,
  });
}
