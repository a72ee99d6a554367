import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { bundle } from './bundle.ts';

it('turns TypeScript with imports of the project and of packages into a file that Node runs', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-bundle-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const version = new URL('../../src/core/version.ts', import.meta.url).pathname;
  const entry = join(directory, 'entry.ts');
  await writeFile(
    entry,
    `import { isVersion } from ${JSON.stringify(version)};\nconst answer: boolean = isVersion('1.2.3');\nprocess.stdout.write(String(answer));\n`,
  );

  const { stdout } = await promisify(execFile)(process.execPath, [await bundle(entry)]);

  expect(stdout).toBe('true');
});
