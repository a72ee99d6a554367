import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import { valueOf } from '../finding.ts';
import { pluginName } from '../plugin-name.ts';
import type { VersionRange } from '../version.ts';
import { policyOf } from './client-policy.ts';
import { addLocalPlugin, addPlugin, readProjectFile, removePlugin, setRange } from './project-file.ts';

const root = sha256(Buffer.from('root'));
const read = (text: string) => readProjectFile(Buffer.from(text), 'sheaf.toml');
const range = (text: string) => text as VersionRange;
const lens = pluginName('graph-lens');

const example = `# What the graph tools need.
[registries.example]
id = "example-plugins"
url = "https://example.org/plugins/"
root = "sha256:${root}"

[plugins]
graph-lens = "^1.2.0"   # the lens
users = { version = "^1", registry = "example-plugins", optional = true }

[plugin.graph-lens.config]
depth = 3

[host]
plugins_file = "plugins.json"

[policy]
on_key_change = "refuse"
minimum_release_age = "3d"

[routes]
"acme-*" = "acme"

[engines]
parseltongue = "0.4.2"

[[audit.ignore]]
id = "PLUG-2026-0001"
plugin = "graph-lens"
reason = "no untrusted graphs here"
until = "2027-01-31"

[[audit.ignore]]
id = "CVE-2026-1234"
reason = "not reachable"
until = "2028-02-29"
`;

describe('readProjectFile', () => {
  it('reads everything a project can say', () => {
    expect(valueOf(read(example))).toEqual({
      registries: [{ alias: 'example', id: 'example-plugins', urls: ['https://example.org/plugins/'], root }],
      plugins: [
        { name: 'graph-lens', range: '^1.2.0', optional: false },
        { name: 'users', range: '^1', registry: 'example-plugins', optional: true },
      ],
      local: [],
      config: { 'graph-lens': { depth: 3 } },
      host: { pluginsFile: 'plugins.json' },
      policy: policyOf({ on_key_change: 'refuse', minimum_release_age: '3d' }),
      routes: { 'acme-*': ['acme'] },
      engines: { parseltongue: '0.4.2' },
      auditIgnores: [
        {
          id: 'PLUG-2026-0001',
          plugin: 'graph-lens',
          reason: 'no untrusted graphs here',
          until: '2027-01-31',
          ends: Date.UTC(2027, 1, 1),
        },
        {
          id: 'CVE-2026-1234',
          reason: 'not reachable',
          until: '2028-02-29',
          ends: Date.UTC(2028, 2, 1),
        },
      ],
    });
  });

  it('reads an empty file, and one with the line ends of Windows', () => {
    expect(valueOf(read('')).plugins).toEqual([]);
    expect(valueOf(read(example.replaceAll('\n', '\r\n')))).toEqual(valueOf(read(example)));
  });

  it.each([
    ['[plugin]\ngraph-lens = "^1"\n', 2, 'plugin.graph-lens'],
    ['[pluginz]\n', 1, 'Did you mean "plugins"?'],
    ['[plugins]\nGraph = "^1"\n', 2, '"Graph"'],
    ['[plugins]\n\ngraph-lens = "one"\n', 3, 'not a range of versions'],
    ['[plugins]\ngraph-lens = { registry = "acme" }\n', 2, 'neither a version nor a path'],
    ['[plugins]\ngraph-lens = { path = "./lens", version = "^1" }\n', 2, 'so version has no meaning'],
    ['[plugins]\ngraph-lens = { path = "" }\n', 2, 'plugins.graph-lens.path'],
    ['[plugins]\ngraph-lens = 1\n', 2, 'plugins.graph-lens is 1'],
    ['[host]\nplugins_file = "../up.json"\n', 2, 'host.plugins_file'],
    ['[[audit.ignore]]\nid = "PLUG-2026-0001"\nuntil = "2027-01-31"\n', 1, '"reason"'],
    ['[[audit.ignore]]\nid = "PLUG-2026-0001"\nreason = "none"\n', 1, '"until"'],
    ['[[audit.ignore]]\nid = "A"\nreason = "none"\nuntil = "2027-02-29"\n', 4, 'not a day of the calendar'],
    ['[[audit.ignore]]\nid = "A"\nreason = "none"\nuntil = "soon"\n', 4, 'until'],
    ['[[audit.ignore]]\nid = "A B"\nreason = "none"\nuntil = "2027-01-31"\n', 2, 'id'],
    ['[engines]\nrust = "1.70"\n', 2, 'engines.rust'],
    ['[engines]\nrust = "99999999999999999999.0.0"\n', 2, 'not a version'],
    ['[registries.x]\nid = "x"\nurl = "--upload-pack=evil"\n', 3, 'registries'],
    ['[registries.xx]\nid = "xx"\nurl = "https://x"\nroot = "abc"\n', 4, 'registries.xx.root'],
  ])('refuses %j at its line', (text, line, sentence) => {
    const { value, findings } = read(text);
    expect(value).toBeUndefined();
    expect(findings.map((finding) => finding.place.line)).toContain(line);
    expect(findings.map((finding) => finding.message).join('\n')).toContain(sentence);
  });
});

