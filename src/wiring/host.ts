import { resolve } from 'node:path';
import { SheafError } from '../core/errors.ts';
import { admitsCapability } from '../core/formats/client-policy.ts';
import type { Lockfile } from '../core/formats/lockfile.ts';
import type { Tier } from '../core/formats/manifest.ts';
import { LIMITS } from '../core/limits.ts';
import type { ClientPorts, HeldSet, Reporter } from '../core/ports.ts';
import { DEFAULT_POLICY, type HostPolicy } from '../core/runtime/host-policy.ts';
import { quote } from '../core/text.ts';
import { barredError } from '../core/trust/standing.ts';
import { isVersion, type Version } from '../core/version.ts';
import { type CorePlugin, foundCore, foundInterpreter } from '../host/core-plugin.ts';
import { createHost, type PluginSource } from '../host/host.ts';
import type { Ban } from '../host/load-checks.ts';
import type { HostCapability, PluginHost } from '../host/plugin-host.ts';
import { createRuntime } from '../host/plugin-runtime.ts';
import { findRunner } from '../host/runner-pool.ts';
import { createNamedFiles } from '../io/named-files.ts';
import { createPrograms } from '../io/programs.ts';
import { holdCurrentSet } from '../io/project/held-set.ts';
import { checkStanding } from '../ops/plugins/check-standing.ts';
import { findInFolder, findInstalled, lockOf } from '../ops/plugins/find-plugins.ts';
import { readProject } from '../ops/plugins/project-view.ts';
import { rulesOf } from '../ops/plugins/rules.ts';
import { connectClient } from './client.ts';

/** What an application says about itself when it opens its plugins. Only `project` is needed. */
export interface HostOptions {
  /** Directory whose `.sheaf/` holds the plugins, and whose `sheaf.toml` their configuration. */
  readonly project: string;
  /** Engines that the application is or brings, with their exact versions: `{ parseltongue: '0.4.1' }`. */
  readonly engines?: Readonly<Record<string, string>>;
  /** What plugins may ask the application for, by capability id. */
  readonly capabilities?: Readonly<
    Record<string, Omit<HostCapability, 'id' | 'tiers'> & { readonly tiers?: readonly Tier[] }>
  >;
  /** What is admitted; what is left out has a careful default. */
  readonly policy?: Partial<Omit<HostPolicy, 'minimumIsolation'>> & {
    readonly minimumIsolation?: Partial<HostPolicy['minimumIsolation']>;
  };
  /** Plugins that are objects of the application. */
  readonly core?: readonly CorePlugin[];
  /** Language to the name of the plugin that executes it, where several can. */
  readonly executors?: Readonly<Record<string, string>>;
  /** Blank processes kept ready, so that a first call is fast; 2 when absent. */
  readonly warmRunners?: number;
  /** Milliseconds between two looks at what must not run any more; 5 minutes when absent. */
  readonly banCheckTime?: number;
  /** Hears of warnings; nobody when absent. */
  readonly reporter?: Reporter;
  /** Environment variables; those of this process when absent. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const ALL_TIERS: readonly Tier[] = ['wasm', 'native', 'core'];
const SILENT: Reporter = { note: () => {}, warn: () => {}, transfer: () => {} };

/**
 * Opens the plugins that are installed in a project. Nothing of them runs before it is asked for; the network is
 * never used. Close the host when it is not needed any more.
 *
 * @throws SheafError `SHEAF_USAGE` for options that make no sense; `SHEAF_LOCK_INVALID`, `SHEAF_INVALID_FILE`,
 *   `SHEAF_PERMISSION`, `SHEAF_NO_HOME`; `SHEAF_TOOL` for an installation of sheaf that is not whole.
 */
export function openHost(options: HostOptions): Promise<PluginHost> {
  const ports = connectClient({
    project: options.project,
    global: false,
    offline: true,
    environment: options.environment ?? process.env,
    prompt: { confirm: () => Promise.resolve(false) },
    reporter: options.reporter ?? SILENT,
  });
  return connectHost(ports, options);
}

/** The same over the ports of a client. @param runner the directory of the built runner, where it is not beside this. */
export async function connectHost(
  ports: ClientPorts,
  options: Omit<HostOptions, 'project' | 'reporter'>,
  runner: string = findRunner(),
): Promise<PluginHost> {
  const { environment = process.env, warmRunners } = options;
  const engines = enginesOf(options.engines ?? {});
  const rules = await rulesOf(ports, await readProject(ports));
  const wished = policyOf(options.policy ?? {});
  const policy = { ...wished, tiers: wished.tiers.filter((tier) => rules.policy.tiers.includes(tier)) };
  return createHost({
    source: createSource(ports, environment),
    runtime: createRuntime({
      policy,
      runner,
      environment,
      ...(warmRunners === undefined ? {} : { warmRunners }),
    }),
    own: { first: (options.core ?? []).map(foundCore), last: [foundInterpreter()] },
    policy,
    capabilities: Object.entries(options.capabilities ?? {}).map(([id, capability]) => ({
      tiers: ALL_TIERS,
      ...capability,
      id,
    })),
    admits: (id) => admitsCapability(rules.policy, id),
    engines: { ...rules.engines, ...engines },
    executors: options.executors ?? {},
    now: () => ports.clock.now(),
    banCheckTime: options.banCheckTime ?? LIMITS.banCheckTime,
  });
}

function policyOf({ minimumIsolation, ...wished }: NonNullable<HostOptions['policy']>): HostPolicy {
  return {
    ...DEFAULT_POLICY,
    ...wished,
    minimumIsolation: { ...DEFAULT_POLICY.minimumIsolation, ...minimumIsolation },
  };
}

function enginesOf(stated: Readonly<Record<string, string>>): Readonly<Record<string, Version>> {
  for (const [engine, version] of Object.entries(stated)) {
    if (isVersion(version)) continue;
    throw new SheafError(
      'SHEAF_USAGE',
      `The engine ${quote(engine)} has ${quote(version)}, which is no version.`,
      {
        hint: 'Write the exact version that is there, such as "1.70.0".',
      },
    );
  }
  return stated as Readonly<Record<string, Version>>;
}

/** Every set that plugins were found in stays on disk: those that run may still read from it. */
function createSource(
  ports: ClientPorts,
  environment: NonNullable<HostOptions['environment']>,
): PluginSource {
  const programs = createPrograms(environment);
  const held: { readonly set: HeldSet; readonly lock: Lockfile }[] = [];
  return {
    async find() {
      const set = await holdCurrentSet(ports.project.directory);
      if (set === undefined) return [];
      const same = held.find((one) => one.set.number === set.number);
      if (same === undefined) held.push({ set, lock: lockOf(set) });
      else await set.release();
      return findInstalled(ports, same?.set ?? set);
    },
    findInFolder: (directory) => findInFolder({ ...ports, files: createNamedFiles() }, resolve(directory)),
    async bans() {
      const barred = await Promise.all(held.map(({ lock }) => checkStanding(ports, lock)));
      return barred.flat().flatMap(({ bars, ...plugin }): readonly Ban[] => {
        const [bar] = bars;
        return bar === undefined ? [] : [{ ...plugin, cause: barredError(plugin, bar) }];
      });
    },
    findProgram: (name) => programs.find(name),
    close: async () => {
      await Promise.all(held.splice(0).map(({ set }) => set.release()));
    },
  };
}
