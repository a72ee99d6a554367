import { describe, expect, it } from 'vitest';
import { sha256 } from '../digest.ts';
import { valueOf } from '../finding.ts';
import { LIMITS } from '../limits.ts';
import { pluginName } from '../plugin-name.ts';
import type { Version } from '../version.ts';
import {
  hasPassed,
  type MeasuredRelease,
  type MeasurementFile,
  readMeasurementFile,
  writeMeasurementFile,
} from './measurement-file.ts';

const FILE = 'measurement.json';
const DIGEST = sha256(new Uint8Array());

function release(change: Partial<MeasuredRelease> = {}): MeasuredRelease {
  return {
    plugin: pluginName('graph-lens'),
    version: '1.0.0' as Version,
    manifest: DIGEST,
    artifacts: [DIGEST],
    scan: { rules: '1', score: 100, coverage: 1, passed: true, findings: [] },
    tests: 'passed',
    conformance: 'passed',
    performance: { verdict: 'passed', p50Us: 1.5, p95Us: 2 },
    compatibility: [{ engine: 'node', version: '20.0.0' as Version, loads: true, tests: 'none' }],
    reproduced: false,
    problems: ['It could not be built.'],
    ...change,
  };
}

function measurement(...releases: readonly MeasuredRelease[]): MeasurementFile {
  return {
    registry: 'acme',
    base: '1'.repeat(40),
    head: '2'.repeat(64),
    tools: { sheaf: '0.1.0' as Version, platform: 'linux-x64', isolation: 'os' },
    releases,
  };
}

describe('a measurement', () => {
  it('reads as it was written, by plugin and version', () => {
    const all = [
      release({ version: '1.10.0' as Version }),
      release({ plugin: pluginName('zebra') }),
      release({ version: '1.9.0' as Version }),
      release({ plugin: pluginName('ant') }),
    ];
    const bytes = writeMeasurementFile(measurement(...all));
    const read = valueOf(readMeasurementFile(bytes, FILE));
    expect(read.releases.map(({ plugin, version }) => `${plugin} ${version}`)).toEqual([
      'ant 1.0.0',
      'graph-lens 1.9.0',
      'graph-lens 1.10.0',
      'zebra 1.0.0',
    ]);
    expect(read).toEqual(measurement(...read.releases));
    expect(Buffer.compare(writeMeasurementFile(read), bytes)).toBe(0);
  });

  it.each<[string, Partial<MeasuredRelease>, boolean]>([
    ['nothing failed', {}, true],
    ['nothing could be tried', { tests: 'none', conformance: 'none', compatibility: [] }, true],
    ['its own tests failed', { tests: 'failed' }, false],
    ['it stands less than it has to', { conformance: 'failed' }, false],
    ['it is over its budget', { performance: { verdict: 'over-budget', p50Us: 2, p95Us: 2 } }, false],
    ['it is slower', { performance: { verdict: 'regression', p50Us: 2, p95Us: 2 } }, false],
    ['the machine was too busy', { performance: { verdict: 'inconclusive', p50Us: 2, p95Us: 2 } }, true],
    [
      'the scan found something',
      { scan: { rules: '1', score: 80, coverage: 1, passed: false, findings: [] } },
      false,
    ],
    [
      'an engine does not load it',
      { compatibility: [{ engine: 'node', version: '1.0.0' as Version, loads: false, tests: 'none' }] },
      false,
    ],
    [
      'its tests fail with an engine',
      { compatibility: [{ engine: 'node', version: '1.0.0' as Version, loads: true, tests: 'failed' }] },
      false,
    ],
  ])('knows whether a release passed: %s', (_, change, passed) => {
    expect(hasPassed(release(change))).toBe(passed);
  });

  it.each<[string, (text: string) => string]>([
    ['a byte too many', (text) => text.padEnd(LIMITS.measurementBytes + 1)],
    ['two equal keys', (text) => text.replace('{', '{"schemaVersion": 1,')],
    ['an unknown version', (text) => text.replace('"schemaVersion": 1', '"schemaVersion": 2')],
    ['a commit that is no full id', (text) => text.replace('1'.repeat(40), '1'.repeat(39))],
    ['a number that is none', (text) => text.replace('"p50Us": 1.5', '"p50Us": 1e999')],
    ['an isolation that nobody has', (text) => text.replace('"os"', '"perfect"')],
    ['a platform that nobody has', (text) => text.replace('linux-x64', 'toaster')],
    [
      'more trials than anybody makes',
      (text) =>
        text.replace(
          /"compatibility": \[([^\]]*)\]/,
          (_, one: string) => `"compatibility": [${Array.from({ length: 65 }, () => one).join(',')}]`,
        ),
    ],
    ['nesting without end', (text) => text.replace('"problems": [', `"problems": [${'['.repeat(100)}`)],
  ])('with %s is refused', (_, spoil) => {
    const text = Buffer.from(writeMeasurementFile(measurement(release()))).toString();
    const spoilt = spoil(text);
    expect(spoilt).not.toBe(text);
    const { value, findings } = readMeasurementFile(Buffer.from(spoilt), FILE);
    expect(value).toBeUndefined();
    expect(findings.length).toBeGreaterThan(0);
  });
});
