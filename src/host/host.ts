import { closest } from '../core/did-you-mean.ts';
import { SheafError } from '../core/errors.ts';
import type { Manifest } from '../core/formats/manifest.ts';
import type { Instant } from '../core/instant.ts';
import { LIMITS } from '../core/limits.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { FoundPlugin } from '../core/runtime/found-plugin.ts';
import type { HostPolicy } from '../core/runtime/host-policy.ts';
import { loadOrder } from '../core/runtime/load-order.ts';
import { escapeForTerminal, quote } from '../core/text.ts';
import { satisfies, type Version } from '../core/version.ts';
import { type CallStats, sumStats } from './call-stats.ts';
import { type Executor, executorFor, languagesOf } from './executors.ts';
import { type HostEvents, HostListeners, type Listener } from './host-events.ts';
import { KillSwitch } from './kill-switch.ts';
import { type Ban, checkPlugin, concerns } from './load-checks.ts';
import type { HostCapability, KnownPlugin, PluginHost, Preloaded } from './plugin-host.ts';
import { type Found, type InstanceHost, ManagedPlugin, type PluginInstance } from './plugin-instance.ts';
import type { CheckedPlugin, PluginRuntime } from './plugin-runtime.ts';
import type { Executed } from './running-plugin.ts';

/** Where a host's plugins come from, and what is known of them; ports, implemented outside. */
export interface PluginSource {
  /** Everything that is installed now; the set stays on disk until {@link close}. */
  find(): Promise<readonly FoundPlugin[]>;
  findInFolder(directory: string): Promise<FoundPlugin>;
  /** The plugins of the sets found so far that must not run, with why. */
  bans(): Promise<readonly Ban[]>;
  /** Path of a program; undefined when PATH does not lead to it. */
  findProgram(name: string): Promise<string | undefined>;
  close(): Promise<void>;
}

/** Everything that a host consists of. */
export interface HostParts {
  readonly source: PluginSource;
  readonly runtime: PluginRuntime;
  /** Plugins that the host brings itself: before those that are installed, and behind them. */
  readonly own: { readonly first: readonly Found[]; readonly last: readonly Found[] };
  readonly policy: HostPolicy;
  readonly capabilities: readonly HostCapability[];
  /** Whether the policies of user, machine and project admit a capability. */
  readonly admits: (capability: string) => boolean;
  readonly engines: Readonly<Record<string, Version>>;
  /** Language to the plugin that executes it, where several can. */
  readonly executors: Readonly<Record<string, string>>;
  readonly now: () => Instant;
  /** Milliseconds between two looks at bans. */
  readonly banCheckTime: number;
}

/** A host over its parts, after a first look at what is installed. */
export async function createHost(parts: HostParts): Promise<PluginHost> {
  const host = new Host(parts);
  try {
    await host.discover();
    return host;
  } catch (error) {
    await host.close();
    throw error;
  }
}

