import { expect, it } from 'vitest';
import { pluginName } from '../plugin-name.ts';
import { entryOf } from './artifact-entry.ts';

const lens = pluginName('lens');
const BUILD = { command: ['make'], output: 'out/lens' };

it.each([
  ['a module', { kind: 'wasm', platform: 'any' }, 'plugin.wasm'],
  ['a program', { kind: 'binary', platform: 'linux-x64' }, 'lens'],
  ['a program for Windows', { kind: 'binary', platform: 'win32-x64' }, 'lens.exe'],
  ['an archive that names a file', { kind: 'archive', platform: 'any', entry: 'main.mjs' }, 'main.mjs'],
  ['an archive that names none', { kind: 'archive', platform: 'any' }, undefined],
  ['source', { kind: 'source', platform: 'any' }, 'out/lens'],
] as const)('knows the file of %s', (_what, artifact, entry) => {
  expect(entryOf(artifact, lens, BUILD)).toBe(entry);
});
