import type { Finding, Place } from './finding.ts';

/**
 * Every way in which sheaf refuses, each with one meaning that never changes. `src/cli/exit-codes.ts` maps
 * them to exit statuses and `sheaf explain CODE` prints what to do; both are exhaustive over this table.
 */
export const ERROR_MEANINGS = {
  SHEAF_USAGE: 'The command line was not understood.',
  SHEAF_CANCELLED: 'The person answered no, or nobody could be asked.',
  SHEAF_INTERRUPTED:
    'The command was interrupted; what it was to change is as before, or changed as a whole.',
  SHEAF_AUTHENTICATION: 'A server asked for credentials that are missing or wrong.',
  SHEAF_INVALID_FILE: 'A file does not have the form that its place demands.',
  SHEAF_PATH: 'A file or directory that the command was pointed at is not there, or is of the wrong kind.',
  SHEAF_EXISTS: 'Something is already there and would have been overwritten.',
  SHEAF_DIGEST: 'Bytes do not have the digest that their parent states.',
  SHEAF_SIZE: 'Bytes are longer or shorter than their parent states.',
  SHEAF_SIGNATURE: 'A signature is missing, malformed, or not by a key that may make it.',
  SHEAF_THRESHOLD: 'Fewer distinct keys signed than the threshold demands.',
  SHEAF_ROOT: 'The trust root is not the pinned one, or not a successor of it.',
  SHEAF_ROOT_EXPIRED: 'The newest trust root has expired.',
  SHEAF_CHECKPOINT: 'A checkpoint contradicts its root, its registry or the rules for checkpoints.',
  SHEAF_ROLLBACK: 'The registry offers an older state than the one already seen.',
  SHEAF_EXPIRED:
    'The newest checkpoint has expired: the registry, or what lies before it, withholds updates.',
  SHEAF_CLOCK: 'The clock of this machine disagrees with the registry.',
  SHEAF_FORK: 'The registry shows two histories that exclude each other.',
  SHEAF_OWNER:
    'A plugin has another owner, or its owner other keys, without the signatures or the consent that this needs.',
  SHEAF_REVOKED: 'A release is quarantined, revoked or known to be malware.',
  SHEAF_ARCHIVE: 'An archive holds an entry that is not allowed.',
  SHEAF_INDEX: 'The index contradicts itself or the manifests it summarises.',
  SHEAF_NOT_A_REGISTRY: 'What answers at the address is not a sheaf registry.',
  SHEAF_UNKNOWN_REGISTRY: 'No registry is configured under that name.',
  SHEAF_UNKNOWN_PLUGIN: 'No configured registry has a plugin of that name.',
  SHEAF_UNKNOWN_VERSION: 'The plugin has no such version.',
  SHEAF_NOT_INSTALLED: 'The plugin is not installed here.',
  SHEAF_NO_GENERATION: 'There is no earlier installed set to go back to.',
  SHEAF_NETWORK: 'A server could not be reached or broke off.',
  SHEAF_OFFLINE: 'The network is needed, and --offline forbids it.',
  SHEAF_RESOLUTION: 'No set of versions satisfies everything that is asked for.',
  SHEAF_PLATFORM: 'The release has no artifact for this platform.',
  SHEAF_POLICY: 'A policy forbids it.',
  SHEAF_CAPABILITIES: 'The change would give a plugin powers that nobody agreed to.',
  SHEAF_IN_USE: 'Something else needs what would be removed.',
  SHEAF_LOCK_OUTDATED: 'The lock file does not match sheaf.toml.',
  SHEAF_LOCK_INVALID: 'The lock file cannot be used as it is.',
  SHEAF_MODIFIED: 'Installed files differ from what was installed.',
  SHEAF_LANGUAGE: 'No loaded plugin executes code in that language.',
  SHEAF_ENGINE: 'The plugin is not compatible with this host or one of its engines.',
  SHEAF_REQUIREMENT: 'A program that the plugin needs is not on this machine.',
  SHEAF_ABI: 'A module does not have the form that the plugin ABI demands.',
  SHEAF_CAPABILITY_UNDECLARED: 'A plugin uses a capability that its manifest does not declare.',
  SHEAF_CAPABILITY_DENIED: 'A plugin needs, or called, a capability that it was not granted.',
  SHEAF_ISOLATION: 'This machine cannot isolate the plugin as well as the policy demands.',
  SHEAF_INIT: 'A plugin could not be initialized.',
  SHEAF_STATE: 'A plugin is not in a state in which that can be done.',
  SHEAF_TIMEOUT: 'A plugin took longer than it may.',
  SHEAF_MEMORY: 'A plugin used more memory than it may.',
  SHEAF_CRASHED: 'A plugin ended by itself, or was ended by the operating system.',
  SHEAF_PROTOCOL: 'A plugin broke the protocol between it and its host.',
  SHEAF_PLUGIN: 'A plugin answered with an error of its own.',
  SHEAF_PERMISSION: 'The operating system refused access to a file or directory.',
  SHEAF_DISK_FULL: 'The disk is full.',
  SHEAF_NO_HOME: 'No home directory is known.',
  SHEAF_TOOL: 'A program that the command needs is missing or failed.',
  SHEAF_INTERNAL: 'A fault in sheaf itself.',
} as const;

/** The stable name of a refusal; part of the JSON output. */
export type ErrorCode = keyof typeof ERROR_MEANINGS;

/** What a refusal carries besides its sentence. */
export interface ErrorContext {
  /** What to do next: one sentence, imperative. */
  readonly hint?: string;
  /** Where, when the cause is in a file. */
  readonly place?: Place;
  /** Machine-readable facts for `--json`; plain JSON values only. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/**
 * The only error class of sheaf: a closed code, one sentence that names things, and what to do next.
 * The message never repeats the code and never contains a stack, a bare id or unescaped outside text.
 */
export class SheafError extends Error {
  override readonly name = 'SheafError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly place: Place | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, context: ErrorContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.code = code;
    this.hint = context.hint;
    this.place = context.place;
    this.details = context.details ?? {};
  }
}

/**
 * The error for a file whose form is wrong: the first finding is its sentence, the others travel in
 * `details.findings`. `findings` must not be empty.
 */
export function invalidFile(
  findings: readonly Finding[],
  code: ErrorCode = 'SHEAF_INVALID_FILE',
): SheafError {
  const [first, ...rest] = findings;
  if (first === undefined) throw new SheafError('SHEAF_INTERNAL', 'A file was refused without a finding.');
  const more =
    rest.length === 0 ? '' : ` (and ${rest.length} more ${rest.length === 1 ? 'finding' : 'findings'})`;
  return new SheafError(code, `${first.message}${more}`, {
    place: first.place,
    ...(first.fix === undefined ? {} : { hint: first.fix }),
    details: { findings },
  });
}
