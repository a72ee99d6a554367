import type { PluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import type { Tier } from './manifest.ts';

/** What a set says to the application that loads it: the file that `[host] plugins_file` names. */
export interface HostList {
  /** Relative to the project, with `/`. */
  readonly path: string;
  /** By name. */
  readonly plugins: readonly HostPlugin[];
}

/** One installed plugin as the application reads it. */
export interface HostPlugin {
  readonly name: PluginName;
  readonly version: Version;
  readonly tier: Tier;
  /** What it may ask the host for. */
  readonly capabilities: readonly string[];
  /** Whether its owner signed it; one from a folder of this machine is not. */
  readonly verified: boolean;
  /** The file to load, relative to the plugin's directory; absent where the release names none. */
  readonly entry?: string;
}

const FORMAT = 1;
const WRITER = 'sheaf';

/**
 * The file of a list: JSON that says in which directory each plugin lies, relative to the project. It is read
 * like this whole generation or not at all, so its paths hold as long as it is there.
 */
export function writeHostList({ plugins }: HostList, generation: number): Uint8Array {
  const document = {
    schemaVersion: FORMAT,
    writtenBy: WRITER,
    generation,
    plugins: plugins.map(({ name, version, tier, capabilities, verified, entry }) => ({
      name,
      version,
      tier,
      capabilities,
      verified,
      path: `.sheaf/generations/${generation}/${name}`,
      ...(entry === undefined ? {} : { entry }),
    })),
  };
  return new TextEncoder().encode(`${JSON.stringify(document, undefined, 2)}\n`);
}

/** Whether bytes are such a file, of whatever set: only those may be replaced and removed without asking. */
export function isHostList(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === 'object' && value !== null && 'writtenBy' in value && value.writtenBy === WRITER;
  } catch {
    return false;
  }
}

/** A list as it lies in a generation; undefined for anything that {@link HostList} does not describe. */
export function readHostList(bytes: Uint8Array): HostList | undefined {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<HostList> | null;
    const { path, plugins } = value ?? {};
    if (typeof path !== 'string' || !mayHoldHostList(path) || !Array.isArray(plugins)) return undefined;
    return { path, plugins };
  } catch {
    return undefined;
  }
}

/**
 * Whether a list may stand at a path: inside of the project, and at none of the places where sheaf, Git or
 * people keep something else. Compared without case, as some file systems do.
 */
export function mayHoldHostList(path: string): boolean {
  const parts = path.toLowerCase().split('/');
  const isInside = parts.every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:]/.test(part));
  const [first = ''] = parts;
  return isInside && !['.sheaf', '.git', 'sheaf.toml', 'sheaf.lock'].includes(first);
}
