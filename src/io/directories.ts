import { isAbsolute, join, resolve } from 'node:path';
import type { Sha256 } from '../core/digest.ts';
import { SheafError } from '../core/errors.ts';
import type { PluginName } from '../core/plugin-name.ts';

/**
 * Every place where sheaf keeps something of the user's. The examples are those of Linux with nothing set in
 * the environment.
 */
export interface Directories {
  /** `~/.config/sheaf/config.toml` */
  readonly config: string;
  /** `/etc/xdg/sheaf/policy.toml`: what whoever runs the machine demands. Every one that is there holds. */
  readonly machinePolicies: readonly string[];
  /** What `SHEAF_POLICY` names: one more, and it has to be there. */
  readonly namedPolicy: string | undefined;
  /** `~/.cache/sheaf/objects`: shards, manifests and artifacts by digest. */
  readonly objects: string;
  /** `~/.cache/sheaf/git`: fetch states of the Git transport, one directory a registry. */
  readonly gitClones: string;
  /** `~/.local/state/sheaf`: what this machine has learned. */
  readonly state: string;
  /** `~/.local/share/sheaf/global`: the project of `install --global`. */
  readonly global: string;
  /** `~/.local/state/sheaf/update-notice`: when a notice of updates was last due. */
  readonly updateNotice: string;
  /** `~/.local/state/sheaf/sources.json`: addresses that were of no use lately. */
  readonly sources: string;
  /** `~/.local/state/sheaf/install-log.jsonl`: what was done to installed sets; `.1` is the one before. */
  readonly installLog: string;
  /** `~/.local/state/sheaf/registries/<root id>.json`: trusted root, floor, revocations and consents. */
  trust(rootId: Sha256): string;
  /** `~/.local/share/sheaf/data/<plugin>`: a plugin's own data. */
  pluginData(name: PluginName): string;
}

/** What the places depend on. */
export interface DirectoriesBasis {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

/**
 * The places for an environment. `SHEAF_HOME` moves everything; then the variables of the XDG Base Directory
 * Specification 0.8 count, on every platform; then the customs of the platform.
 *
 * @throws SheafError `SHEAF_NO_HOME` when the environment names no home directory and it is needed.
 */
export function directoriesFor({ environment, platform }: DirectoriesBasis): Directories {
  const base = (kind: Kind): string => {
    const moved = environment.SHEAF_HOME;
    if (moved !== undefined && moved !== '') return join(resolve(moved), kind);
    const variable = environment[XDG_VARIABLES[kind]];
    // "If an implementation encounters a relative path in any of these variables it should consider the path
    // invalid and ignore it." (XDG Base Directory Specification, "Basics")
    if (variable !== undefined && isAbsolute(variable)) return join(variable, 'sheaf');
    return customary(kind, environment, platform);
  };
  const cache = base('cache');
  const state = base('state');
  const data = base('data');
  return {
    config: join(base('config'), 'config.toml'),
    machinePolicies: machinePolicies(environment, platform),
    namedPolicy:
      environment.SHEAF_POLICY === undefined || environment.SHEAF_POLICY === ''
        ? undefined
        : resolve(environment.SHEAF_POLICY),
    objects: join(cache, 'objects'),
    gitClones: join(cache, 'git'),
    state,
    global: join(data, 'global'),
    updateNotice: join(state, 'update-notice'),
    sources: join(state, 'sources.json'),
    installLog: join(state, 'install-log.jsonl'),
    trust: (rootId) => join(state, 'registries', `${rootId}.json`),
    pluginData: (name) => join(data, 'data', name),
  };
}

type Kind = 'config' | 'cache' | 'state' | 'data';

const XDG_VARIABLES: Readonly<Record<Kind, string>> = {
  config: 'XDG_CONFIG_HOME',
  cache: 'XDG_CACHE_HOME',
  state: 'XDG_STATE_HOME',
  data: 'XDG_DATA_HOME',
};

const UNIX: Readonly<Record<Kind, string>> = {
  config: '.config/sheaf',
  cache: '.cache/sheaf',
  state: '.local/state/sheaf',
  data: '.local/share/sheaf',
};

// Apple, "File System Programming Guide": support files and caches of an application.
const MACOS: Readonly<Record<Kind, string>> = {
  config: 'Library/Application Support/sheaf',
  cache: 'Library/Caches/sheaf',
  state: 'Library/Application Support/sheaf/state',
  data: 'Library/Application Support/sheaf/data',
};

/**
 * Where a machine's policy can lie. Variables only add to the one place that no user can move: else a policy would
 * last until somebody unsets them.
 */
function machinePolicies(
  environment: DirectoriesBasis['environment'],
  platform: NodeJS.Platform,
): readonly string[] {
  const fixed = FIXED_POLICIES[platform] ?? '/etc/xdg';
  const more =
    platform === 'win32' ? [environment.ProgramData ?? ''] : (environment.XDG_CONFIG_DIRS ?? '').split(':');
  return [...new Set([fixed, ...more.filter((path) => isAbsolute(path))])].map((path) =>
    join(path, 'sheaf', 'policy.toml'),
  );
}

const FIXED_POLICIES: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: '/Library/Application Support',
  win32: 'C:\\ProgramData',
};

function customary(
  kind: Kind,
  environment: DirectoriesBasis['environment'],
  platform: NodeJS.Platform,
): string {
  if (platform === 'win32') {
    // Roaming profiles carry settings from machine to machine; caches and state belong to this one.
    const variable = kind === 'config' ? 'APPDATA' : 'LOCALAPPDATA';
    const directory = environment[variable];
    if (directory === undefined || directory === '') throw noHome(variable);
    return kind === 'config' ? join(directory, 'sheaf') : join(directory, 'sheaf', kind);
  }
  const home = environment.HOME;
  if (home === undefined || !isAbsolute(home)) throw noHome('HOME');
  return join(home, platform === 'darwin' ? MACOS[kind] : UNIX[kind]);
}

function noHome(variable: string): SheafError {
  return new SheafError(
    'SHEAF_NO_HOME',
    `No home directory is known: ${variable} is not set to an absolute path.`,
    {
      hint: `Set ${variable}, or set SHEAF_HOME to the directory that sheaf may use.`,
    },
  );
}
