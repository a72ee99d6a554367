import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject } from '../src/io/project/project.ts';
import { bundle } from './support/bundle.ts';
import { installTexts, visibleState } from './support/project-state.ts';

let child: string;
let scratch: string;
let base: string;

beforeAll(async () => {
  child = await bundle(new URL('support/crash-child.ts', import.meta.url));
  scratch = await mkdtemp(join(tmpdir(), 'sheaf-crash-'));
  // Five generations: the sixth makes the first one go, so that the clean-up is part of what is interrupted.
  base = join(scratch, 'base');
  await mkdir(base);
  const project = createProject(base);
  for (const n of [1, 2, 3, 4, 5])
    await installTexts(project, { lens: `lens ${n}`, users: `users ${n}` }, `old ${n}`, 'old/plugins.json');
});

afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

async function freshCopy(of = base): Promise<string> {
  const directory = await mkdtemp(join(scratch, 'copy-'));
  await cp(of, directory, { recursive: true, preserveTimestamps: true });
  return directory;
}

async function run(
  ...parameters: string[]
): Promise<{ signal: string | null; stdout: string; stderr: string }> {
  const process_ = spawn(process.execPath, [child, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  process_.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  process_.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return await new Promise((resolve) =>
    process_.on('close', (_code, signal) => resolve({ signal, stdout, stderr })),
  );
}

async function leftovers(directory: string): Promise<readonly string[]> {
  const names = await readdir(join(directory, '.sheaf'), { recursive: true });
  return names.filter((name) =>
    /(^|\/)(\.staging|\.removing)|\.tmp$|switching$|(^|\/)lock$|lock\./.test(name),
  );
}

/** The state after the reopening, which repairs. */
async function reopened(directory: string): Promise<Record<string, unknown>> {
  const project = createProject(directory);
  const state = await project.exclusively(() => visibleState(project));
  expect((await leftovers(directory)).filter((name) => !name.endsWith('sheaf.lock'))).toEqual([]);
  return state;
}

async function stepsOf(action: string): Promise<{ steps: string[]; after: Record<string, unknown> }> {
  const directory = await freshCopy();
  const { stdout, stderr } = await run(directory, action, '0');
  expect(stderr).toBe('');
  return { steps: stdout.split(' '), after: await reopened(directory) };
}

async function severalAtOnce(steps: readonly number[], work: (step: number) => Promise<void>): Promise<void> {
  const open = [...steps];
  const worker = async () => {
    for (let step = open.shift(); step !== undefined; step = open.shift()) await work(step);
  };
  await Promise.all([worker(), worker(), worker()]);
}

describe('a process that is killed', () => {
  for (const action of ['install', 'rollback']) {
    for (const fashion of ['clean', 'torn']) {
      const when = fashion === 'torn' ? 'in the middle of any write' : 'before any step on disk';
      it(`leaves after ${action}, killed ${when}, the old set or the new one, whole`, async () => {
        const before = await reopened(base);
        const { steps, after } = await stepsOf(action);
        expect(steps.length).toBeGreaterThan(10);
        expect(after).not.toEqual(before);
        const seen = new Set<unknown>();

        const fatal = steps.flatMap((name, index) =>
          fashion === 'torn' && name !== 'write' ? [] : [index + 1],
        );

        await severalAtOnce(fatal, async (step) => {
          const directory = await freshCopy();
          const { signal, stderr } = await run(directory, action, String(step), fashion);
          expect({ step, signal, stderr }).toEqual({ step, signal: 'SIGKILL', stderr: '' });

          const state = await reopened(directory);
          expect([before, after], `step ${step}`).toContainEqual(state);
          seen.add(state.current);

          const next = createProject(directory);
          const generation = await installTexts(next, { lens: 'next' }, 'next');
          expect(await visibleState(next)).toMatchObject({
            current: generation,
            lock: 'next lock\n',
            commands: ['lens'],
          });
          await rm(directory, { recursive: true });
        });
        // Otherwise the kills came all before or all after the one step that decides.
        expect(seen).toEqual(new Set([before.current, after.current]));
      });
    }
  }

  it('may be killed again while it repairs, at any step', async () => {
    const { steps, after } = await stepsOf('install');
    // The renames are those of the journal, of the generation, and of `current`.
    const renames = steps.flatMap((name, index) => (name === 'rename' ? [index + 1] : []));
    const [, rightBefore = 0, rightAfter = 0] = renames.map((step) => step + 1);
    for (const [step, wanted] of [
      [rightBefore, await reopened(base)],
      [rightAfter, after],
    ] as const) {
      const broken = await freshCopy();
      expect(await run(broken, 'install', String(step))).toMatchObject({ signal: 'SIGKILL' });
      const { stdout } = await run(await freshCopy(broken), 'repair', '0');
      const repairSteps = stdout.split(' ').map((_, index) => index + 1);
      expect(repairSteps.length).toBeGreaterThan(2);
      await severalAtOnce(repairSteps, async (fatal) => {
        const directory = await freshCopy(broken);
        expect(await run(directory, 'repair', String(fatal))).toMatchObject({ signal: 'SIGKILL' });
        expect(await reopened(directory), `step ${step}, then ${fatal}`).toEqual(wanted);
        await rm(directory, { recursive: true });
      });
    }
  });
});
