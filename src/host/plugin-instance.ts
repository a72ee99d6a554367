import { SheafError } from '../core/errors.ts';
import type { Instant } from '../core/instant.ts';
import type { PluginName } from '../core/plugin-name.ts';
import type { FoundPlugin } from '../core/runtime/found-plugin.ts';
import {
  advance,
  BEGINNING,
  fail,
  type Lifecycle,
  type PluginState,
  requireReload,
} from '../core/runtime/lifecycle.ts';
import type { LogLevel } from '../core/runtime/protocol.ts';
import { escapeForTerminal } from '../core/text.ts';
import type { Version } from '../core/version.ts';
import { addCall, type CallStats, NO_CALLS } from './call-stats.ts';
import type { ConnectionHandlers } from './connection.ts';
import type { CoreCode } from './core-plugin.ts';
import type { HostListeners, LogRecord } from './host-events.ts';
import { PluginLog } from './plugin-log.ts';
import type { CheckedPlugin } from './plugin-runtime.ts';
import type { Executed, RunningPlugin } from './running-plugin.ts';

/** One plugin of a host, through all of its life. */
export interface PluginInstance {
  readonly id: PluginName;
  readonly version: Version;
  readonly state: PluginState;
  /** Why it failed last; undefined once it works again. */
  readonly cause: SheafError | undefined;
  /** Ids of the capabilities that it got; none before it is loaded. */
  readonly granted: readonly string[];
  /** What it can be asked; none before it is initialized. */
  readonly commands: readonly string[];
  readonly stats: CallStats;
  /** The newest records of its log, oldest first. */
  readonly log: readonly LogRecord[];
  /**
   * Runs a command, after the plugin was loaded and initialized where it is not.
   *
   * @param input any JSON value.
   * @throws SheafError `SHEAF_PLUGIN` for an error of the plugin's own, after which it goes on; `SHEAF_TIMEOUT`,
   *   `SHEAF_MEMORY`, `SHEAF_CRASHED`, `SHEAF_PROTOCOL`, `SHEAF_INTERRUPTED`, after which it is gone; and as `load`.
   */
  execute(command: string, input?: unknown, options?: { readonly signal?: AbortSignal }): Promise<Executed>;
  /** Unloads it. Settles when nothing of it is left. */
  dispose(): Promise<void>;
}

/** What an instance needs of its host. */
export interface InstanceHost {
  readonly listeners: HostListeners;
  now(): Instant;
  /** All that must hold before it is started. @throws SheafError. */
  check(found: Found): Promise<CheckedPlugin>;
  /** Initializes what it needs. */
  initDependencies(checked: CheckedPlugin): Promise<void>;
  start(checked: CheckedPlugin, handlers: ConnectionHandlers): Promise<RunningPlugin>;
  call(capability: string, fn: string, params: unknown, signal: AbortSignal): Promise<unknown>;
}

/** A plugin from wherever. */
export type Found = FoundPlugin | FoundPlugin<CoreCode>;

/** The states in which something of a plugin is there that must be given up again. */
const PRESENT: ReadonlySet<PluginState> = new Set(['loaded', 'initialized', 'registered', 'active']);

/**
 * The lifecycle of one plugin. Whatever changes its state happens one after the other; who asks for the same thing
 * at the same time shares it.
 */
export class ManagedPlugin implements PluginInstance {
  readonly id: PluginName;
  readonly #host: InstanceHost;
  readonly #log = new PluginLog();
  #offered: Found;
  #found: Found;
  #life: Lifecycle = BEGINNING;
  /** Between load and init. */
  #checked: CheckedPlugin | undefined;
  #granted: readonly string[] = [];
  #running: RunningPlugin | undefined;
  #stats: CallStats = NO_CALLS;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #underWay = new Map<'load' | 'init', Promise<void>>();

  constructor(found: Found, host: InstanceHost) {
    this.id = found.name;
    this.#found = found;
    this.#offered = found;
    this.#host = host;
  }

  /** What it is made of now; what is loaded next may be another version. */
  get found(): Found {
    return this.isPresent ? this.#found : this.#offered;
  }

  get version(): Version {
    return this.found.version;
  }

  get state(): PluginState {
    return this.#life.state;
  }

  get cause(): SheafError | undefined {
    return this.#life.cause;
  }

  get granted(): readonly string[] {
    return this.#granted;
  }

  get commands(): readonly string[] {
    return this.#running?.commands ?? [];
  }

  get stats(): CallStats {
    return this.#stats;
  }

  get log(): readonly LogRecord[] {
    return this.#log.records();
  }

