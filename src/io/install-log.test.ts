import { appendFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sha256 } from '../core/digest.ts';
import type { LogEntry } from '../core/formats/install-log.ts';
import { LIMITS } from '../core/limits.ts';
import { pluginName } from '../core/plugin-name.ts';
import type { Version } from '../core/version.ts';
import { temporaryDirectory } from '../testkit/index.ts';
import { createInstallLog } from './install-log.ts';

function entry(generation: number, project = '/home/someone/project'): LogEntry {
  return {
    time: '2026-11-20T09:00:00Z',
    action: 'install',
    plugin: pluginName('graph-lens'),
    version: '1.0.0' as Version,
    registry: 'acme',
    sha256: sha256(new Uint8Array()),
    key: 'SHA256:abc',
    capabilities: ['query'],
    generation,
    project,
    user: 'someone',
    command: 'install',
  };
}

const numbersIn = (entries: readonly LogEntry[]): readonly number[] =>
  entries.map(({ generation }) => generation);

async function emptyDirectory(): Promise<string> {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  return directory.path;
}

describe('the install log', () => {
  it('keeps what was appended, in order, for its owner only', async () => {
    const path = join(await emptyDirectory(), 'state', 'install-log.jsonl');
    const log = createInstallLog(path, 'install');
    expect(log.by).toEqual({ user: userInfo().username, command: 'install' });
    expect(await log.read()).toEqual({ entries: [], unreadable: 0 });
    await log.append([entry(1), entry(2)]);
    await log.append([]);
    await log.append([entry(3)]);
    expect(await log.read()).toEqual({ entries: [entry(1), entry(2), entry(3)], unreadable: 0 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('loses only the line that a crash tore, at every byte of it', async () => {
    const directory = await emptyDirectory();
    const line = `${JSON.stringify(entry(2))}\n`;
    for (let cut = 1; cut < line.length - 1; cut += 7) {
      const path = join(directory, `${cut}.jsonl`);
      const log = createInstallLog(path, 'install');
      await log.append([entry(1)]);
      await appendFile(path, line.slice(0, cut));
      await log.append([entry(3)]);
      const { entries, unreadable } = await log.read();
      expect([numbersIn(entries), unreadable], `cut after ${cut}`).toEqual([[1, 3], 1]);
    }
  });

  it('passes over lines that are none', async () => {
    const path = join(await emptyDirectory(), 'log');
    const strange = [
      'nonsense',
      '[]',
      '{}',
      'null',
      JSON.stringify({ ...entry(2), action: 'praise' }),
      JSON.stringify({ ...entry(2), version: '1.0' }),
      JSON.stringify({ ...entry(2), more: 1 }),
    ];
    await writeFile(path, `${[...strange, JSON.stringify(entry(1))].join('\n')}\n\n`);
    const { entries, unreadable } = await createInstallLog(path, 'install').read();
    expect([numbersIn(entries), unreadable]).toEqual([[1], strange.length]);
  });

  it('is bounded: the older half goes when both are full', async () => {
    const directory = await emptyDirectory();
    const path = join(directory, 'log');
    const log = createInstallLog(path, 'install');
    const half = Math.ceil(LIMITS.installLogBytes / 4_000);
    const batch = (from: number): readonly LogEntry[] =>
      Array.from({ length: half }, (_, n) => entry(from + n, `/${'p'.repeat(3_999)}`));
    for (const round of [0, 1, 2, 3]) await log.append(batch(round * half));
    expect((await readdir(directory)).toSorted()).toEqual(['log', 'log.1']);
    const { entries, unreadable } = await log.read();
    expect(unreadable).toBe(0);
    expect(numbersIn(entries)).toEqual(Array.from({ length: 2 * half }, (_, n) => 2 * half + n));
    expect((await readFile(path)).length).toBeLessThan(2 * LIMITS.installLogBytes);
  });
});
