import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import { valueOf } from '../finding.ts';
import { policyOf } from './client-policy.ts';
import { addRegistry, readConfig, removeRegistry } from './config-file.ts';
import { getSetting, listSettings, setSetting, unsetSetting } from './config-settings.ts';

const root = sha256(Buffer.from('root'));
const read = (text: string) => valueOf(readConfig(Buffer.from(text), 'config.toml'));
const example = {
  alias: 'main',
  id: 'example-plugins',
  urls: ['https://example.org/', 'git+https://example.org/p.git#index'],
  root,
};
const text = `# mine\n[policy]\ntiers = ["wasm"] # only these\n`;

describe('config.toml', () => {
  it('keeps registries in the order in which they were added, beside what a person wrote', () => {
    const both = addRegistry(addRegistry(text, example), { ...example, alias: 'another', id: 'another' });
    expect(read(both).registries).toEqual([example, { ...example, alias: 'another', id: 'another' }]);
    expect(both.startsWith(text)).toBe(true);
    const replaced = addRegistry(both, { ...example, urls: ['https://mirror.example.org/'] });
    expect(read(replaced).registries.map(({ urls }) => urls.length)).toEqual([1, 2]);
    expect(read(removeRegistry(both, 'main')).registries.map(({ alias }) => alias)).toEqual(['another']);
  });

  it('reads one address as a list of one, and fills in the defaults', () => {
    const config = read(
      `[registries.main]\nid = "x1"\nurl = "../with blanks/registry"\nroot = "sha256:${root}"\n`,
    );
    expect(config.registries[0]?.urls).toEqual(['../with blanks/registry']);
    expect(config.policy).toEqual(policyOf({}));
    expect(config.routes).toEqual({});
  });

  it('refuses a registry without its root', () => {
    expect(() => read('[registries.main]\nid = "x1"\nurl = "https://x"\n')).toThrow('lacks the key "root"');
  });
});

const set = (key: string, value: string) => setSetting(text, key, value, 'config.toml');

describe('settings', () => {
  it('are listed, read, set and unset by dotted key', () => {
    expect(listSettings(text)).toEqual([{ key: 'policy.tiers', value: 'wasm' }]);
    expect(getSetting(text, 'policy.tiers')).toBe('wasm');
    expect(getSetting(text, 'policy.on_key_change')).toBeUndefined();
    expect(set('policy.tiers', 'wasm, native')).toBe(text.replace('["wasm"]', '["wasm", "native"]'));
    expect(read(set('policy.minimum_release_age', '3d')).policy.minimumReleaseAge).toBe(259_200_000);
    expect(read(set('engines.rust', '1.70.0')).engines).toEqual({ rust: '1.70.0' });
    expect(read(set('policy.minimum_score', '80')).policy.minimumScore).toBe(80);
    expect(read(set('policy.require_sk', 'true')).policy.requireSk).toBe(true);
    expect(read(set('policy.allow', 'acme/*, graph-*')).policy.allow).toEqual([['acme/*', 'graph-*']]);
    expect(read(set('routes.acme-*', 'acme, public')).routes).toEqual({ 'acme-*': ['acme', 'public'] });
    expect(unsetSetting(set('routes.acme-*', 'acme'), 'routes.acme-*')).not.toContain('acme');
    expect(unsetSetting(text, 'policy.tiers')).toBe('# mine\n[policy]\n');
  });

  it('keep a version as it was written', () => {
    expect(getSetting(set('engines.host', '1.10.0'), 'engines.host')).toBe('1.10.0');
  });

  it('refuse a key that is none, and say what was meant', () => {
    for (const refused of [
      () => set('policy.on-key-change', 'ask'),
      () => getSetting(text, 'policy.on-key-change'),
    ]) {
      expect(refused).toThrow(
        expect.objectContaining({ code: 'SHEAF_USAGE', hint: 'Did you mean policy.on_key_change?' }),
      );
    }
    expect(() => set('constructor', 'x')).toThrow(expect.objectContaining({ code: 'SHEAF_USAGE' }));
    expect(() => unsetSetting(text, 'nothing.like.it')).toThrow(
      expect.objectContaining({ code: 'SHEAF_USAGE' }),
    );
  });

  it('refuse a value that does not fit, and say what would', () => {
    expect(() => set('policy.on_key_change', 'never')).toThrow(
      expect.objectContaining({
        code: 'SHEAF_USAGE',
        message: '"never" is no value for policy.on_key_change.',
      }),
    );
    for (const [key, value] of [
      ['policy.minimum_score', '101'],
      ['policy.minimum_score', 'high'],
      ['policy.required_reviews', '-1'],
      ['policy.require_sk', 'yes'],
      ['policy.allow', 'Acme'],
      ['policy.allow', 'a*b'],
      ['routes.acme-*', 'Not An Id'],
    ] as const) {
      expect(() => set(key, value), key).toThrow(expect.objectContaining({ code: 'SHEAF_USAGE' }));
    }
    expect(() => set('engines.rust', '1.70')).toThrow(expect.objectContaining({ code: 'SHEAF_USAGE' }));
  });

  it('never touch a registry: its root was shown to a person', () => {
    const trusted = addRegistry(text, example);
    expect(getSetting(trusted, 'registries.main.root')).toBe(`sha256:${root}`);
    expect(() => setSetting(trusted, 'registries.main.root', `sha256:${root}`, 'config.toml')).toThrow(
      expect.objectContaining({ code: 'SHEAF_USAGE', hint: expect.stringContaining('sheaf registry add') }),
    );
  });
});
