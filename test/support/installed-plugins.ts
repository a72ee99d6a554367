import { expect } from 'vitest';
import { SheafError } from '../../src/core/errors.ts';
import type { Manifest } from '../../src/core/formats/manifest.ts';
import type { StateEvent } from '../../src/host/host-events.ts';
import type { PluginHost } from '../../src/host/plugin-host.ts';
import type { SimulatedRelease } from '../../src/testkit/index.ts';
import { type UserOfRegistry, userOfRegistry } from './registry-on-loopback.ts';
import { specimen } from './runner-world.ts';

const ECHO = { body: '(i64.const 8)', data: '{"ok":1}' };
const QUERY = '(import "query" "run" (func $ask (param i32 i32) (result i64)))';
/** A module that asks the capability `query` what it was asked itself. */
export const asking = () =>
  specimen({ imports: QUERY, body: '(call $ask (local.get $at) (local.get $length))' });

/** What is special about a release; its module answers 1 otherwise. */
export interface Release extends Partial<SimulatedRelease> {
  readonly security?: Partial<Manifest['security']>;
}

/** A release of a plugin that really runs. */
export async function release(name: string, { security, ...more }: Release = {}): Promise<SimulatedRelease> {
  const base: SimulatedRelease = { name, version: '1.0.0', ...more };
  const capabilities = (more.capabilities ?? []).map((id) => ({ id, optional: false }));
  const manifest = {
    security: { tier: 'wasm', capabilities, sandboxRequired: false, level: 'standard', ...security },
    ...more.manifest,
  } satisfies Partial<Manifest>;
  const module = more.files === undefined ? { module: more.module ?? (await specimen(ECHO)) } : {};
  return { ...base, ...module, manifest };
}

/** A user who has installed these releases. */
export async function userWith(...releases: readonly SimulatedRelease[]): Promise<UserOfRegistry> {
  const user = await userOfRegistry(releases, { now: Math.floor(Date.now() / 1000 - 3600) * 1000 });
  await user.does('install', ...releases.map(({ name }) => name), '--accept-capabilities');
  return user;
}

/** How something was refused. */
export const refusalOf = async (work: Promise<unknown>): Promise<SheafError> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SheafError);
  return error as SheafError;
};

/** Every step from now on. */
export const statesOf = (host: PluginHost): StateEvent[] => {
  const seen: StateEvent[] = [];
  host.on('state', (event) => seen.push(event));
  return seen;
};

/** The next step into a state. */
export const nextState = (host: PluginHost, to: StateEvent['to']): Promise<StateEvent> =>
  new Promise((resolve) => {
    const end = host.on('state', (event) => {
      if (event.to !== to) return;
      end();
      resolve(event);
    });
  });

/** The capability that {@link asking} asks. */
export const QUERIES = {
  risk: 'low',
  description: 'Ask for nodes of the graph',
  functions: {
    run: (params: unknown, { plugin }: { readonly plugin: string }) => ({ asked: params, by: plugin }),
  },
} as const;

/** The manifest of somebody who works on a plugin. */
export function manifestToml(name: string, capabilities: readonly string[]): string {
  return `
    [plugin]
    name = "${name}"
    version = "0.1.0"
    description = "A plugin that somebody works on"
    author = "Test"
    license = "MIT"
    repository = "https://git.example.org/test/${name}"
    [compatibility]
    [performance]
    [security]
    tier = "wasm"
    capabilities = [${capabilities.map((id) => `"${id}"`).join(', ')}]
    [provides]
    commands = ["run"]
  `;
}
