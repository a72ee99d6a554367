import { answerFault, CaseHost, type Given } from '../../core/authoring/judge-answer.ts';
import type { PluginStarter, StartedPlugin } from '../../core/authoring/ports.ts';
import { invalidFile, SheafError } from '../../core/errors.ts';
import type { PluginCase } from '../../core/formats/plugin-case.ts';
import { LIMITS } from '../../core/limits.ts';
import type { PluginCode } from '../../core/runtime/found-plugin.ts';
import type { Isolation } from '../../core/runtime/isolation.ts';
import type { AuthorPlugin } from './author-plugin.ts';
import { CONFORMANCE, type ConformanceWorld } from './conformance.ts';
import { type OpenPorts, withPlugin } from './open-plugin.ts';
import { readSuite } from './read-suite.ts';

/** How one test went. */
export interface TestResult {
  /** Whether it is one of the author's cases, or one that every plugin has to pass. */
  readonly kind: 'case' | 'conformance';
  readonly name: string;
  readonly passed: boolean;
  /** Why it did not. */
  readonly fault?: string;
  /** Microseconds inside the plugin, and its memory in bytes, where a call was made. */
  readonly us?: number;
  readonly memoryBytes?: number;
}

/** How all tests of a plugin went. */
export interface TestedPlugin {
  readonly name: string;
  readonly version: string;
  /** How well this machine kept the plugin apart; undefined when no call succeeded. */
  readonly isolation?: Isolation;
  readonly results: readonly TestResult[];
  readonly passed: boolean;
}

/** The ports that testing needs. */
export interface TestPorts extends OpenPorts {
  readonly starter: PluginStarter;
}

/**
 * Runs a plugin's own cases in the sandbox that its users have, then what every plugin has to stand.
 *
 * @param path a folder or an artifact.
 * @throws SheafError `SHEAF_PATH` when it has not been built, `SHEAF_INVALID_FILE` for cases with faults.
 */
export async function testPlugin(ports: TestPorts, path: string): Promise<TestedPlugin> {
  return withPlugin(ports, path, ({ plugin, code }) => testBuilt(ports.starter, plugin, code));
}

/**
 * {@link testPlugin} for one that is there already.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for cases with faults.
 */
export async function testBuilt(
  starter: PluginStarter,
  plugin: AuthorPlugin,
  code: PluginCode,
): Promise<TestedPlugin> {
  const { manifest } = patient(plugin);
  const { results, isolation } = await testCases(starter, plugin, code);
  const world: ConformanceWorld = { starter, manifest, code, cases: readSuite(plugin, 'tests').value };
  const all = [...results];
  for (const { name, check } of CONFORMANCE) {
    const fault = await faultOf(() => check(world));
    all.push({
      kind: 'conformance',
      name,
      passed: fault === undefined,
      ...(fault === undefined ? {} : { fault }),
    });
  }
  return {
    name: manifest.name,
    version: manifest.version,
    ...(isolation === undefined ? {} : { isolation }),
    results: all,
    passed: all.every(({ passed }) => passed),
  };
}

/**
 * Runs a plugin's own cases, and nothing else.
 *
 * @throws SheafError `SHEAF_INVALID_FILE` for cases with faults.
 */
export async function testCases(
  starter: PluginStarter,
  plugin: AuthorPlugin,
  code: PluginCode,
): Promise<Pick<TestedPlugin, 'results' | 'isolation'>> {
  const cases = readSuite(plugin, 'tests');
  if (cases.findings.length > 0) throw invalidFile(cases.findings);
  const session = new TestSession(starter, patient(plugin), code);
  const results: TestResult[] = [];
  try {
    for (const one of cases.value) results.push(await session.runCase(one));
  } finally {
    await session.end();
  }
  return { results, ...(session.isolation === undefined ? {} : { isolation: session.isolation }) };
}

/**
 * The plugin with a time limit that a machine can keep to while it compiles something else: what calls take is for
 * `sheaf bench` to judge.
 */
function patient(plugin: AuthorPlugin): AuthorPlugin {
  const { performance } = plugin.manifest;
  const maxQueryTimeUs = Math.max(performance.maxQueryTimeUs ?? 0, LIMITS.testBudgetUs);
  return { ...plugin, manifest: { ...plugin.manifest, performance: { ...performance, maxQueryTimeUs } } };
}

async function faultOf(check: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof SheafError) return error.message;
    throw error;
  }
}

/** One process for all cases, as a host keeps it; a case that costs the plugin its life is followed by a new one. */
class TestSession {
  readonly #starter: PluginStarter;
  readonly #plugin: AuthorPlugin;
  readonly #code: PluginCode;
  readonly #host = new CaseHost();
  #started: StartedPlugin | undefined;
  isolation: Isolation | undefined;

  constructor(starter: PluginStarter, plugin: AuthorPlugin, code: PluginCode) {
    this.#starter = starter;
    this.#plugin = plugin;
    this.#code = code;
  }

  async runCase(one: PluginCase): Promise<TestResult> {
    const base = { kind: 'case', name: one.name } as const;
    this.#host.serve(one);
    try {
      const { output, metrics, isolation } = await (await this.#start()).execute(one.command, one.input);
      this.isolation = isolation;
      const { us, memoryBytes } = metrics;
      return { ...base, ...verdict(one, { kind: 'value', value: output }), us, memoryBytes };
    } catch (error) {
      if (!(error instanceof SheafError)) throw error;
      const given = ownError(error);
      if (given !== undefined) return { ...base, ...verdict(one, given) };
      await this.end();
      return { ...base, passed: false, fault: error.message };
    }
  }

  async end(): Promise<void> {
    const started = this.#started;
    this.#started = undefined;
    await started?.dispose();
  }

  async #start(): Promise<StartedPlugin> {
    this.#started ??= await this.#starter.start({
      manifest: this.#plugin.manifest,
      code: this.#code,
      granted: this.#plugin.manifest.security.capabilities.map(({ id }) => id),
      answer: this.#host.answer,
    });
    return this.#started;
  }
}

/** An error that the plugin answered; undefined for what ended it. */
function ownError(error: SheafError): Given | undefined {
  if (error.code !== 'SHEAF_PLUGIN') return undefined;
  const { code, message } = error.details;
  return {
    kind: 'error',
    code: String(code),
    message: typeof message === 'string' ? message : error.message,
  };
}

function verdict(one: PluginCase, given: Given): { readonly passed: boolean; readonly fault?: string } {
  const fault = answerFault(one.expectation, given);
  return fault === undefined ? { passed: true } : { passed: false, fault };
}
