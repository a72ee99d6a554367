import { describe, expect, it } from 'vitest';
import type { Manifest } from '../formats/manifest.ts';
import { pluginName } from '../plugin-name.ts';
import {
  admitsNetwork,
  DEFAULT_POLICY,
  type HostPolicy,
  minimumIsolation,
  requireIsolation,
} from './host-policy.ts';

const manifest = (security: Partial<Manifest['security']> = {}) => ({
  name: pluginName('lens'),
  security: {
    tier: 'wasm',
    capabilities: [],
    sandboxRequired: false,
    level: 'standard',
    ...security,
  } as const,
});
const NONE: HostPolicy = { ...DEFAULT_POLICY, minimumIsolation: { wasm: 'none', native: 'none' } };

describe('isolation', () => {
  it('is a process for wasm and the operating system for native plugins, unless the policy says less', () => {
    expect(minimumIsolation(manifest(), 'wasm', DEFAULT_POLICY)).toBe('process');
    expect(minimumIsolation(manifest(), 'native', DEFAULT_POLICY)).toBe('os');
    expect(minimumIsolation(manifest(), 'native', NONE)).toBe('none');
  });

  it('is never less than the manifest demands', () => {
    expect(minimumIsolation(manifest({ sandboxRequired: true }), 'wasm', NONE)).toBe('process');
    expect(minimumIsolation(manifest({ level: 'high' }), 'wasm', NONE)).toBe('os');
  });

  it('is refused with the reason, and with the line that accepts less where there is one', () => {
    const available = { level: 'process', whyNotBetter: 'bubblewrap is not installed' } as const;
    expect(() => requireIsolation(manifest(), 'native', DEFAULT_POLICY, available)).toThrow(
      expect.objectContaining({
        code: 'SHEAF_ISOLATION',
        message: 'lens needs the isolation "os" and this machine has "process": bubblewrap is not installed.',
        hint: "To accept less for all native plugins: policy: { minimumIsolation: { native: 'process' } }.",
      }),
    );
    expect(() => requireIsolation(manifest({ level: 'high' }), 'wasm', DEFAULT_POLICY, available)).toThrow(
      expect.objectContaining({ hint: 'Its manifest demands it, so no policy can accept less.' }),
    );
    expect(() => requireIsolation(manifest(), 'wasm', DEFAULT_POLICY, available)).not.toThrow();
  });
});

describe('network', () => {
  it('is off, and stays off for the level high', () => {
    expect(admitsNetwork(manifest(), DEFAULT_POLICY)).toBe(false);
    expect(admitsNetwork(manifest(), { ...NONE, network: true })).toBe(true);
    expect(admitsNetwork(manifest({ level: 'high' }), { ...NONE, network: true })).toBe(false);
  });
});
