import { SheafError } from '../../core/errors.ts';
import { valueOf } from '../../core/finding.ts';
import { type ClientPolicy, stricterPolicy } from '../../core/formats/client-policy.ts';
import { readConfig } from '../../core/formats/config-file.ts';
import { readMachinePolicy } from '../../core/formats/machine-policy.ts';
import { routeOf } from '../../core/formats/routes.ts';
import type { PluginName } from '../../core/plugin-name.ts';
import type { ClientPorts } from '../../core/ports.ts';
import type { Version } from '../../core/version.ts';
import type { ProjectView } from './project-view.ts';

/** What a host and its people admit. */
export interface Rules {
  readonly engines: Readonly<Record<string, Version>>;
  readonly policy: ClientPolicy;
  /** The only registries, by id and in order, in which a name is looked up; undefined for any. */
  readonly route: (name: PluginName) => readonly string[] | undefined;
}

/**
 * The rules of the machine, of the user and of a project together. Each can only tighten those before it.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`; as `UserFiles.readMachinePolicies`.
 */
export async function rulesOf(
  { user }: Pick<ClientPorts, 'user'>,
  view?: Pick<ProjectView, 'file'>,
): Promise<Rules> {
  const policies = await user.readMachinePolicies();
  const machine = policies.map(({ path, bytes }) => valueOf(readMachinePolicy(bytes, path)));
  const config = valueOf(readConfig((await user.readConfig()) ?? new Uint8Array(), user.configPath));
  const sources = [...machine, config, ...(view === undefined ? [] : [view.file])];
  const routes = sources.map((source) => source.routes);
  return {
    engines: { ...config.engines, ...view?.file.engines },
    policy: sources.map((source) => source.policy).reduce(stricterPolicy),
    route: (name) => routeOf(routes, name),
  };
}

/**
 * The registries in which a name is looked up, in order: those of its route, or all that are configured.
 *
 * @throws SheafError `SHEAF_UNKNOWN_REGISTRY` when a route leads to one that is not configured: to go on without it
 *   could find somebody else's plugin under the name. `SHEAF_POLICY` when the routes of several files exclude each
 *   other.
 */
export function lookupOrder<T extends { readonly id: string }>(
  name: PluginName,
  registries: readonly T[],
  route: Rules['route'],
): readonly T[] {
  const ids = route(name);
  if (ids === undefined) return registries;
  if (ids.length === 0) {
    throw new SheafError('SHEAF_POLICY', `The routes for ${name} leave no registry in which to look it up.`, {
      hint: 'Those of sheaf.toml can only narrow down those of config.toml; change the one or the other.',
    });
  }
  return ids.map((id) => {
    const registry = registries.find((one) => one.id === id);
    if (registry !== undefined) return registry;
    throw new SheafError(
      'SHEAF_UNKNOWN_REGISTRY',
      `${name} is routed to registry ${id}, which is not configured.`,
      { hint: 'Add it with: sheaf registry add URL.' },
    );
  });
}
