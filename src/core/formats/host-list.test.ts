import { describe, expect, it } from 'vitest';
import { isHostList, mayHoldHostList, readHostList, writeHostList } from './host-list.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the place of a host list', () => {
  it.each(['plugins.json', 'config/plugins.json', 'a/b/c.json'])('may be %s', (path) => {
    expect(mayHoldHostList(path)).toBe(true);
  });

  it.each([
    '../plugins.json',
    '/etc/plugins.json',
    'a//b',
    './plugins.json',
    'C:/plugins.json',
    'a\\b',
    '',
    'sheaf.toml',
    'SHEAF.lock',
    '.sheaf/current',
    '.Git/config',
  ])('must not be %j', (path) => {
    expect(mayHoldHostList(path)).toBe(false);
    expect(readHostList(bytes(JSON.stringify({ path, plugins: [] })))).toBeUndefined();
  });
});

describe('a host list', () => {
  it('is known again, and nothing else is taken for one', () => {
    expect(isHostList(writeHostList({ path: 'plugins.json', plugins: [] }, 3))).toBe(true);
    for (const text of ['', '{', 'null', '[]', '{"plugins": []}', '{"writtenBy": "me"}']) {
      expect(isHostList(bytes(text))).toBe(false);
    }
  });

  it('is not read from a file that is torn or of another form', () => {
    expect(readHostList(bytes('{"path": "plu'))).toBeUndefined();
    expect(readHostList(bytes('null'))).toBeUndefined();
    expect(readHostList(bytes('{"path": "plugins.json"}'))).toBeUndefined();
  });
});
