import type { ErrorCode } from '../core/errors.ts';

/** The command did what it was asked to. */
export const EXIT_OK = 0;

/** Exit status of every refusal. Scripts rely on the numbers: they never change their meaning. */
export const EXIT_STATUS: Readonly<Record<ErrorCode, number>> = {
  SHEAF_INVALID_FILE: 1,
  SHEAF_EXISTS: 1,
  SHEAF_IN_USE: 1,
  SHEAF_NO_HOME: 1,
  SHEAF_TOOL: 1,
  SHEAF_INTERNAL: 1,

  SHEAF_USAGE: 2,
  SHEAF_CANCELLED: 3,
  SHEAF_AUTHENTICATION: 4,

  SHEAF_DIGEST: 5,
  SHEAF_SIZE: 5,
  SHEAF_SIGNATURE: 5,
  SHEAF_THRESHOLD: 5,
  SHEAF_ROOT: 5,
  SHEAF_ROOT_EXPIRED: 5,
  SHEAF_CHECKPOINT: 5,
  SHEAF_ROLLBACK: 5,
  SHEAF_EXPIRED: 5,
  SHEAF_CLOCK: 5,
  SHEAF_FORK: 5,
  SHEAF_OWNER: 5,
  SHEAF_ARCHIVE: 5,
  SHEAF_INDEX: 5,
  SHEAF_MODIFIED: 5,

  SHEAF_PATH: 6,
  SHEAF_NOT_A_REGISTRY: 6,
  SHEAF_UNKNOWN_REGISTRY: 6,
  SHEAF_UNKNOWN_PLUGIN: 6,
  SHEAF_UNKNOWN_VERSION: 6,
  SHEAF_NOT_INSTALLED: 6,
  SHEAF_NO_GENERATION: 6,

  SHEAF_NETWORK: 7,
  SHEAF_OFFLINE: 7,

  SHEAF_RESOLUTION: 8,
  SHEAF_PLATFORM: 8,

  SHEAF_REVOKED: 9,
  SHEAF_POLICY: 9,
  SHEAF_CAPABILITIES: 9,

  SHEAF_LOCK_OUTDATED: 10,
  SHEAF_LOCK_INVALID: 10,

  SHEAF_LANGUAGE: 11,
  SHEAF_ENGINE: 11,
  SHEAF_REQUIREMENT: 11,
  SHEAF_ABI: 11,
  SHEAF_CAPABILITY_UNDECLARED: 11,
  SHEAF_CAPABILITY_DENIED: 11,
  SHEAF_ISOLATION: 11,
  SHEAF_INIT: 11,
  SHEAF_STATE: 11,
  SHEAF_TIMEOUT: 11,
  SHEAF_MEMORY: 11,
  SHEAF_CRASHED: 11,
  SHEAF_PROTOCOL: 11,
  SHEAF_PLUGIN: 11,

  SHEAF_PERMISSION: 12,
  SHEAF_DISK_FULL: 12,

  // 128 + SIGINT, what shells report for a program that Ctrl-C ended.
  SHEAF_INTERRUPTED: 130,
};

/** What each exit status stands for, in the words of the help. */
export const EXIT_MEANINGS: Readonly<Record<number, string>> = {
  0: 'ok',
  1: 'failure',
  2: 'the command line was not understood',
  3: 'cancelled',
  4: 'authentication',
  5: 'integrity or signature',
  6: 'not found',
  7: 'network, or offline',
  8: 'resolution conflict',
  9: 'policy or audit findings',
  10: 'lock file out of date',
  11: 'a plugin failed',
  12: 'permission or disk',
  130: 'interrupted',
};
