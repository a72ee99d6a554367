import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pluginName } from '../core/plugin-name.ts';
import type { BuildOrder } from '../core/ports.ts';
import { createPrograms } from '../io/programs.ts';
import { bestSandbox } from './best-sandbox.ts';
import { type BuilderOptions, createSourceBuilder } from './build-source.ts';
import { createPlainSandbox } from './plain-sandbox.ts';
import type { Sandbox } from './sandbox.ts';

const { sandbox, available } = await bestSandbox();
if (available.whyNotBetter !== undefined)
  console.warn(`skipped: isolated builds, because ${available.whyNotBetter}`);
if (process.platform === 'win32') console.warn('skipped: builds, because there is no shell');

let source: string;
beforeAll(async () => {
  source = await mkdtemp(join(tmpdir(), 'sheaf-source-'));
  await chmod(source, 0o755);
  await writeFile(join(source, 'main.txt'), 'source\n', { mode: 0o444 });
});
afterAll(() => rm(source, { recursive: true }));

function builderIn(where: Sandbox, options: Partial<BuilderOptions> = {}) {
  const notes: string[] = [];
  const builder = createSourceBuilder({
    programs: createPrograms(process.env),
    environment: process.env,
    reporter: { note: (line) => notes.push(line) },
    signal: new AbortController().signal,
    findSandbox: () => Promise.resolve({ sandbox: where, available: { level: where.level } }),
    ...options,
  });
  return { builder, notes };
}

const order = (script: string, more: Partial<BuildOrder> = {}): BuildOrder => ({
  plugin: pluginName('lens'),
  directory: source,
  command: ['sh', '-c', script],
  output: 'out',
  requires: [],
  ...more,
});

function buildsIn(where: Sandbox): void {
  it('copies the source, runs the command in the copy and hands out what it left', async () => {
    const { builder } = builderIn(where);
    const bytes = await builder.build(order('echo printed; cat main.txt > out; echo more >> main.txt'));
    expect(new TextDecoder().decode(bytes)).toBe('source\n');
    expect(await readdir(source)).toEqual(['main.txt']);
  });

  it('gives it a home of its own and nothing of the environment', async () => {
    process.env['SHEAF_TEST_SECRET'] = 'secret';
    const { builder } = builderIn(where);
    const bytes = await builder.build(order('env > out; ls -A "$HOME" >> out'));
    delete process.env['SHEAF_TEST_SECRET'];
    const said = new TextDecoder().decode(bytes);
    expect(said).not.toContain('secret');
    expect(said).toContain('HOME=');
    expect(said).not.toContain(`HOME=${process.env['HOME']}\n`);
  });

  it('ends one that takes too long, and says what it printed', async () => {
    const { builder, notes } = builderIn(where, { timeMs: 1_000 });
    const error = await builder
      .build(order('printf "begun\\033[2J\\n"; sleep 1000'))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'SHEAF_TIMEOUT',
      message: 'Building lens took longer than 1 seconds, and was ended.',
    });
    expect(notes).toEqual(['begun\\u001b[2J']);
  });

  it('is broken off with the reason of the signal', async () => {
    const controller = new AbortController();
    const { builder } = builderIn(where, { signal: controller.signal });
    const reason = new Error('enough');
    const build = builder.build(order('sleep 1000'));
    controller.abort(reason);
    await expect(build).rejects.toBe(reason);
  });

  it('tells the last twenty lines and no more', async () => {
    const { builder, notes } = builderIn(where);
    const error = await builder
      .build(order('i=0; while [ $i -lt 100 ]; do echo "line $i"; i=$((i+1)); done; exit 4'))
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'SHEAF_TOOL',
      message: 'lens could not be built: "sh" ended with status 4.',
    });
    expect([notes.length, notes[0], notes.at(-1)]).toEqual([20, 'line 80', 'line 99']);
  });
}

describe.skipIf(sandbox.level !== 'os')('a build that is isolated', () => {
  buildsIn(sandbox);

  it('finds a program that it requires where it was installed, and no other of the same home', async () => {
    const home = await mkdtemp(join(process.cwd(), 'node_modules/.cache/sheaf-home-'));
    await mkdir(join(home, 'tools/kit/bin'), { recursive: true });
    await mkdir(join(home, 'tools/kit/lib'));
    await writeFile(join(home, 'tools/kit/lib/words'), 'of the kit\n');
    await writeFile(
      join(home, 'tools/kit/bin/kit'),
      '#!/bin/sh\necho kit 1.5; cat "$(dirname "$0")/../lib/words"\n',
      {
        mode: 0o755,
      },
    );
    await writeFile(join(home, 'secret'), 'secret\n');
    const environment = { HOME: home, PATH: `${home}/tools/kit/bin:/usr/bin` };
    const { builder } = builderIn(sandbox, { programs: createPrograms(environment), environment });
    const script = `kit > out; ls ${home}/secret && cat ${home}/secret >> out; true`;
    const bytes = await builder.build(order(script, { requires: ['kit'] }));
    expect(new TextDecoder().decode(bytes)).toBe('kit 1.5\nof the kit\n');
    expect(await builder.versionOf('kit')).toBe('1.5');
    await rm(home, { recursive: true });
  });
});

describe.skipIf(process.platform === 'win32')('a build that is not isolated', () => {
  buildsIn(createPlainSandbox());

  it('asks no program for its version, because it could do anything', async () => {
    expect(await builderIn(createPlainSandbox()).builder.versionOf('sh')).toBeUndefined();
  });
});
