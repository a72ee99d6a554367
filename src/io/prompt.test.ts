import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createPrompt, type PromptOptions } from './prompt.ts';

const FLAG = '--accept-capabilities';

/** A terminal on which `typed` is typed as soon as something is asked, and what it shows. */
function terminal(typed: string | undefined, options: Partial<PromptOptions> = {}) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  let shown = '';
  output.on('data', (chunk: Buffer) => {
    if (shown === '' && typed !== undefined) setImmediate(() => input.write(typed));
    shown += chunk.toString();
  });
  const prompt = createPrompt({ input, output, noInput: false, ...options });
  return { prompt, shown: () => shown };
}

it.each([
  ['y\r', true],
  ['YES\r', true],
  ['n\r', false],
  ['\r', false],
  ['yellow\r', false],
])('reads %j as %s', async (typed, answer) => {
  expect(await terminal(typed).prompt.confirm('Go on?', FLAG)).toBe(answer);
});

it('refuses with the flag that answers, with --no-input and without a terminal', async () => {
  const refusal = { code: 'SHEAF_CANCELLED', hint: `Answer beforehand with ${FLAG}.` };
  const { prompt } = terminal('y\r', { noInput: true });
  await expect(prompt.confirm('Go on?', FLAG)).rejects.toMatchObject(refusal);
  const piped = createPrompt({
    input: new PassThrough(),
    output: new PassThrough(),
    noInput: false,
  });
  await expect(piped.confirm('Go on?', FLAG)).rejects.toMatchObject(refusal);
});

it.each([
  ['Ctrl-C', '\u0003'],
  ['Ctrl-D', '\u0004'],
])('takes %s for an interrupt, not for an answer', async (_, typed) => {
  await expect(terminal(typed).prompt.confirm('Go on?', FLAG)).rejects.toMatchObject({
    code: 'SHEAF_INTERRUPTED',
  });
});

it('stops waiting when the command is interrupted', async () => {
  const controller = new AbortController();
  const asking = terminal(undefined, { signal: controller.signal }).prompt.confirm('Go on?', FLAG);
  setImmediate(() => controller.abort());
  await expect(asking).rejects.toMatchObject({ code: 'SHEAF_INTERRUPTED' });
});

it('shows what a registry calls itself without obeying it', async () => {
  const { prompt, shown } = terminal('n\r');
  await prompt.confirm('Trust "\u001b[2Jacme\u202e"?', FLAG);
  expect(shown()).toContain(String.raw`Trust "\u001b[2Jacme\u202e"?`);
  expect(shown()).not.toContain('\u001b[2J');
});
