import { isPluginName, type PluginName } from '../plugin-name.ts';
import { isVersion, type Version } from '../version.ts';

/** What a path of the JSON API asks for. */
export type ApiRoute =
  | { readonly kind: 'plugins' | 'categories' | 'advisories' | 'stats' | 'openapi' | 'schema' }
  | { readonly kind: 'plugin' | 'versions'; readonly name: PluginName }
  | { readonly kind: 'version'; readonly name: PluginName; readonly version: Version }
  /** Without a version, the newest that is not withdrawn. */
  | { readonly kind: 'download'; readonly name: PluginName; readonly version?: Version };

const FIXED: Readonly<Record<string, ApiRoute>> = {
  'openapi.json': { kind: 'openapi' },
  'v1/openapi.json': { kind: 'openapi' },
  'v1/api.schema.json': { kind: 'schema' },
  'v1/plugins': { kind: 'plugins' },
  'v1/categories': { kind: 'categories' },
  'v1/advisories': { kind: 'advisories' },
  'v1/stats': { kind: 'stats' },
};

/**
 * Reads a path without its first slash; undefined when the API has nothing there. The names under which a static
 * host keeps the same answers (`v1/plugins/index.json`) mean the same here.
 */
export function readApiRoute(path: string): ApiRoute | undefined {
  const plain = path.replace(/\/(index\.json)?$/, '');
  if (Object.hasOwn(FIXED, plain)) return FIXED[plain];
  const [v1, plugins, name, ...rest] = plain.split('/');
  if (v1 !== 'v1' || plugins !== 'plugins' || !isPluginName(name)) return undefined;
  const [first, second, third, ...more] = rest;
  if (first === undefined) return { kind: 'plugin', name };
  if (first === 'download' && second === undefined) return { kind: 'download', name };
  if (first !== 'versions' || more.length > 0) return undefined;
  if (second === undefined) return { kind: 'versions', name };
  if (!isVersion(second)) return undefined;
  if (third === undefined) return { kind: 'version', name, version: second };
  return third === 'download' ? { kind: 'download', name, version: second } : undefined;
}

/** The path of a download, without its first slash. */
export function downloadPath(name: PluginName, version: Version): string {
  return `v1/plugins/${name}/versions/${version}/download`;
}