class Host implements PluginHost {
  readonly #parts: HostParts;
  readonly #listeners = new HostListeners();
  readonly #killSwitch: KillSwitch;
  /** In the order in which a language is looked up. */
  #plugins: ReadonlyMap<PluginName, ManagedPlugin> = new Map();
  #closing: Promise<void> | undefined;
  /** The last look at what is installed: it may hold a set that must be let go. */
  #finding: Promise<unknown> = Promise.resolve();

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.#killSwitch = new KillSwitch(() => this.#enforceQuietly(), parts.banCheckTime);
  }

  async discover(): Promise<readonly KnownPlugin[]> {
    this.#requireOpen();
    const { source, own } = this.#parts;
    const finding = source.find();
    this.#finding = finding;
    const installed = await finding;
    this.#offer([...own.first, ...installed, ...own.last]);
    return [...this.#plugins.values()].map(known);
  }

  async load(name: string): Promise<PluginInstance> {
    const plugin = this.#find(name);
    await plugin.load();
    return plugin;
  }

  async loadFromDir(directory: string): Promise<PluginInstance> {
    this.#requireOpen();
    const found = await this.#parts.source.findInFolder(directory);
    const present = this.#plugins.get(found.name);
    if (present?.isPresent === true) {
      throw new SheafError('SHEAF_STATE', `${found.name} is loaded already, from elsewhere.`, {
        hint: 'Unload it first.',
      });
    }
    const plugin = this.#managed(found);
    const others = [...this.#plugins].filter(([name]) => name !== found.name);
    this.#plugins = new Map([[found.name, plugin], ...others]);
    plugin.note('warn', 'It comes from a folder, and nobody signed it.');
    return this.load(found.name);
  }

  async init(name: string): Promise<PluginInstance> {
    const plugin = this.#find(name);
    await plugin.init();
    return plugin;
  }

  async execute(
    name: string,
    command: string,
    input: unknown = null,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Executed> {
    return this.#find(name).execute(command, input, options);
  }

  async unload(name: string): Promise<void> {
    const plugin = this.#find(name);
    const needing = this.#presentThatNeed(plugin.id);
    if (needing.length > 0) {
      const names = needing.map(({ id }) => id).join(' and ');
      throw new SheafError('SHEAF_IN_USE', `${names} needs ${plugin.id}, and is loaded.`, {
        hint: `Unload ${names} first.`,
        details: { neededBy: needing.map(({ id }) => id) },
      });
    }
    await plugin.unload();
  }

  async preload(
    names: readonly string[],
    { parallel = LIMITS.parallelLoads }: { readonly parallel?: number } = {},
  ): Promise<readonly Preloaded[]> {
    const results: Preloaded[] = [];
    const left = [...names.entries()];
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const [index, name] = next;
        results[index] = await this.#preloaded(name);
      }
    };
    const workers = Math.max(1, Math.min(Math.floor(parallel), names.length));
    await Promise.all(Array.from({ length: workers }, work));
    return results;
  }

  getExecutor(language: string): Executor {
    this.#requireOpen();
    return executorFor(language, [...this.#plugins.values()], this.#parts.executors);
  }

  supportedLanguages(): readonly string[] {
    return languagesOf([...this.#plugins.values()]);
  }

  on<Name extends keyof HostEvents>(name: Name, listener: Listener<Name>): () => void {
    return this.#listeners.on(name, listener);
  }

  get stats(): CallStats {
    return sumStats([...this.#plugins.values()].map(({ stats }) => stats));
  }

  async enforceBans(): Promise<void> {
    this.#requireOpen();
    const bans = await this.#parts.source.bans();
    const banned = [...this.#plugins.values()].flatMap((plugin) => {
      const ban = bans.find((one) => concerns(one, plugin.found));
      return ban !== undefined && plugin.isPresent ? [{ plugin, cause: ban.cause }] : [];
    });
    await Promise.all(banned.map(({ plugin, cause }) => this.#ban(plugin, cause)));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#killSwitch.stop();
    await Promise.all([...this.#plugins.values()].map((plugin) => plugin.unload()));
    await this.#finding.catch(() => {});
    await this.#parts.runtime.close();
    await this.#parts.source.close();
    this.#listeners.clear();
  }

  async #preloaded(name: string): Promise<Preloaded> {
    try {
      await this.init(name);
      return { name, ok: true };
    } catch (error) {
      if (error instanceof SheafError) return { name, ok: false, error };
      throw error;
    }
  }

  /** What needs a plugin that must not run must not run either: it would go on with nothing behind it. */
  async #ban(plugin: ManagedPlugin, cause: SheafError): Promise<void> {
    await Promise.all(this.#presentThatNeed(plugin.id).map((needing) => this.#ban(needing, cause)));
    await plugin.unload(cause);
  }

  async #enforceQuietly(): Promise<void> {
    if (this.#closing !== undefined) return;
    try {
      await this.enforceBans();
    } catch (error) {
      // What runs goes on, but nobody may believe that it was looked at.
      const message = escapeForTerminal(error instanceof Error ? error.message : String(error));
      this.#listeners.emit('log', {
        at: this.#parts.now(),
        plugin: undefined,
        by: 'host',
        level: 'error',
        message: `What must not run could not be looked up: ${message}`,
      });
    }
  }

  #offer(found: readonly Found[]): void {
    const plugins = new Map<PluginName, ManagedPlugin>();
    for (const one of found) {
      if (plugins.has(one.name)) continue;
      const before = this.#plugins.get(one.name);
      before?.offer(one);
      plugins.set(one.name, before ?? this.#managed(one));
    }
    // What is not installed any more, or never was, stays as long as it is loaded.
    for (const [name, plugin] of this.#plugins) {
      if (!plugins.has(name) && plugin.isPresent) plugins.set(name, plugin);
    }
    this.#plugins = plugins;
  }

  #managed(found: Found): ManagedPlugin {
    return new ManagedPlugin(found, this.#instanceHost(found.name));
  }

  #instanceHost(plugin: PluginName): InstanceHost {
    const { runtime, now } = this.#parts;
    return {
      listeners: this.#listeners,
      now,
      check: (found) => this.#check(found),
      initDependencies: ({ manifest }) => this.#forDependencies(manifest, (needed) => needed.init()),
      start: (checked: CheckedPlugin, handlers) => runtime.start(checked, handlers),
      call: (capability, fn, params, signal) => this.#call(capability, fn, params, { plugin, signal }),
    };
  }

  async #check(found: Found): Promise<CheckedPlugin> {
    this.#requireOpen();
    this.#requireOrder(found.name);
    const { source, runtime, policy, admits, capabilities, engines } = this.#parts;
    return checkPlugin(found, {
      policy,
      admits,
      offered: capabilities,
      engines,
      bans: () => source.bans(),
      loadDependencies: (manifest) => this.#forDependencies(manifest, (needed) => needed.load()),
      findProgram: (name) => source.findProgram(name),
      isolation: () => runtime.available(),
    });
  }

  /** @throws SheafError `SHEAF_NOT_INSTALLED`, `SHEAF_RESOLUTION`, and what `work` throws. */
  async #forDependencies(
    { name: by, dependencies }: Manifest,
    work: (needed: ManagedPlugin) => Promise<void>,
  ): Promise<void> {
    const needed = Object.entries(dependencies).map(async ([name, { range, optional }]) => {
      const plugin = this.#plugins.get(name as PluginName);
      if (plugin === undefined) {
        if (optional) return;
        throw new SheafError('SHEAF_NOT_INSTALLED', `${by} needs ${name} ${range}, which is not installed.`);
      }
      if (!satisfies(plugin.version, range, { prereleases: true })) {
        if (optional) return;
        throw new SheafError(
          'SHEAF_RESOLUTION',
          `${by} needs ${name} ${range}, and ${plugin.version} is here.`,
        );
      }
      await (optional ? work(plugin).catch(() => {}) : work(plugin));
    });
    await Promise.all(needed);
  }

  /** Plugins that need each other would wait for each other. @throws SheafError `SHEAF_RESOLUTION`. */
  #requireOrder(plugin: PluginName): void {
    loadOrder([plugin], (name) =>
      Object.keys(this.#plugins.get(name)?.found.manifest?.dependencies ?? {}).map(
        (key) => key as PluginName,
      ),
    );
  }

  #presentThatNeed(name: PluginName): readonly ManagedPlugin[] {
    return [...this.#plugins.values()].filter(({ isPresent, found }) => {
      const dependency = found.manifest?.dependencies[name];
      return isPresent && dependency !== undefined && !dependency.optional;
    });
  }

  async #call(
    capability: string,
    fn: string,
    params: unknown,
    call: { readonly plugin: string; readonly signal: AbortSignal },
  ): Promise<unknown> {
    const functions = this.#parts.capabilities.find(({ id }) => id === capability)?.functions ?? {};
    const found = Object.hasOwn(functions, fn) ? functions[fn] : undefined;
    if (found !== undefined) return found(params, call);
    throw new SheafError('SHEAF_CAPABILITY_DENIED', `${capability} has no function ${quote(fn)}.`);
  }

  #find(name: string): ManagedPlugin {
    this.#requireOpen();
    const plugin = this.#plugins.get(name as PluginName);
    if (plugin !== undefined) return plugin;
    const near = closest(name, this.#plugins.keys());
    throw new SheafError('SHEAF_NOT_INSTALLED', `There is no plugin ${quote(name)} here.`, {
      hint: near === undefined ? 'Install it, and call discover().' : `Did you mean ${near}?`,
    });
  }

  #requireOpen(): void {
    if (this.#closing !== undefined) throw new SheafError('SHEAF_STATE', 'The host has been closed.');
  }
}

function known(plugin: ManagedPlugin): KnownPlugin {
  const { name, version, tier, registry, verified, manifest } = plugin.found;
  const { commands = [], languages = [] } = manifest?.provides ?? {};
  return { name, version, tier, registry, verified, state: plugin.state, commands, languages };
}
