import { describe, expect, it } from 'vitest';
import type { PluginName } from '../../core/plugin-name.ts';
import type { Plan } from '../../core/resolution/plan.ts';
import type { Version } from '../../core/version.ts';
import { findingLines, findingSummary } from './findings.ts';
import { plainText } from './line.ts';
import { planDocument, planLines } from './plan.ts';

const name = (text: string): PluginName => text as PluginName;
const version = (text: string): Version => text as Version;
const EMPTY: Plan = { add: [], update: [], remove: [], keep: [], capabilities: {} };

describe('a plan', () => {
  it('names every change, its origin, its size and the powers it adds', () => {
    const plan: Plan = {
      add: [
        {
          name: name('graph-lens'),
          registry: 'acme',
          version: version('1.10.0'),
          bytes: 183_220,
          newCapabilities: ['query', 'storage'],
        },
      ],
      update: [
        {
          name: name('users'),
          registry: 'acme',
          version: version('2.0.0'),
          from: version('1.9.0'),
          newCapabilities: [],
        },
      ],
      remove: [{ name: name('old'), version: version('0.1.0') }],
      keep: [{ name: name('same'), version: version('1.0.0') }],
      capabilities: { [name('graph-lens')]: ['query', 'storage'] },
    };
    expect(planLines(plan).map(plainText)).toEqual([
      '+ graph-lens 1.10.0  from acme, 183 kB',
      '    new capabilities: query, storage',
      '~ users 1.9.0 → 2.0.0  from acme',
      '- old 0.1.0',
      '1 to add, 1 to update, 1 to remove, 1 unchanged, 183 kB to download',
    ]);
    expect(Object.keys(planDocument(plan))).toEqual(['add', 'update', 'remove', 'capabilities']);
  });

  it('that changes nothing says so', () => {
    expect(planLines(EMPTY)).toEqual(['Nothing to do: everything is as it should be.']);
  });
});

describe('findings', () => {
  const place = { file: 'plugin.toml', line: 3, column: 1 };
  const findings = [
    { rule: 'unknown-key', severity: 'error', place, message: 'No key "nmae".', fix: 'Write "name".' },
    { rule: 'old-license', severity: 'warning', place, message: 'Old.' },
  ] as const;

  it('say what is wrong, where, by which rule, and what to write instead', () => {
    expect(findingLines(findings).map(plainText)).toEqual([
      'error: No key "nmae".',
      '  at plugin.toml:3:1 (unknown-key)',
      '  Write "name".',
      'warning: Old.',
      '  at plugin.toml:3:1 (old-license)',
    ]);
  });

  it('are counted by severity', () => {
    expect(findingSummary(findings)).toBe('1 error and 1 warning');
    expect(findingSummary([])).toBe('no findings');
  });
});
