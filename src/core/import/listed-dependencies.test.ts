import { expect, it } from 'vitest';
import { listedDependencies } from './listed-dependencies.ts';

function read(...entries: readonly string[]) {
  const lost: number[] = [];
  const listed = listedDependencies(
    entries,
    (id) => id === 'Go_Executor',
    (index) => lost.push(index),
  );
  return { ...listed, lost };
}

it('a list of dependencies tells plugins with a range from commands', () => {
  expect(read('users@^1.0.0', 'rustc', 'graph_lens@>=1 <3', ' cargo ')).toEqual({
    plugins: {
      users: { range: '^1.0.0', optional: false },
      'graph-lens': { range: '>=1 <3', optional: false },
    },
    requires: { rustc: '*', cargo: '*' },
    lost: [],
  });
});

it('a name without a range is a plugin when the list has one of that name', () => {
  expect(read('Go_Executor')).toMatchObject({ plugins: { 'go-executor': { range: '*' } }, requires: {} });
});

it('what is neither is lost, and is told', () => {
  const strange = ['users@', 'users@soon', '@scope/name', 'rm -rf /', '', 'a\u202eb@1', '日本@^1', '../x'];
  expect(read(...strange)).toEqual({ plugins: {}, requires: {}, lost: strange.map((_, index) => index) });
});
