import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundledProgram } from '../../test/bundled-program.ts';
import { DAY } from '../core/instant.ts';
import { publishIndex } from '../ops/index/index-publish.ts';
import { memorySource } from '../testkit/memory-source.ts';
import { RegistrySimulator } from '../testkit/registry-simulator.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../testkit/temporary-directory.ts';
import { createDirectoryTarget } from './directory-target.ts';

let directory: TemporaryDirectory;
let tools: TemporaryDirectory;
beforeEach(async () => {
  directory = await temporaryDirectory();
  tools = await temporaryDirectory();
});
afterEach(async () => {
  await directory.remove();
  await tools.remove();
});

/** Publishes files and kills itself, as a power cut would, instead of writing the one numbered `stop`. */
const publisher = (): Promise<string> =>
  bundledProgram(
    tools.path,
    `
    import { readFileSync } from 'node:fs';
    import { createDirectoryTarget } from ${JSON.stringify(fileURLToPath(new URL('./directory-target.ts', import.meta.url)))};
    const [, , directory, list, stop] = process.argv;
    async function* files() {
      for (const [index, [path, text]] of JSON.parse(readFileSync(list, 'utf8')).entries()) {
        if (index === Number(stop)) process.kill(process.pid, 'SIGKILL');
        yield { path, bytes: Buffer.from(text, 'base64') };
      }
    }
    await createDirectoryTarget(directory).publish(files(), ${DAY});
  `,
  );

describe('a directory that is published to', () => {
  it('shows the old index whenever the publisher is killed, and takes the next one', async () => {
    const simulator = new RegistrySimulator();
    simulator.addRelease({ name: 'graph-lens', version: '1.0.0' });
    await simulator.publish();
    const clock = { now: () => simulator.now };
    const publish = (): Promise<unknown> =>
      publishIndex({
        tree: memorySource(simulator.published),
        target: createDirectoryTarget(directory.path),
        clock,
      });
    await publish();
    const before = simulator.snapshot();
    simulator.addRelease({ name: 'graph-lens', version: '1.1.0' });
    await simulator.publish();
    const added = [...simulator.published].filter(([path, bytes]) => before.get(path) !== bytes);
    const rank = (path: string): number =>
      ['o/', 'root/', 'checkpoints/', 'latest'].findIndex((one) => path.startsWith(one));
    const ordered = added.toSorted(([a], [b]) => rank(a) - rank(b));
    const list = join(tools.path, 'files.json');
    await writeFile(
      list,
      JSON.stringify(ordered.map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')])),
    );
    const program = await publisher();
    for (const stop of [0, 3, ordered.length - 1]) {
      const child = spawn(process.execPath, [program, directory.path, list, String(stop)], {
        stdio: 'inherit',
      });
      const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');
      expect(await readFile(join(directory.path, 'latest'), 'utf8')).toBe('1-1\n');
    }
    await publish();
    expect(await readFile(join(directory.path, 'latest'), 'utf8')).toBe('1-2\n');
    expect(await readdir(directory.path)).not.toContain('.publishing');
  });
});
