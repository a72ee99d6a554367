import { type JsonContext, jsonFault, parseJson } from '../documents/strict-json.ts';

/**
 * The repository, `owner/name`, that a release file of a forge belongs to:
 * `https://github.com/acme/lens/releases/download/v1.0.0/lens.wasm` is one of `acme/lens`.
 *
 * @param prefix what addresses of the forge begin with.
 */
export function repositoryOf(url: string, prefix: string): string | undefined {
  if (!url.startsWith(prefix)) return undefined;
  const [owner = '', name = '', releases, download, ...file] = url.slice(prefix.length).split('/');
  const isRelease = releases === 'releases' && download === 'download' && file.length === 2;
  return isRelease && [owner, name].every(isPlain) ? `${owner}/${name}` : undefined;
}

/**
 * The counters in one page of a list of releases, by the address of the file (GitHub REST API, "List releases":
 * `assets[].browser_download_url` and `assets[].download_count`). What else the forge tells is not looked at.
 *
 * @throws SheafError `SHEAF_INVALID_FILE`.
 */
export function readReleasePage(bytes: Uint8Array, host: string): ReadonlyMap<string, number> {
  const context: JsonContext = { what: `The list of releases of ${host}`, code: 'SHEAF_INVALID_FILE' };
  const counts = new Map<string, number>();
  for (const release of listOf(parseJson(bytes, context), context)) {
    for (const asset of listOf(fieldOf(release, 'assets'), context)) {
      const [url, count] = [fieldOf(asset, 'browser_download_url'), fieldOf(asset, 'download_count')];
      if (typeof url !== 'string' || !Number.isSafeInteger(count) || Number(count) < 0) {
        throw jsonFault(context, 'has a file without an address or a count');
      }
      counts.set(url, Number(count));
    }
  }
  return counts;
}

/** The address of the next page in a `Link` header (RFC 8288), or undefined on the last one. */
export function nextPageOf(link: string | undefined): string | undefined {
  for (const part of (link ?? '').split(',')) {
    const [, url, parameters = ''] = /^\s*<([^>]*)>(.*)$/.exec(part) ?? [];
    if (url !== undefined && /;\s*rel="?next"?\s*(;|$)/.test(parameters)) return url;
  }
  return undefined;
}

/** Nothing that would change the path or the query of an address that it is put into. */
function isPlain(part: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(part) && part !== '.' && part !== '..';
}

function listOf(value: unknown, context: JsonContext): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw jsonFault(context, 'has something else where a list belongs');
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
