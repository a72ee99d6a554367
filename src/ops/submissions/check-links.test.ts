import { describe, expect, it } from 'vitest';
import { SheafError } from '../../core/errors.ts';
import { DAY } from '../../core/instant.ts';
import type { ExamineArtifact } from '../../core/submission-ports.ts';
import { writeLinkReport } from '../../core/submissions/link-report.ts';
import { memoryTree, RegistrySimulator, testClock } from '../../testkit/index.ts';
import { checkLinks } from './check-links.ts';

function world(releases: number) {
  const registry = new RegistrySimulator({ id: 'acme' });
  for (let at = 0; at < releases; at += 1) registry.addRelease({ name: 'graph-lens', version: `1.${at}.0` });
  const clock = testClock(registry.now);
  const asked: string[] = [];
  const examine: ExamineArtifact = (artifact) => {
    asked.push(artifact.url);
    const isGone = artifact.url.includes('1.2.0');
    const problem = new SheafError('SHEAF_NETWORK', 'plugins.example does not have it @everybody.');
    return Promise.resolve({ artifact, ...(isGone ? { problem } : { files: [] }) });
  };
  return { ports: { tree: memoryTree(registry.source), examine, clock }, clock, asked };
}

describe('the addresses of releases', () => {
  it('are all fetched, and those that are broken are named', async () => {
    const { ports, asked } = world(20);
    const report = await checkLinks(ports);
    expect(report).toMatchObject({ registry: 'acme', total: 20, checked: 20 });
    expect(report.broken).toEqual([
      {
        plugin: 'graph-lens',
        version: '1.2.0',
        url: 'https://plugins.example/artifacts/graph-lens-1.2.0.wasm',
        problem: 'plugins.example does not have it @everybody.',
      },
    ]);
    expect(new Set(asked).size).toBe(20);
    const text = new TextDecoder().decode(writeLinkReport(report));
    expect(text).toContain('20 of 20 artifacts of acme');
    expect(text).toContain('- graph-lens 1.2.0: plugins.example does not have it');
    expect(text).not.toContain('@everybody');
  });

  it('are sampled, the same ones all day and others the next', async () => {
    const { ports, clock, asked } = world(20);
    const takeFive = async (): Promise<readonly string[]> => {
      asked.length = 0;
      expect((await checkLinks(ports, 5)).checked).toBe(5);
      return asked.toSorted();
    };
    const first = await takeFive();
    expect(await takeFive()).toEqual(first);
    clock.time += DAY;
    expect(await takeFive()).not.toEqual(first);
    expect((await checkLinks(ports, 50)).checked).toBe(20);
  });
});
