export { alloc } from '../../../sdk/assemblyscript';

import { command, ok, Value } from '../../../sdk/assemblyscript';

/** `{graph, node}` → `{nodes}`: where the edges of the node lead. */
export function neighbours(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const node = input.get('node').textOr('');
    const edges = input.get('graph').get('edges');
    const nodes: string[] = [];
    for (let i = 0; i < edges.length; i++) {
      const to = edges.at(i).get('to').textOr('');
      if (edges.at(i).get('from').textOr('') == node && !nodes.includes(to)) nodes.push(to);
    }
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
