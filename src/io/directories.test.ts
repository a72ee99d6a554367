import { describe, expect, it } from 'vitest';
import { sha256 } from '../core/digest.ts';
import { pluginName } from '../core/plugin-name.ts';
import { directoriesFor } from './directories.ts';

const rootId = sha256(Buffer.from('root'));

describe('directoriesFor', () => {
  it('follows the XDG defaults on Linux', () => {
    const places = directoriesFor({ environment: { HOME: '/home/ada' }, platform: 'linux' });
    expect(places).toMatchObject({
      config: '/home/ada/.config/sheaf/config.toml',
      objects: '/home/ada/.cache/sheaf/objects',
      gitClones: '/home/ada/.cache/sheaf/git',
      state: '/home/ada/.local/state/sheaf',
      global: '/home/ada/.local/share/sheaf/global',
    });
    expect(places.trust(rootId)).toBe(`/home/ada/.local/state/sheaf/registries/${rootId}.json`);
    expect(places.pluginData(pluginName('graph-lens'))).toBe('/home/ada/.local/share/sheaf/data/graph-lens');
  });

  it('follows absolute XDG variables and ignores relative ones', () => {
    const environment = {
      HOME: '/home/ada',
      XDG_CONFIG_HOME: '/etc/ada',
      XDG_CACHE_HOME: 'cache',
      XDG_STATE_HOME: '',
    };
    const places = directoriesFor({ environment, platform: 'linux' });
    expect(places.config).toBe('/etc/ada/sheaf/config.toml');
    expect(places.objects).toBe('/home/ada/.cache/sheaf/objects');
    expect(places.state).toBe('/home/ada/.local/state/sheaf');
  });

  it('keeps to the customs of macOS and Windows', () => {
    const mac = directoriesFor({ environment: { HOME: '/Users/ada' }, platform: 'darwin' });
    expect(mac.config).toBe('/Users/ada/Library/Application Support/sheaf/config.toml');
    expect(mac.objects).toBe('/Users/ada/Library/Caches/sheaf/objects');
    const environment = { APPDATA: '/roaming', LOCALAPPDATA: '/local' };
    const windows = directoriesFor({ environment, platform: 'win32' });
    expect(windows.config).toBe('/roaming/sheaf/config.toml');
    expect(windows.objects).toBe('/local/sheaf/cache/objects');
  });

  it('moves everything with SHEAF_HOME, and then needs no home', () => {
    const places = directoriesFor({
      environment: { SHEAF_HOME: '/srv/sheaf', XDG_CACHE_HOME: '/c' },
      platform: 'linux',
    });
    const all = [places.config, places.objects, places.gitClones, places.state, places.global];
    all.push(places.trust(rootId), places.pluginData(pluginName('graph-lens')));
    expect(all.filter((path) => !path.startsWith('/srv/sheaf/'))).toEqual([]);
    expect(new Set(all).size).toBe(all.length);
  });

  it('looks for policies of the machine where no variable can lead away from', () => {
    const at = (environment: Record<string, string>, platform: NodeJS.Platform = 'linux') =>
      directoriesFor({ environment: { SHEAF_HOME: '/srv', ...environment }, platform });
    expect(at({}).machinePolicies).toEqual(['/etc/xdg/sheaf/policy.toml']);
    expect(at({ XDG_CONFIG_DIRS: '/opt/etc:relative::/etc/xdg' }).machinePolicies).toEqual([
      '/etc/xdg/sheaf/policy.toml',
      '/opt/etc/sheaf/policy.toml',
    ]);
    expect(at({}, 'darwin').machinePolicies).toEqual(['/Library/Application Support/sheaf/policy.toml']);
    expect(at({ ProgramData: '/data' }, 'win32').machinePolicies).toContain('/data/sheaf/policy.toml');
    expect(at({}).namedPolicy).toBeUndefined();
    expect(at({ SHEAF_POLICY: '' }).namedPolicy).toBeUndefined();
    expect(at({ SHEAF_POLICY: '/p.toml' }).namedPolicy).toBe('/p.toml');
  });

  it('refuses to guess a home', () => {
    for (const environment of [{}, { HOME: '' }, { HOME: 'relative' }]) {
      expect(() => directoriesFor({ environment, platform: 'linux' })).toThrow(
        expect.objectContaining({ code: 'SHEAF_NO_HOME', hint: expect.stringContaining('SHEAF_HOME') }),
      );
    }
    expect(() => directoriesFor({ environment: { HOME: '/x' }, platform: 'win32' })).toThrow(
      expect.objectContaining({ code: 'SHEAF_NO_HOME' }),
    );
  });
});
