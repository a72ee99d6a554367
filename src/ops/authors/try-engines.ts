import { CaseHost } from '../../core/authoring/judge-answer.ts';
import type { PluginStarter } from '../../core/authoring/ports.ts';
import { SheafError } from '../../core/errors.ts';
import type { EngineTrial } from '../../core/formats/audit-file.ts';
import { type PlannedTrial, plannedTrials } from '../../core/measuring/engine-trials.ts';
import type { PluginCode } from '../../core/runtime/found-plugin.ts';
import type { AuthorPlugin } from './author-plugin.ts';
import { withPlugin } from './open-plugin.ts';
import { type TestPorts, testCases } from './test-plugin.ts';

/** A trial, and why it failed. */
export interface TriedEngine extends EngineTrial {
  readonly fault?: string;
}

/**
 * {@link tryEngines} for the folder of an author, where no registry says which engines it supports: all versions that
 * the manifest admits.
 *
 * @param path a folder or an artifact.
 * @throws SheafError as {@link testPlugin}.
 */
export async function tryAuthorEngines(ports: TestPorts, path: string): Promise<readonly TriedEngine[]> {
  return withPlugin(ports, path, ({ plugin, code }) => {
    const { engines } = plugin.manifest;
    const supported = Object.entries(engines).map(
      ([engine, range]) => [engine, { supported: range }] as const,
    );
    const planned = plannedTrials({ engines }, { engines: Object.fromEntries(supported) });
    return tryEngines(ports.starter, plugin, code, planned);
  });
}

/**
 * Loads a plugin in hosts that state these engines, one after the other, and runs its own tests in each.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for cases with faults.
 */
export async function tryEngines(
  starter: PluginStarter,
  plugin: AuthorPlugin,
  code: PluginCode,
  planned: readonly PlannedTrial[],
): Promise<readonly TriedEngine[]> {
  const trials: TriedEngine[] = [];
  for (const { engine, version } of planned) {
    const host: PluginStarter = {
      ...starter,
      start: (start) => starter.start({ ...start, engines: { [engine]: version } }),
    };
    trials.push({ engine, version, ...(await tryOnce(host, plugin, code)) });
  }
  return trials;
}

async function tryOnce(
  host: PluginStarter,
  plugin: AuthorPlugin,
  code: PluginCode,
): Promise<Omit<TriedEngine, 'engine' | 'version'>> {
  const fault = await whyNotLoaded(host, plugin, code);
  if (fault !== undefined) return { loads: false, tests: 'none', fault };
  const { results } = await testCases(host, plugin, code);
  const failed = results.find(({ passed }) => !passed);
  if (failed === undefined) return { loads: true, tests: results.length === 0 ? 'none' : 'passed' };
  return { loads: true, tests: 'failed', fault: `${failed.name}: ${failed.fault ?? 'it failed'}` };
}

async function whyNotLoaded(
  host: PluginStarter,
  { manifest }: AuthorPlugin,
  code: PluginCode,
): Promise<string | undefined> {
  try {
    const granted = manifest.security.capabilities.map(({ id }) => id);
    const started = await host.start({ manifest, code, granted, answer: new CaseHost().answer });
    await started.dispose();
    return undefined;
  } catch (error) {
    if (error instanceof SheafError) return error.message;
    throw error;
  }
}
