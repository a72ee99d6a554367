export { alloc } from '../sdk/assemblyscript';

import { command, ok, Value } from '../sdk/assemblyscript';

/** A quoted identifier of the DOT language, in which only the quote and the backslash are special. */
function quoted(text: string): string {
  return '"' + text.replaceAll('\\', '\\\\').replaceAll('"', '\\"') + '"';
}

/** `{graph: {nodes?: [{id}], edges: [{from, to}]}}` → `{text}`, a directed graph for Graphviz. */
export function dot(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const lines = ['digraph {'];
    const nodes = input.get('graph').get('nodes');
    for (let i = 0; i < nodes.length; i++) lines.push('  ' + quoted(nodes.at(i).get('id').textOr('')) + ';');
    const edges = input.get('graph').get('edges');
    for (let i = 0; i < edges.length; i++) {
      const from = quoted(edges.at(i).get('from').textOr(''));
      lines.push('  ' + from + ' -> ' + quoted(edges.at(i).get('to').textOr('')) + ';');
    }
    lines.push('}\n');
    return ok(Value.object().set('text', Value.text(lines.join('\n'))));
  });
}