  get isPresent(): boolean {
    return PRESENT.has(this.#life.state) || this.#underWay.size > 0;
  }

  /** Takes over what was found of it now. A plugin that is there stays what it is until it is loaded again. */
  offer(found: Found): void {
    // Another content has not failed yet.
    if (found.digest !== this.#offered.digest && !this.isPresent) this.#life = BEGINNING;
    this.#offered = found;
  }

  load(): Promise<void> {
    return this.#shared('load', () => this.#load());
  }

  init(): Promise<void> {
    return this.#shared('init', () => this.#init());
  }

  async execute(
    command: string,
    input: unknown = null,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<Executed> {
    if (this.#running === undefined || this.#underWay.has('init')) await this.init();
    const running = this.#running;
    if (running === undefined) throw this.#notRunning();
    if (this.#life.state === 'registered') this.#advance('active');
    const began = performance.now();
    try {
      const executed = await running.execute(command, input, options);
      this.#measure(command, { ok: true, ...executed });
      return executed;
    } catch (error) {
      const wallUs = Math.round((performance.now() - began) * 1_000);
      const metrics = { us: wallUs, wallUs, memoryBytes: 0 };
      this.#measure(command, { ok: false, metrics });
      throw error;
    }
  }

  dispose(): Promise<void> {
    return this.unload();
  }

  /** @param cause why, when nobody asked for it. */
  unload(cause?: SheafError): Promise<void> {
    // Who asks from now on wants it after it was unloaded.
    this.#underWay.clear();
    return this.#inTurn(() => this.#unload(cause));
  }

  async #load(): Promise<void> {
    if (PRESENT.has(this.#life.state)) return;
    requireReload(this.id, this.#life, this.#host.now());
    this.#found = this.#offered;
    try {
      this.#checked = await this.#host.check(this.#found);
    } catch (error) {
      throw this.#fail(error);
    }
    this.#granted = this.#checked.granted;
    this.#advance('loaded');
  }

  async #init(): Promise<void> {
    await this.#load();
    const checked = this.#checked;
    if (checked === undefined || this.#life.state !== 'loaded') return;
    let running: RunningPlugin;
    try {
      await this.#host.initDependencies(checked);
      running = await this.#host.start(checked, {
        hostCall: (capability, fn, params, signal) => this.#host.call(capability, fn, params, signal),
        log: (level, message) => this.#record('plugin', level, message),
      });
    } catch (error) {
      throw this.#fail(error);
    }
    this.#running = running;
    this.#checked = undefined;
    this.#advance('initialized');
    this.#advance('registered');
    void this.#watch(running);
  }

  async #unload(cause: SheafError | undefined): Promise<void> {
    const running = this.#running;
    this.#forget();
    await running?.dispose();
    if (PRESENT.has(this.#life.state) || this.#life.state === 'failed') this.#advance('unloaded', cause);
  }

  async #watch(running: RunningPlugin): Promise<void> {
    const error = await running.closed;
    if (this.#running !== running) return;
    this.#forget();
    // A caller who gives up ends the process, and that says nothing against the plugin.
    if (error === undefined || error.code === 'SHEAF_INTERRUPTED') this.#advance('unloaded', error);
    else this.#fail(error);
  }

  #advance(to: Parameters<typeof advance>[2], cause?: SheafError): void {
    const from = this.#life.state;
    this.#life = advance(this.id, this.#life, to, this.#host.now());
    this.#tell(from, cause);
  }

  #fail(error: unknown): SheafError {
    const cause = sheafError(error, this.id);
    const from = this.#life.state;
    this.#life = fail(this.#life, cause, this.#host.now());
    this.#forget();
    this.note('error', cause.message);
    this.#tell(from, cause);
    return cause;
  }

  #forget(): void {
    this.#running = undefined;
    this.#checked = undefined;
    this.#granted = [];
  }

  #tell(from: PluginState, cause: SheafError | undefined): void {
    const event = { plugin: this.id, from, to: this.#life.state };
    this.#host.listeners.emit('state', cause === undefined ? event : { ...event, cause });
  }

  /** Adds the host's word to its log. */
  note(level: LogLevel, message: string): void {
    this.#record('host', level, message);
  }

  #record(by: LogRecord['by'], level: LogLevel, message: string): void {
    const text = escapeForTerminal(message, { newlines: true });
    const record = { at: this.#host.now(), plugin: this.id, by, level, message: text };
    this.#log.add(record);
    this.#host.listeners.emit('log', record);
  }

  #measure(command: string, call: { readonly ok: boolean; readonly metrics: Executed['metrics'] }): void {
    const { ok, metrics } = call;
    const budgetUs = this.#found.manifest?.performance.maxQueryTimeUs;
    this.#stats = addCall(this.#stats, { ok, metrics, budgetUs });
    this.#host.listeners.emit('metric', { plugin: this.id, command, ok, metrics });
  }

  #notRunning(): SheafError {
    const { cause, state } = this.#life;
    return new SheafError('SHEAF_STATE', `${this.id} is ${state}.`, {
      hint: 'Load it again.',
      details: { state },
      ...(cause === undefined ? {} : { cause }),
    });
  }

  #shared(what: 'load' | 'init', work: () => Promise<void>): Promise<void> {
    const underWay = this.#underWay.get(what);
    if (underWay !== undefined) return underWay;
    const started = this.#inTurn(work).finally(() => {
      if (this.#underWay.get(what) === started) this.#underWay.delete(what);
    });
    this.#underWay.set(what, started);
    return started;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }
}

function sheafError(error: unknown, plugin: string): SheafError {
  if (error instanceof SheafError) return error;
  return new SheafError('SHEAF_INTERNAL', `${plugin} could not be brought up.`, { cause: error });
}
