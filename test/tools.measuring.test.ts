import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryDirectory, writeTree } from '../src/testkit/index.ts';
import { buildRunner } from './support/built-runner.ts';
import { type BuiltTools, buildTools } from './support/built-tool.ts';
import { expectForm } from './support/json-output.ts';

/** The programs of `tools/` that run plugins, as workflows run them. */

vi.setConfig({ testTimeout: 300_000 });

let tools: BuiltTools;
beforeAll(async () => {
  tools = await buildTools(['performance-tester', 'compatibility-tester']);
  await cp(await buildRunner(), join(tools.directory, 'tools/shared/runner'), { recursive: true });
});
afterAll(() => tools.remove());

async function plugin(): Promise<string> {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const manifest = `[plugin]\nname = "specimen"\nversion = "1.0.0"\ndescription = "x"\nlicense = "MIT"
[compatibility]\nparseltongue_version = ">=0.3.0 <2"\n[provides]\ncommands = ["run"]\n`;
  const one = '{"command": "run", "input": 1, "expect": 1}';
  await writeTree(
    directory.path,
    new Map(
      Object.entries({
        'sheaf.plugin.toml': manifest,
        'specimen.js': 'export const run = (input) => { for (let i = 0; i < 20_000; i++); return input; };',
        'tests/first.json': one,
        'bench/first.json': one.replace(', "expect": 1', ''),
      }).map(([path, text]) => [path, Buffer.from(text)]),
    ),
  );
  return directory.path;
}

it('performance-tester is sheaf bench', async () => {
  const { status, stdout, stderr } = await tools.run('performance-tester', [await plugin(), '--json']);
  expect(status, stderr).toBe(0);
  const document = JSON.parse(stdout);
  expectForm('cli-output.schema.json#/$defs/bench', document);
  expect(document).toMatchObject({ data: { name: 'specimen', results: [{ name: 'first' }] } });
});

it('compatibility-tester is sheaf test --engines', async () => {
  const { status, stdout, stderr } = await tools.run('compatibility-tester', [await plugin(), '--json']);
  expect(status, stderr).toBe(0);
  const document = JSON.parse(stdout);
  expectForm('cli-output.schema.json#/$defs/test', document);
  expect(document).toMatchObject({
    data: {
      passed: true,
      compatibility: [
        { version: '0.3.0', tests: 'passed' },
        { version: '1.0.0', tests: 'passed' },
      ],
    },
  });
});
