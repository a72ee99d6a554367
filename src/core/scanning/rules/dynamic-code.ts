import type { Node } from 'acorn';
import type { ScanRule } from '../scan-rule.ts';
import { matchesInScripts } from '../subject.ts';
import { calleeName } from '../syntax.ts';

const TIMERS: ReadonlySet<string> = new Set(['setTimeout', 'setInterval']);

/** Code that is made from text when the program runs can be anything, and nobody has read it. */
export const dynamicCode: ScanRule = {
  id: 'dynamic-code',
  level: 'high',
  title: 'a script makes code from text',
  fix: 'Write the code out, or interpret data without eval, Function and text for timers.',
  vulnerable: { files: { 'plugin.js': 'export const run = (input) => new Function("x", input.code)(1);' } },
  clean: {
    files: { 'plugin.js': 'export const run = (input) => JSON.parse(input.text); // no eval(input)' },
  },
  find: (subject) =>
    matchesInScripts(subject, (node) => {
      const name = calleeName(node);
      if (name === 'eval' || name === 'Function') return `The script calls ${name}.`;
      if (name !== undefined && TIMERS.has(name) && isText(node)) return `The script gives text to ${name}.`;
      return undefined;
    }),
};

function isText(node: Node): boolean {
  const [first] = (node as Node & { readonly arguments: readonly Node[] }).arguments;
  return (
    first?.type === 'TemplateLiteral' ||
    (first?.type === 'Literal' && typeof (first as Node & { value?: unknown }).value === 'string')
  );
}
