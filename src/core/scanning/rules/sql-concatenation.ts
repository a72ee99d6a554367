import type { AnyNode, Node } from 'acorn';
import type { ScanRule } from '../scan-rule.ts';
import { matchesInScripts } from '../subject.ts';
import { literalText } from '../syntax.ts';

const STATEMENT =
  /^\s*(?:select\b[^]*\bfrom|insert\s+into|update\b[^]*\bset|delete\s+from|drop\s+(?:table|database)|alter\s+table|create\s+table)\b/i;

/** A value that becomes part of a statement can end it and begin another one (CWE-89). */
export const sqlConcatenation: ScanRule = {
  id: 'sql-concatenation',
  level: 'high',
  title: 'a script builds SQL out of values',
  fix: 'Hand values over as parameters of a prepared statement.',
  vulnerable: {
    files: {
      'plugin.mjs':
        "export const run = (db, name) => db.query(`SELECT * FROM users WHERE name = '${name}'`);",
    },
  },
  clean: {
    files: {
      'plugin.mjs':
        'export const run = (db, name) => db.query("SELECT * FROM users " + "WHERE name = ?", [name]);',
    },
  },
  find: (subject) =>
    matchesInScripts(subject, (node, parents) => {
      // Of a + b + c only the whole is judged.
      const parent = parents.at(-1);
      if (parent !== undefined && parent.type === node.type) return undefined;
      const parts = partsOf(node);
      const isMixed = parts.some((part) => part === undefined) && parts.length > 1;
      if (!isMixed || !STATEMENT.test(parts.map((part) => part ?? '?').join(''))) return undefined;
      return 'A statement of SQL contains a value.';
    }),
};

/** The texts of a sum or template, undefined for each value between them. */
function partsOf(given: Node): readonly (string | undefined)[] {
  const node = given as AnyNode;
  if (node.type === 'BinaryExpression' && node.operator === '+') {
    return [...partsOf(node.left), ...partsOf(node.right)];
  }
  if (node.type !== 'TemplateLiteral') return [literalText(node)];
  return node.quasis.flatMap(({ value }, index) => [
    value.cooked ?? '',
    ...(index < node.expressions.length ? [undefined] : []),
  ]);
}
