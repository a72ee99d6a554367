import type { Reading } from './core/finding.ts';
import { type Manifest, readManifest } from './core/formats/manifest.ts';
import { pluginName } from './core/plugin-name.ts';
import { parsePluginSpec } from './core/plugin-spec.ts';
import type { ClientPorts, Prompt, Reporter } from './core/ports.ts';
import type { Audited } from './ops/plugins/audit.ts';
import type { Changed } from './ops/plugins/change-plugins.ts';
import type { BarredPlugin } from './ops/plugins/check-standing.ts';
import type { PluginInfo } from './ops/plugins/info.ts';
import type { Installed } from './ops/plugins/list.ts';
import type { OutdatedPlugin } from './ops/plugins/outdated.ts';
import type { RolledBack } from './ops/plugins/rollback.ts';
import type { SearchOptions, SearchPage } from './ops/plugins/search.ts';
import type { Verified } from './ops/plugins/verify.ts';
import type { SyncedRegistry } from './ops/registries/sync.ts';
import { connectClient } from './wiring/client.ts';

export { type ErrorCode, SheafError } from './core/errors.ts';
export type { Finding } from './core/finding.ts';
export type { Manifest } from './core/formats/manifest.ts';
export type { Plan } from './core/resolution/plan.ts';
export type { BasePlugin } from './host/core-plugin.ts';
export type { PluginHost } from './host/plugin-host.ts';
export { type HostOptions, openHost } from './wiring/host.ts';

/** How a host application opens the registries and plugins it manages. */
export interface RegistryOptions {
  /** Directory whose `sheaf.toml` and `.sheaf/` are managed. */
  readonly project: string;
  /** Fetch nothing. */
  readonly offline?: boolean;
  /** Decides what has to be asked; refuses everything when absent. */
  readonly confirm?: Prompt['confirm'];
  /** Hears of progress and warnings; nobody when absent. */
  readonly reporter?: Reporter;
  /** Breaks off what is under way. */
  readonly signal?: AbortSignal;
  /** Environment variables; those of this process when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** The registries of this user and the plugins of one project. */
export interface Registry {
  /** Fetches the newest state of the configured registries. */
  sync(): Promise<readonly SyncedRegistry[]>;
  /** Finds plugins in the signed index on this machine; without words, all, the most downloaded first. */
  search(text: string, options?: Partial<Omit<SearchOptions, 'text'>>): Promise<SearchPage>;
  /** What a registry says of a plugin: `graph-lens`, `acme/graph-lens@^1`. */
  info(plugin: string): Promise<PluginInfo>;
  /** Installs plugins, or all that `sheaf.toml` wants when none is named. */
  install(plugins: readonly string[], options?: Partial<InstallChoices>): Promise<Changed>;
  /** Updates plugins, or all when none is named. */
  update(plugins: readonly string[], options?: Partial<UpdateChoices>): Promise<Changed>;
  /** Removes plugins and what only they needed. */
  remove(plugins: readonly string[], options?: { readonly force?: boolean }): Promise<Changed>;
  /** The installed plugins. */
  list(): Promise<Installed>;
  /** Installed plugins that have newer versions. */
  outdated(): Promise<readonly OutdatedPlugin[]>;
  /** Goes back to the set before the current one, or to one by its number. */
  rollback(generation?: number): Promise<RolledBack>;
  /** Checks installed plugins against their signed releases. */
  verify(): Promise<Verified>;
  /** What registries say against what `sheaf.lock` holds. */
  audit(): Promise<Audited>;
  /** The installed plugins that must not run, by what this machine remembers; cheap enough for a timer. */
  barred(): Promise<readonly BarredPlugin[]>;
}

/** What an update may do without asking. */
export interface UpdateChoices {
  /** Compute the plan and change nothing. */
  readonly dryRun: boolean;
  /** Agree to capabilities that nobody agreed to before. */
  readonly acceptCapabilities: boolean;
  readonly prereleases: boolean;
}

/** What an install may do without asking. */
export interface InstallChoices extends UpdateChoices {
  /** Install exactly what `sheaf.lock` says or refuse. */
  readonly locked: boolean;
}

/**
 * Opens the registries that this user trusts for one project, as the `sheaf` command does. Nothing is read or
 * fetched before a method is called; every method throws `SheafError`.
 */
export function openRegistry(options: RegistryOptions): Registry {
  const ports = connect(options);
  return {
    sync: async () => {
      const synced = await (await import('./ops/registries/sync.ts')).sync(ports, {
        aliases: [],
        full: false,
      });
      await (await import('./ops/plugins/affecting-project.ts')).affectingProject(ports);
      return synced;
    },
    search: async (text, options = {}) =>
      (await import('./ops/plugins/search.ts')).search(ports, { ...FIRST_PAGE, ...options, text }),
    info: async (plugin) => (await import('./ops/plugins/info.ts')).info(ports, parsePluginSpec(plugin)),
    install: async (plugins, choices = {}) =>
      (await import('./ops/plugins/install.ts')).install(ports, {
        ...CAREFUL,
        locked: false,
        force: false,
        ...choices,
        plugins: plugins.map(parsePluginSpec),
      }),
    update: async (plugins, choices = {}) =>
      (await import('./ops/plugins/update.ts')).update(ports, {
        ...CAREFUL,
        ...choices,
        plugins: plugins.map(pluginName),
      }),
    remove: async (plugins, { force = false } = {}) =>
      (await import('./ops/plugins/remove.ts')).remove(ports, {
        plugins: plugins.map(pluginName),
        force,
        purge: false,
        dryRun: false,
      }),
    list: async () => (await import('./ops/plugins/list.ts')).listInstalled(ports),
    outdated: async () => (await import('./ops/plugins/outdated.ts')).outdated(ports, { prereleases: false }),
    rollback: async (generation) =>
      (await import('./ops/plugins/rollback.ts')).rollback(ports, {
        dryRun: false,
        ...(generation === undefined ? {} : { generation }),
      }),
    verify: async () => (await import('./ops/plugins/verify.ts')).verify(ports, []),
    audit: async () => (await import('./ops/plugins/audit.ts')).audit(ports),
    barred: async () => (await import('./ops/plugins/check-standing.ts')).checkInstalled(ports),
  };
}

/**
 * Checks a plugin's manifest as the registry would read it.
 *
 * @param file names it in the findings.
 */
export function validateManifest(bytes: Uint8Array, file: string): Reading<Manifest> {
  return readManifest(bytes, file);
}

const CAREFUL = { dryRun: false, acceptCapabilities: false, allowStale: false, prereleases: false } as const;

const FIRST_PAGE = { filters: {}, allEngines: false, sort: 'relevance', page: 1, limit: 20 } as const;

const SILENT: Reporter = { note: () => {}, warn: () => {}, transfer: () => {} };

function connect({
  project,
  offline = false,
  confirm,
  reporter,
  signal,
  environment,
}: RegistryOptions): ClientPorts {
  return connectClient({
    project,
    global: false,
    offline,
    environment: environment ?? process.env,
    prompt: { confirm: confirm ?? (() => Promise.resolve(false)) },
    reporter: reporter ?? SILENT,
    ...(signal === undefined ? {} : { signal }),
  });
}