describe('edits', () => {
  it('add a plugin and leave every other byte alone', () => {
    const edited = addPlugin(example, { name: pluginName('map'), range: range('^2.0.0') });
    expect(edited).toBe(example.replace('optional = true }\n', 'optional = true }\nmap = "^2.0.0"\n'));
  });

  it('add a plugin of one registry, and an optional one', () => {
    const edited = addPlugin('', {
      name: lens,
      range: range('^1'),
      registry: 'example-plugins',
      optional: true,
    });
    expect(edited).toBe(
      '[plugins]\ngraph-lens = { version = "^1", registry = "example-plugins", optional = true }\n',
    );
  });

  it('change a plugin that is there where it stands', () => {
    expect(addPlugin(example, { name: lens, range: range('^3') })).toBe(example.replace('"^1.2.0"', '"^3"'));
    expect(setRange(example, pluginName('users'), range('^2'))).toBe(
      example.replace('version = "^1"', 'version = "^2"'),
    );
    expect(setRange(example, pluginName('nobody'), range('^2'))).toBe(example);
    const moved = addPlugin(example, { name: lens, range: range('^3'), registry: 'other' });
    expect(moved).toBe(example.replace('"^1.2.0"', '{ version = "^3", registry = "other" }'));
    const firm = addPlugin(example, { name: pluginName('users'), range: range('^2'), optional: false });
    expect(valueOf(read(firm)).plugins[1]).toEqual({
      name: 'users',
      range: '^2',
      registry: 'example-plugins',
      optional: false,
    });
  });

  it('remove a plugin, but not the configuration that a person wrote for it', () => {
    const edited = removePlugin(example, lens);
    expect(edited).toBe(example.replace('graph-lens = "^1.2.0"   # the lens\n', ''));
    expect(valueOf(read(edited)).config).toEqual({ 'graph-lens': { depth: 3 } });
  });

  it('put a path in the place of a range, and a range in the place of a path', () => {
    const there = addLocalPlugin(example, { name: lens, path: './lens' });
    expect(there).toBe(example.replace('"^1.2.0"', '{ path = "./lens" }'));
    expect(valueOf(read(there)).local).toEqual([{ name: 'graph-lens', path: './lens' }]);
    expect(addLocalPlugin(there, { name: lens, path: './lens' })).toBe(there);
    expect(setRange(there, lens, range('^2'))).toBe(there);
    const back = valueOf(read(addPlugin(there, { name: lens, range: range('^3') })));
    expect(back.local).toEqual([]);
    expect(back.plugins.map(({ name, range }) => [name, range])).toContainEqual(['graph-lens', '^3']);
    const moved = addLocalPlugin(example, { name: pluginName('users'), path: '../users' });
    expect(valueOf(read(moved)).local).toEqual([{ name: 'users', path: '../users' }]);
  });
});
