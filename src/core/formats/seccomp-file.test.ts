import { expect, it } from 'vitest';
import { readSeccompFile } from './seccomp-file.ts';

const read = (text: string) => readSeccompFile(new TextEncoder().encode(text), 'seccomp.json');

it('names system calls that are forbidden', () => {
  expect(read('{ "forbid": ["connect", "kill"] }').value).toEqual({ forbid: ['connect', 'kill'] });
});

it.each([
  ['{ "allow": ["ptrace"] }', 'allow'],
  ['{ "forbid": ["conect"] }', '"conect" is no system call that a plugin can forbid itself.'],
  ['{ "forbid": "connect" }', 'forbid'],
  ['{ "defaultAction": "SCMP_ACT_ALLOW", "forbid": [] }', 'defaultAction'],
  ['[', 'not a JSON object'],
])('refuses %s', (text, what) => {
  const { value, findings } = read(text);
  expect(value).toBeUndefined();
  expect(findings.map(({ message }) => message).join()).toContain(what);
});
