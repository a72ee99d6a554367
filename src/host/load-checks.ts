import { SheafError } from '../core/errors.ts';
import type { Manifest } from '../core/formats/manifest.ts';
import { ANY_PLATFORM } from '../core/platform.ts';
import { misfitOf } from '../core/resolution/host-fit.ts';
import type { FoundPlugin } from '../core/runtime/found-plugin.ts';
import { type OfferedCapability, requireGrants } from '../core/runtime/grants.ts';
import { type AvailableIsolation, type HostPolicy, requireIsolation } from '../core/runtime/host-policy.ts';
import { prepareWasm } from '../core/runtime/prepare-wasm.ts';
import { quote } from '../core/text.ts';
import type { Version } from '../core/version.ts';
import { type CoreCode, HOST } from './core-plugin.ts';
import type { CheckedPlugin } from './plugin-runtime.ts';

/** A release that must not run, and the refusal that says why. */
export interface Ban extends Pick<FoundPlugin, 'name' | 'version' | 'registry'> {
  readonly cause: SheafError;
}

/** Whether a ban is about this plugin: another version, or one of the same name from elsewhere, is not meant. */
export function concerns(ban: Ban, { name, version, registry }: Omit<Ban, 'cause'>): boolean {
  return ban.name === name && ban.version === version && ban.registry === registry;
}

/** What a plugin is judged by before it is started. */
export interface LoadRules {
  readonly policy: HostPolicy;
  /** Whether the policies of user, machine and project admit a capability. */
  readonly admits: (capability: string) => boolean;
  readonly offered: readonly OfferedCapability[];
  readonly engines: Readonly<Record<string, Version>>;
  /** What must not run, as this machine knows it now. */
  readonly bans: () => Promise<readonly Ban[]>;
  /** Loads what a plugin needs. */
  readonly loadDependencies: (manifest: Manifest) => Promise<void>;
  /** Path of a program; undefined when it is not there. */
  readonly findProgram: (name: string) => Promise<string | undefined>;
  readonly isolation: () => Promise<AvailableIsolation>;
}

/**
 * Everything that must hold before a plugin is started, in this order: digests and signature of what lies there,
 * manifest, granted tier, bans, engines, plugins that it needs (which are loaded first), programs, capabilities,
 * isolation, the form of its module, configuration.
 *
 * @throws SheafError the first that does not hold: as `FoundPlugin.code`; `SHEAF_POLICY`, `SHEAF_REVOKED`,
 *   `SHEAF_ENGINE`, those of the plugins that it needs, `SHEAF_REQUIREMENT`, `SHEAF_CAPABILITY_DENIED`,
 *   `SHEAF_ISOLATION`, `SHEAF_ABI`, `SHEAF_CAPABILITY_UNDECLARED`, `SHEAF_MEMORY`, `SHEAF_INVALID_FILE`.
 */
export async function checkPlugin(
  found: FoundPlugin | FoundPlugin<CoreCode>,
  rules: LoadRules,
): Promise<CheckedPlugin> {
  const code = await found.code();
  const { name, tier, manifest } = found;
  if (manifest === undefined) throw new SheafError('SHEAF_MODIFIED', `The manifest of ${name} is missing.`);
  requireTier(found, manifest, rules.policy);
  const ban = (await rules.bans()).find((one) => concerns(one, found));
  if (ban !== undefined) throw ban.cause;
  requireEngines(manifest, rules.engines);
  await rules.loadDependencies(manifest);
  const programs = await requirePrograms(manifest, rules);
  const granted = requireGrants({
    plugin: name,
    requested: manifest.security.capabilities,
    tier,
    offered: rules.offered,
    admits: (id) => rules.admits(id) && rules.policy.capabilities?.includes(id) !== false,
    pinned: found.pinned,
  });
  if (tier !== 'core') requireIsolation(manifest, tier, rules.policy, await rules.isolation());
  if (code.kind === 'wasm') prepareWasm(code.code, manifest);
  return { manifest, tier, code, granted, programs, config: await found.config() };
}

/** The tier is what the registry granted: more than a manifest asks for it never is, and less does not suffice. */
function requireTier(
  { name, tier, registry, verified }: Pick<FoundPlugin, 'name' | 'tier' | 'registry' | 'verified'>,
  manifest: Manifest,
  policy: HostPolicy,
): void {
  if (registry === HOST) return;
  if (tier === 'core') {
    throw new SheafError('SHEAF_POLICY', `${name} is of the tier core, which is never loaded from files.`, {
      hint: 'Register it in the code of the host.',
    });
  }
  if (manifest.security.tier !== tier) {
    const asked = manifest.security.tier;
    throw new SheafError('SHEAF_POLICY', `${name} is made for the tier ${asked}, and was granted ${tier}.`);
  }
  if (!policy.tiers.includes(tier)) {
    throw new SheafError(
      'SHEAF_POLICY',
      `This host loads no plugins of the tier ${tier}, and ${name} is one.`,
      {
        hint: `To admit them: policy: { tiers: [… , '${tier}'] }.`,
      },
    );
  }
  if (verified || policy.unverified) return;
  throw new SheafError('SHEAF_POLICY', `${name} is unverified: no registry signed it.`, {
    hint: 'To admit plugins of this machine: policy: { unverified: true }.',
  });
}

/** @throws SheafError `SHEAF_ENGINE` when an engine that is present does not suit a plugin. */
export function requireEngines({ name, version, engines }: Manifest, present: LoadRules['engines']): void {
  const misfit = misfitOf(
    { engines, platforms: [ANY_PLATFORM] },
    { engines: present, platform: ANY_PLATFORM },
  );
  if (misfit === undefined) return;
  const { demand } = misfit;
  throw new SheafError(
    'SHEAF_ENGINE',
    `${name} ${version} needs ${misfit.name} ${demand} where ${misfit.present} is present.`,
    { details: { engine: misfit.name, demand, present: misfit.present } },
  );
}

/** Only whether they are there: a program tells its version in a way of its own, and running it is not loading. */
async function requirePrograms(
  { name, requires }: Manifest,
  { findProgram }: LoadRules,
): Promise<ReadonlyMap<string, string>> {
  const programs = new Map<string, string>();
  const missing: string[] = [];
  for (const program of Object.keys(requires)) {
    const path = await findProgram(program);
    if (path === undefined) missing.push(program);
    else programs.set(program, path);
  }
  if (missing.length === 0) return programs;
  const names = missing.map((program) => quote(program)).join(', ');
  throw new SheafError('SHEAF_REQUIREMENT', `${name} needs ${names}, which PATH does not lead to.`, {
    hint: 'Install what is missing.',
    details: { programs: missing },
  });
}
