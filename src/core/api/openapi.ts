import { PLATFORMS } from '../platform.ts';
import { API_LIMIT, API_MOST, API_SORTS } from './list-query.ts';

/** The description of the JSON API (OpenAPI 3.1); the forms of the answers are those of `api.schema.json` beside it. */
export function openApiDocument(registry: string, version: string): Readonly<Record<string, unknown>> {
  const name = inPath('name', 'Name of a plugin.');
  const wanted = inPath('version', 'Version of it.');
  const platform = inQuery('platform', 'What the file must run on; told from the User-Agent when absent.', {
    enum: PLATFORMS,
  });
  return {
    openapi: '3.1.0',
    info: {
      title: `Plugins of ${registry}`,
      version,
      description:
        'Everything is read from a signed index, object by object by digest. Clients that verify signatures read the index itself: latest, root/, checkpoints/ and o/.',
    },
    servers: [{ url: '/v1' }],
    paths: {
      '/plugins': get('Search plugins', 'pluginPage', [
        inQuery('q', 'Words; everything when absent.', { type: 'string' }),
        inQuery('category', 'Category; may repeat.', { type: 'string' }),
        inQuery('tag', 'Keyword; may repeat.', { type: 'string' }),
        inQuery('author', 'Author; may repeat.', { type: 'string' }),
        inQuery('sort', 'Order.', { enum: API_SORTS, default: 'relevance' }),
        inQuery('page', 'From 1.', { type: 'integer', minimum: 1, default: 1 }),
        inQuery('limit', 'Plugins on a page.', {
          type: 'integer',
          minimum: 1,
          maximum: API_MOST,
          default: API_LIMIT,
        }),
      ]),
      '/plugins/{name}': get('Show a plugin', 'plugin', [name]),
      '/plugins/{name}/versions': get('List the versions of a plugin', 'versionList', [name]),
      '/plugins/{name}/versions/{version}': get('Show a release', 'version', [name, wanted]),
      '/plugins/{name}/download': download('Download the newest release', [name, platform]),
      '/plugins/{name}/versions/{version}/download': download('Download a release', [name, wanted, platform]),
      '/categories': get('List the categories', 'categories', []),
      '/advisories': get('List the security advisories', 'advisories', []),
      '/stats': get('Tell the state of the registry', 'stats', []),
    },
  };
}

type Part = Readonly<Record<string, unknown>>;

function get(summary: string, schema: string, parameters: readonly Part[]): Part {
  return { get: { summary, parameters, responses: { 200: json('The answer.', schema), ...REFUSALS } } };
}

function download(summary: string, parameters: readonly Part[]): Part {
  const file = { description: 'The file.', content: { 'application/octet-stream': {} } };
  const elsewhere = { description: 'The file is not mirrored; it is where its author published it.' };
  return { get: { summary, parameters, responses: { 200: file, 302: elsewhere, ...REFUSALS } } };
}

function json(description: string, schema: string): Part {
  return {
    description,
    content: { 'application/json': { schema: { $ref: `api.schema.json#/$defs/${schema}` } } },
  };
}

const REFUSALS: Part = {
  400: json('The question was not understood.', 'error'),
  404: json('There is no such thing.', 'error'),
  410: json('The release is quarantined or revoked.', 'error'),
};

function inPath(name: string, description: string): Part {
  return { name, in: 'path', required: true, description, schema: { type: 'string' } };
}

function inQuery(name: string, description: string, schema: Part): Part {
  return { name, in: 'query', description, schema };
}
