import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildRunner } from '../support/built-runner.ts';
import { hostOf } from '../support/host-world.ts';
import { refusalOf, release, userWith } from '../support/installed-plugins.ts';

/** Who runs code, and plugins that are objects of the application. */

let runner: string;
beforeAll(async () => {
  runner = await buildRunner();
});

describe('languages', () => {
  it('lead to the plugin that executes them, and JavaScript to the interpreter of the host', async () => {
    const source = 'export function execute({ language, code, input }) { return { language, code, input }; }';
    const provides = { languages: ['mirror', 'looking-glass'], commands: ['execute'] };
    const user = await userWith(
      await release('mirror', { files: { 'mirror.js': source }, manifest: { provides } }),
    );
    const host = await hostOf(user, runner);
    expect(host.supportedLanguages()).toEqual(['javascript', 'looking-glass', 'mirror']);
    const mirror = host.getExecutor('mirror');
    expect(mirror.supportedLanguages()).toEqual(['mirror', 'looking-glass']);
    expect((await mirror.execute({ input: 7 }, 'looking-glass', 'abc')).output).toEqual({
      language: 'looking-glass',
      code: 'abc',
      input: 7,
    });
    await writeFile(user.at('sum.js'), 'input.a + input.b');
    const javascript = host.getExecutor('javascript');
    expect((await javascript.executeFile({ input: { a: 1, b: 2 } }, user.at('sum.js'))).output).toBe(3);
    expect(() => host.getExecutor('javascrpt')).toThrow(
      expect.objectContaining({ code: 'SHEAF_LANGUAGE', hint: 'Did you mean "javascript"?' }),
    );
    expect(await refusalOf(javascript.execute({}, 'mirror', ''))).toMatchObject({ code: 'SHEAF_LANGUAGE' });
    expect(await refusalOf(javascript.executeFile({}, user.at('none.js')))).toMatchObject({
      code: 'SHEAF_PATH',
    });
  });
});

describe('plugins of the host itself', () => {
  it('are objects in its process, and found before all others', async () => {
    const said: string[] = [];
    const host = await hostOf(await userWith(await release('graph-lens')), runner, {
      core: [
        {
          name: 'house',
          commands: ['greet', 'fail'],
          languages: ['javascript'],
          config: { greeting: 'hello' },
          plugin: {
            init: ({ config, log }) => {
              said.push((config as { greeting: string }).greeting);
              log('info', 'up');
            },
            execute: (command, input) => {
              if (command === 'fail') throw new Error('not today');
              return `${said[0]} ${String(input)}`;
            },
            dispose: () => {
              said.push('disposed');
            },
          },
        },
      ],
    });
    expect(await host.execute('house', 'greet', 'Ada')).toMatchObject({
      output: 'hello Ada',
      isolation: 'none',
    });
    expect(await refusalOf(host.execute('house', 'fail'))).toMatchObject({
      code: 'SHEAF_PLUGIN',
      details: { message: 'not today' },
    });
    expect(host.getExecutor('javascript').plugin.id).toBe('house');
    expect(host.getExecutor('javascript').plugin.log).toMatchObject([
      { by: 'plugin', level: 'info', message: 'up' },
    ]);
    await host.close();
    expect(said).toEqual(['hello', 'disposed']);
  });
});
