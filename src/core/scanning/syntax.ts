import type { AnyNode, Node } from 'acorn';

/**
 * The name of what a node calls or constructs: `eval` for `eval(x)`, `globalThis.eval(x)`, `window['eval'](x)` and
 * `new Function(x)`; undefined for other nodes.
 */
export function calleeName(given: Node): string | undefined {
  const node = given as AnyNode;
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
  let callee: AnyNode = node.callee;
  // `(0, eval)(x)` is the usual way to hide it.
  if (callee.type === 'ParenthesizedExpression') callee = callee.expression;
  if (callee.type === 'SequenceExpression') callee = callee.expressions.at(-1) ?? callee;
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type !== 'MemberExpression') return undefined;
  return isGlobalObject(callee.object) ? memberName(callee) : undefined;
}

/** Whether a node is the global object by one of its names. */
export function isGlobalObject(given: Node): boolean {
  const node = given as AnyNode;
  return node.type === 'Identifier' && ['globalThis', 'global', 'window', 'self'].includes(node.name);
}

/** The name of a member where it can be read: `a.b`, `a['b']`. */
export function memberName(given: Node): string | undefined {
  const node = given as AnyNode;
  if (node.type !== 'MemberExpression') return undefined;
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return literalText(node.property);
}

/** The text of a literal, or of a template without expressions. */
export function literalText(given: Node): string | undefined {
  const node = given as AnyNode;
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral' || node.expressions.length > 0) return undefined;
  return node.quasis[0]?.value.cooked ?? undefined;
}

/** What a node imports: the argument or source of `import x from`, `export … from`, `import()` and `require()`. */
export function importedFrom(given: Node): Node | undefined {
  const node = given as AnyNode;
  if (node.type === 'CallExpression') return calleeName(node) === 'require' ? node.arguments[0] : undefined;
  const isImport =
    node.type === 'ImportDeclaration' ||
    node.type === 'ImportExpression' ||
    node.type === 'ExportAllDeclaration' ||
    node.type === 'ExportNamedDeclaration';
  return isImport ? (node.source ?? undefined) : undefined;
}
