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

/** `{graph, from, to}` → `{path}`: a shortest one, both ends included. Every node is visited once. */
export function path(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const edges = input.get('graph').get('edges');
    const from = input.get('from').textOr('');
    const to = input.get('to').textOr('');
    const cameFrom = new Map<string, string>();
    const queue = [from];
    cameFrom.set(from, from);
    for (let next = 0; next < queue.length && !cameFrom.has(to); next++) {
      const nodes = successors(edges, queue[next]);
      for (let i = 0; i < nodes.length; i++) {
        if (cameFrom.has(nodes[i])) continue;
        cameFrom.set(nodes[i], queue[next]);
        queue.push(nodes[i]);
      }
    }
    if (!cameFrom.has(to)) return fail('NO_PATH', 'No path leads there.');
    const steps = [to];
    for (let node = to; node != from; node = cameFrom.get(node)) steps.push(cameFrom.get(node));
    return ok(Value.object().set('path', Value.texts(steps.reverse())));
  });
}
