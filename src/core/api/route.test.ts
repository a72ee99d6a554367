import { expect, it } from 'vitest';
import { readApiRoute } from './route.ts';

it.each([
  ['v1/plugins', { kind: 'plugins' }],
  ['v1/plugins/', { kind: 'plugins' }],
  ['v1/plugins/index.json', { kind: 'plugins' }],
  ['v1/plugins/graph-lens', { kind: 'plugin', name: 'graph-lens' }],
  ['v1/plugins/graph-lens/download', { kind: 'download', name: 'graph-lens' }],
  ['v1/plugins/graph-lens/versions', { kind: 'versions', name: 'graph-lens' }],
  ['v1/plugins/graph-lens/versions/1.0.0', { kind: 'version', name: 'graph-lens', version: '1.0.0' }],
  [
    'v1/plugins/graph-lens/versions/1.0.0/download',
    { kind: 'download', name: 'graph-lens', version: '1.0.0' },
  ],
  ['v1/stats', { kind: 'stats' }],
  ['openapi.json', { kind: 'openapi' }],
])('the path %s asks for %o', (path, route) => {
  expect(readApiRoute(path)).toEqual(route);
});

it.each([
  '',
  'v1',
  'v1/toString',
  'v1/plugins/Graph',
  'v1/plugins/__proto__',
  'v1/plugins/graph-lens/versions/1',
  'v1/plugins/graph-lens/versions/1.0.0/downloads',
  'v1/plugins/graph-lens/versions/1.0.0/download/x',
  'v1/plugins/graph-lens/download/x',
  'v2/plugins',
  '/v1/plugins',
])('the path %s is none of the API', (path) => {
  expect(readApiRoute(path)).toBeUndefined();
});
