import { execFile, spawnSync } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoBubblewrap } from '../src/host/bubblewrap-sandbox.ts';
import { type TemporaryDirectory, temporaryDirectory } from '../src/testkit/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const hasRust = spawnSync('rustc', ['--version']).status === 0;
const why = await whyNoBubblewrap();
if (why !== undefined) console.warn(`skipped: native plugins in the example host, because ${why}`);
if (!hasRust) console.warn('skipped: Rust in the example host, because there is no rustc');

describe('the example host', () => {
  let directory: TemporaryDirectory;
  let output: string;

  beforeAll(async () => {
    directory = await temporaryDirectory();
    await mkdir(join(directory.path, 'tmp'));
    const env = { ...process.env, TMPDIR: join(directory.path, 'tmp') };
    const host = join(ROOT, 'examples/host/main.mjs');
    ({ stdout: output } = await promisify(execFile)(process.execPath, [host], { env }));
  });
  afterAll(() => directory.remove());

  it('installs plugins of two tiers, with what each may use', () => {
    expect(output).toContain('graph-engine 1.0.0, wasm tier, may use: read-graph');
    expect(output).toContain('mermaid-svg 1.0.0, wasm tier, may use: nothing');
    expect(output).toContain('ci-annotations 1.1.0, native tier, may use: nothing');
  });

  it('answers from a graph that a plugin of the core tier read', () => {
    expect(output).toMatch(/^\d+ modules import it, among them .+\.ts$/m);
    expect(output).toContain(`isolation "${why === undefined ? 'os' : 'process'}"`);
  });

  it('writes context, a flowchart and a picture', () => {
    expect(output).toContain('## core/digest.ts');
    expect(output).toMatch(/^flowchart LR\n {2}n0\["index\.ts"\]$/m);
    expect(output).toMatch(/^an SVG picture of \d+ × \d+, \d+ characters$/m);
  });

  it('executes JavaScript and reports what every call cost', () => {
    expect(output).toMatch(/^JavaScript: a module imports \d+\.\d others on average$/m);
    expect(output).toMatch(/^graph-engine path +\d+ µs inside, \d+ µs in all, \d+\.\d MiB$/m);
  });

  it.skipIf(why !== undefined)('runs a native plugin', () => {
    expect(output).toContain('::warning file=core/digest.ts,title=focus::Much depends on this.');
    expect(output).toMatch(/^\d+ calls, \d+ failed, \d+ over their budget$/m);
  });

  it.skipIf(why !== undefined || !hasRust)('compiles and runs Rust in the sandbox', () => {
    expect(output).toMatch(/^Rust: \d+ modules \(isolation "os"\)$/m);
  });

  it('leaves nothing behind', async () => {
    expect(await readdir(join(directory.path, 'tmp'))).toEqual([]);
  });
});
