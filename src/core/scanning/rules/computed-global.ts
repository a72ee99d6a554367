import type { AnyNode } from 'acorn';
import type { ScanRule } from '../scan-rule.ts';
import { matchesInScripts } from '../subject.ts';
import { isGlobalObject, memberName } from '../syntax.ts';

/** `globalThis[name]` reaches eval without its name standing anywhere. */
export const computedGlobal: ScanRule = {
  id: 'computed-global',
  level: 'medium',
  title: 'a script reaches a global by a computed name',
  fix: 'Write the name of the global.',
  vulnerable: {
    files: { 'plugin.js': 'export const run = (input) => globalThis["ev" + "al"](input.code);' },
  },
  clean: {
    files: { 'plugin.js': 'export const run = (input) => globalThis["JSON"].parse(input.table["a" + "b"]);' },
  },
  find: (subject) =>
    matchesInScripts(subject, (given) => {
      const node = given as AnyNode;
      if (node.type !== 'MemberExpression' || !isGlobalObject(node.object)) return undefined;
      return memberName(node) === undefined ? 'The name of a global is computed.' : undefined;
    }),
};
