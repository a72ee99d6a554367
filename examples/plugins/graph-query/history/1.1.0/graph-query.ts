export { alloc } from '../../../sdk/assemblyscript';

import { command, fail, ok, Value } from '../../../sdk/assemblyscript';

/** Where the edges of a node lead. */
function successors(edges: Value, node: string): string[] {
  const nodes: string[] = [];
  for (let i = 0; i < edges.length; i++) {
    const to = edges.at(i).get('to').textOr('');
    if (edges.at(i).get('from').textOr('') == node && !nodes.includes(to)) nodes.push(to);
  }
  return nodes;
}

/** `{graph, node}` → `{nodes}`: where the edges of the node lead. */
export function neighbours(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const nodes = successors(input.get('graph').get('edges'), input.get('node').textOr(''));
    return ok(Value.object().set('nodes', Value.texts(nodes)));
  });
}

/** `{graph, node}` → the number of edges that touch the node. */
export function degree(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const node = input.get('node').textOr('');
    const edges = input.get('graph').get('edges');
    let count = 0;
    for (let i = 0; i < edges.length; i++) {
      if (edges.at(i).get('from').textOr('') == node) count++;
      if (edges.at(i).get('to').textOr('') == node) count++;
    }
    return ok(Value.number(count));
  });
}

/** `{graph, from, to}` → `{path}`: the nodes between the two, both included. */
export function path(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const steps: string[] = [];
    const edges = input.get('graph').get('edges');
    if (!walk(edges, input.get('from').textOr(''), input.get('to').textOr(''), steps)) {
      return fail('NO_PATH', 'No path leads there.');
    }
    return ok(Value.object().set('path', Value.texts(steps.reverse())));
  });
}

/** Depth-first; collects the steps from the end. */
function walk(edges: Value, from: string, to: string, steps: string[]): bool {
  let found = from == to;
  const nodes = successors(edges, from);
  for (let i = 0; i < nodes.length && !found; i++) found = walk(edges, nodes[i], to, steps);
  if (found) steps.push(from);
  return found;
}
