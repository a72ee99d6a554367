import { execFile, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../src/testkit/index.ts';
import { bundledProgram } from '../bundled-program.ts';
import { isThere } from '../support/process-census.ts';

const SANDBOX = fileURLToPath(new URL('../../src/host/plain-sandbox.ts', import.meta.url));

it.each([
  ['ends', 'process.exit(0)'],
  ['fails', "throw new Error('a fault of the host')"],
])('takes its plugins along when the host %s', async (_what, end) => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const host = await bundledProgram(
    directory.path,
    `import { writeSync } from 'node:fs';
     import { createPlainSandbox } from '${SANDBOX}';
     const plugin = createPlainSandbox().spawn({
       command: [process.execPath, '-e', 'console.log(1); for (;;);'],
       readOnly: [], environment: {}, workdirBytes: 0, network: false,
     });
     plugin.stdout.once('data', () => {
       writeSync(1, String(plugin.pid));
       setImmediate(() => { ${end}; });
     });`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [host]).catch(
    (error: { readonly stdout: string }) => error,
  );
  expect(Number(stdout)).toBeGreaterThan(0);
  // The system's own first process buries it, a moment later.
  await expect.poll(() => isThere(Number(stdout)), { timeout: 20_000 }).toBe(false);
});

/** What a plugin of its own sees of the descriptors of a host that was started with more of them than three. */
it.skipIf(process.platform !== 'linux')('hands no descriptors on that it was given itself', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const host = await bundledProgram(
    directory.path,
    `import { createPlainSandbox } from '${SANDBOX}';
     const plugin = createPlainSandbox().spawn({
       command: ['/bin/ls', '-l', '/proc/self/fd'],
       readOnly: [], environment: {}, workdirBytes: 0, network: false,
     });
     plugin.stdout.pipe(process.stdout);`,
  );
  // Node takes care of the first sixteen itself.
  const stdio = Array.from({ length: 41 }, (_, index) => (index === 1 || index === 40 ? 'pipe' : 'ignore'));
  const started = spawn(process.execPath, [host], { stdio });
  const listed = await text(started.stdout as NodeJS.ReadableStream);
  expect(/ 40 -> (.*)/.exec(listed)?.[1]).toBe('/dev/null');
});
