import type { Sha256 } from '../digest.ts';
import { readDocument } from '../documents/file-reading.ts';
import { parseLocalToml } from '../documents/local-toml.ts';
import { removeTomlValue, setTomlValue, tomlString } from '../documents/toml-edit.ts';
import { type Engines, enginesOf } from '../engines.ts';
import type { Reading } from '../finding.ts';
import { validate as validateConfig } from '../validators/config.generated.js';
import { type ClientPolicy, type PolicyTable, policyOf } from './client-policy.ts';
import { type Routes, type RoutesTable, routesOf } from './routes.ts';

/** What a user has decided: `config.toml`. */
export interface Config {
  /** In the order in which a plugin without a registry is looked up. */
  readonly registries: readonly ConfiguredRegistry[];
  readonly engines: Engines;
  readonly policy: ClientPolicy;
  readonly routes: Routes;
}

/** A registry that the user trusts. */
export interface ConfiguredRegistry {
  /** The user's own short name: `alias/graph-lens` on the command line. */
  readonly alias: string;
  readonly id: string;
  /** In the order in which they are tried. */
  readonly urls: readonly string[];
  /** Root id: the digest of `root/1.signers`. */
  readonly root: Sha256;
  /**
   * The later root of its chain that the user pinned. Whoever has only the keys of earlier roots, which were given
   * up since, can fake a chain from the same first root, but not one that has this one in it.
   */
  readonly pin?: Sha256;
}

/** Reads config.toml. */
export function readConfig(bytes: Uint8Array, file: string): Reading<Config> {
  return readDocument(parseLocalToml(bytes, file), validateConfig, ({ value }, report) => {
    const table = value as unknown as ConfigTable;
    return {
      registries: Object.entries(table.registries ?? {}).map(([alias, { id, url, root, pin }]) => ({
        alias,
        id,
        urls: typeof url === 'string' ? [url] : url,
        root: root.slice('sha256:'.length) as Sha256,
        ...(pin === undefined ? {} : { pin: pin.slice('sha256:'.length) as Sha256 }),
      })),
      engines: enginesOf(table.engines ?? {}, report),
      policy: policyOf(table.policy ?? {}),
      routes: routesOf(table.routes ?? {}),
    };
  });
}

/** The text of config.toml with a registry added behind the others, or replaced under its alias. */
export function addRegistry(text: string, registry: ConfiguredRegistry): string {
  const path = ['registries', registry.alias];
  const values = {
    id: tomlString(registry.id),
    url: `[${registry.urls.map(tomlString).join(', ')}]`,
    root: tomlString(`sha256:${registry.root}`),
    ...(registry.pin === undefined ? {} : { pin: tomlString(`sha256:${registry.pin}`) }),
  };
  return Object.entries(values).reduce(
    (edited, [key, source]) => setTomlValue(edited, [...path, key], source),
    text,
  );
}

/** The text without the registry of that alias. */
export function removeRegistry(text: string, alias: string): string {
  return removeTomlValue(text, ['registries', alias]);
}

/** The checked tables of the file. */
interface ConfigTable {
  readonly registries?: Readonly<
    Record<
      string,
      {
        readonly id: string;
        readonly url: string | readonly string[];
        readonly root: string;
        readonly pin?: string;
      }
    >
  >;
  readonly engines?: Readonly<Record<string, string>>;
  readonly policy?: PolicyTable;
  readonly routes?: RoutesTable;
}
