import type { Sha256 } from '../digest.ts';
import type { PluginName } from '../plugin-name.ts';
import { validate as validateLine } from '../validators/install-log.generated.js';
import { isVersion, type Version } from '../version.ts';
import { entriesOf } from './lock-entries.ts';
import type { Lockfile } from './lockfile.ts';

/** What became of a plugin. */
export type LogAction = 'install' | 'update' | 'remove' | 'rollback';

/** One change of one plugin: a line of `install-log.jsonl`. */
export interface LogEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly action: LogAction;
  readonly plugin: PluginName;
  /** Version before; none was installed when absent. */
  readonly from?: Version;
  /** Version afterwards; none is installed when absent. */
  readonly version?: Version;
  /** Id of its registry; `path:` and where it lay for a local one. */
  readonly registry: string;
  /** Digest of its signed manifest, or of what was unpacked for a local one. */
  readonly sha256: Sha256;
  /** Fingerprint (`SHA256:…`) of the owner's key that signed it. */
  readonly key?: string;
  /** Those that were agreed to. */
  readonly capabilities: readonly string[];
  /** Number of the installed set afterwards. */
  readonly generation: number;
  readonly project: string;
  /** Account of the operating system. */
  readonly user: string;
  /** The sheaf command, or `library` for an application. */
  readonly command: string;
}

/** What is the same for all plugins that one switch of sets changes. */
export type LogOccasion = Pick<LogEntry, 'time' | 'generation' | 'project' | 'user' | 'command'>;

/**
 * The entries for a switch from one installed set to another, by plugin.
 *
 * @param action what to call every change; by what became of each plugin when absent.
 */
export function logEntries(
  before: Lockfile | undefined,
  after: Lockfile,
  occasion: LogOccasion,
  action?: LogAction,
): readonly LogEntry[] {
  const [old, next] = [before, after].map((lock) => new Map(entriesOf(lock).map((one) => [one.name, one])));
  const keys = new Map(
    [...(before?.plugins ?? []), ...after.plugins].map(({ manifest, owner }) => [manifest, owner.key]),
  );
  const names = [...new Set([...(old?.keys() ?? []), ...(next?.keys() ?? [])])].toSorted();
  return names.flatMap((plugin): LogEntry[] => {
    const [was, is] = [old?.get(plugin), next?.get(plugin)];
    const about = is ?? was;
    if (about === undefined || was?.manifest === is?.manifest) return [];
    const key = keys.get(about.manifest);
    const became = was === undefined ? 'install' : is === undefined ? 'remove' : 'update';
    return [
      {
        time: occasion.time,
        action: action ?? became,
        plugin,
        ...(was === undefined ? {} : { from: was.version }),
        ...(is === undefined ? {} : { version: is.version }),
        registry: about.registry,
        sha256: about.manifest,
        ...(key === undefined ? {} : { key }),
        capabilities: about.capabilities,
        generation: occasion.generation,
        project: occasion.project,
        user: occasion.user,
        command: occasion.command,
      },
    ];
  });
}

/** Writes an entry as one line, with its line feed. */
export function writeLogLine(entry: LogEntry): string {
  return `${JSON.stringify(entry)}\n`;
}

/**
 * Reads the lines of a log, oldest first. A line that is torn, because the machine stopped while it was written,
 * or that something else wrote, is passed over and counted: one bad line must not hide all others.
 */
export function readLog(text: string): {
  readonly entries: readonly LogEntry[];
  readonly unreadable: number;
} {
  const lines = text.split('\n').filter((line) => line !== '');
  const entries = lines.flatMap((line) => readLine(line) ?? []);
  return { entries, unreadable: lines.length - entries.length };
}

function readLine(line: string): LogEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!validateLine(value)) return undefined;
    const entry = value as LogEntry;
    return [entry.from, entry.version].every((one) => one === undefined || isVersion(one))
      ? entry
      : undefined;
  } catch {
    return undefined;
  }
}
