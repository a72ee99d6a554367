import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory, writeTree } from '../src/testkit/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OXLINT = join(ROOT, 'node_modules/oxlint/bin/oxlint');

/** What the project's own lint rules say about one file in an otherwise empty tree. */
async function lint(path: string, source: string): Promise<string> {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  await copyFile(join(ROOT, '.oxlintrc.json'), join(directory.path, '.oxlintrc.json'));
  await writeTree(directory.path, new Map([[path, new TextEncoder().encode(source)]]));
  const options = { cwd: directory.path };
  // oxlint ends with status 1 when it finds something.
  const result = promisify(execFile)(process.execPath, [OXLINT], options);
  return result.then(
    ({ stdout }) => stdout,
    (error: { readonly stdout: string }) => error.stdout,
  );
}

it.each([
  [
    'core imports the file system',
    'src/core/planted.ts',
    "export { readFile } from 'node:fs/promises';",
    'core is pure',
  ],
  ['core imports io', 'src/core/planted.ts', "export { createHttp } from '../io/http.ts';", 'bottom layer'],
  [
    'core imports a library that does I/O',
    'src/core/planted.ts',
    "export { execa } from 'execa';",
    'no library',
  ],
  [
    'core looks at the clock',
    'src/core/planted.ts',
    'export const now = (): number => Date.now();',
    'takes `now`',
  ],
  ['core prints', 'src/core/planted.ts', "export const say = (): void => console.log('x');", 'returns data'],
  [
    'an operation imports Node',
    'src/ops/planted.ts',
    "export { readFile } from 'node:fs/promises';",
    'ports',
  ],
  [
    'an operation imports io',
    'src/ops/planted.ts',
    "export { createHttp } from '../io/http.ts';",
    'ports only',
  ],
  ['an operation reads the environment', 'src/ops/planted.ts', 'export const env = process.env;', 'ports'],
  ['io imports an operation', 'src/io/planted.ts', "export { sync } from '../ops/sync.ts';", 'nothing above'],
  ['the host imports io', 'src/host/planted.ts', "export { createHttp } from '../io/http.ts';", 'sees core'],
  [
    'the host imports the runner',
    'src/host/planted.ts',
    "export { serve } from '../runner/serve.ts';",
    'only talks to',
  ],
  [
    'the runner imports the host',
    'src/runner/planted.ts',
    "export { openConnection } from '../host/connection.ts';",
    'only talks to',
  ],
  [
    'the runner imports more of core than it needs',
    'src/runner/planted.ts',
    "export { readManifest } from '../core/formats/manifest.ts';",
    'takes core/runtime',
  ],
  [
    'the runner imports more of Node than it needs',
    'src/runner/planted.ts',
    "export { spawn } from 'node:child_process';",
    'no use for more',
  ],
  [
    'the runner prints',
    'src/runner/planted.ts',
    "export const say = (): void => console.log('x');",
    'the protocol',
  ],
  [
    'a command imports io',
    'src/cli/commands/planted.ts',
    "export { createHttp } from '../../io/http.ts';",
    'renders',
  ],
])('the lint rules find it when %s', async (_, path, source, explanation) => {
  expect(await lint(path, `${source}\n`)).toContain(explanation);
});

it('the lint rules let pass what belongs there', async () => {
  const source = "import { createHash } from 'node:crypto';\n\nexport const hash = createHash;\n";
  expect(await lint('src/core/planted.ts', source)).toContain('Found 0 warnings and 0 errors');
});

it('the lint rules let the runner have what it needs', async () => {
  const source = [
    "export { readFileSync } from 'node:fs';",
    "export { LIMITS } from '../core/limits.ts';",
    "export { RPC_ERROR } from '../core/runtime/protocol.ts';",
  ];
  expect(await lint('src/runner/planted.ts', `${source.join('\n')}\n`)).toContain(
    'Found 0 warnings and 0 errors',
  );
});
