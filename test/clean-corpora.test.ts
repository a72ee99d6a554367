import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { runSheaf } from './support/run-sheaf.ts';

/** A check that cries wolf is switched off. What is known to be in order must pass without a word. */

const repository = fileURLToPath(new URL('../', import.meta.url));

it('the reference registry is built and verified without a warning', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'sheaf-clean-'));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const [source, index] = [join(scratch, 'source'), join(scratch, 'public')];
  for (const directory of ['registry', 'plugins']) {
    await cp(join(repository, directory), join(source, directory), { recursive: true });
  }
  for (const argv of [
    ['index', 'build', source, '--out', index],
    ['index', 'sign', index, '--key', join(repository, 'examples/keys/ci')],
    ['index', 'verify', index, '--source', source],
  ]) {
    const { status, stdout } = await runSheaf([...argv, '--json'], {
      environment: { PATH: process.env['PATH'], SHEAF_HOME: join(scratch, 'home') },
    });
    const { ok, warnings } = JSON.parse(stdout) as { ok: boolean; warnings: readonly string[] };
    expect({ argv, status, ok, warnings }).toEqual({ argv, status: 0, ok: true, warnings: [] });
  }
});
