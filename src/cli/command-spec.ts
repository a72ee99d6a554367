/** Every command of sheaf, by the words that a person types. */
export type CommandName =
  | 'search'
  | 'install'
  | 'update'
  | 'outdated'
  | 'remove'
  | 'list'
  | 'info'
  | 'rollback'
  | 'verify'
  | 'audit'
  | 'log'
  | 'why'
  | 'run'
  | 'exec'
  | 'pin'
  | 'unpin'
  | 'registry add'
  | 'registry list'
  | 'registry remove'
  | 'registry init'
  | 'registry publish'
  | 'registry trust show'
  | 'registry trust rotate'
  | 'sync'
  | 'mirror'
  | 'mirror serve'
  | 'create'
  | 'build'
  | 'test'
  | 'bench'
  | 'scan'
  | 'check'
  | 'pack'
  | 'publish'
  | 'publish init-ci'
  | 'yank'
  | 'deprecate'
  | 'dev'
  | 'key create'
  | 'sign'
  | 'signature verify'
  | 'owner add'
  | 'owner show'
  | 'owner rotate'
  | 'owner recover'
  | 'owner transfer'
  | 'owner revoke'
  | 'collection list'
  | 'collection show'
  | 'review'
  | 'promote'
  | 'index build'
  | 'index sign'
  | 'index publish'
  | 'index verify'
  | 'ci measure'
  | 'ci record'
  | 'ci report'
  | 'ci merge'
  | 'ci queue'
  | 'ci submit-form'
  | 'ci links'
  | 'ci route'
  | 'ci promotions'
  | 'ci downloads'
  | 'import krew'
  | 'import obsidian'
  | 'import forgeai'
  | 'doctor'
  | 'cache list'
  | 'cache clean'
  | 'cache path'
  | 'config list'
  | 'config get'
  | 'config set'
  | 'config unset'
  | 'config path'
  | 'completion'
  | 'explain'
  | 'help';

/** What a value is, so that it can be checked before the command loads and completed by a shell. */
export type ValueKind =
  | 'text'
  | 'file'
  | 'directory'
  | 'url'
  | 'digest'
  | 'duration'
  | 'count'
  | 'plugin'
  | 'installed'
  | 'category'
  | 'registry'
  | 'principal'
  | 'namespace'
  | 'error-code'
  | 'command';

/** One option of a command. Without `value` it is a flag. */
export interface OptionSpec {
  /** Long name without dashes: `dry-run`; a leading `no-` is part of the name, never a negation. */
  readonly name: string;
  /** One letter: `y` for `-y`. */
  readonly short?: string;
  readonly value?: { readonly name: string; readonly kind: ValueKind; readonly choices?: readonly string[] };
  /** Whether it may be given more than once. */
  readonly repeat?: boolean;
  readonly required?: boolean;
  readonly summary: string;
}

/** One positional argument; the last of a command may repeat. */
export interface ArgumentSpec {
  readonly name: string;
  readonly kind: ValueKind;
  readonly choices?: readonly string[];
  readonly required: boolean;
  readonly repeat?: boolean;
  readonly summary: string;
}

/** Under which heading the help lists a command. */
export type CommandGroup = 'use' | 'registries' | 'authors' | 'operators' | 'pipeline' | 'self';

/** All that is known of a command before its code is loaded: parsing, help, hints and completion read this. */
export interface CommandSpec {
  readonly name: CommandName;
  readonly aliases: readonly string[];
  readonly group: CommandGroup;
  /** One sentence without a full stop, imperative. */
  readonly summary: string;
  /** Further sentences of its help, one paragraph each. */
  readonly description?: readonly string[];
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Complete command lines, each with what it does. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** Whether it changes something and can show the change first; `--dry-run` is added to its options. */
  readonly dryRun?: boolean;
  /** Exit status of a command line that is not understood, where another program's convention is kept. */
  readonly usageStatus?: number;
}
