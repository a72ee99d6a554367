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

/** Whatever an operation threw on its way out, the person pressed Ctrl-C. */
export function interrupted(cause?: unknown): SheafError {
  return new SheafError('SHEAF_INTERRUPTED', 'Interrupted; nothing was changed.', { cause });
}
