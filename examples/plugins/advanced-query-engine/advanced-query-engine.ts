export { alloc } from '../sdk/assemblyscript';

import { ask, command, fail, ok, Reply, Value } from '../sdk/assemblyscript';
import { run as runQuery } from '../sdk/capabilities/query';

/** `{node, hops?}` → `{nodes}`: what can be reached from a node in at most so many steps, nearest first. */
export function reach(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const found = spread(input, 'out');
    return found.failed ? found : ok(Value.object().set('nodes', found.value));
  });
}

/** `{node, hops?}` → `{nodes}`: what depends on a node and may break when it changes, nearest first. */
export function impact(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const found = spread(input, 'in');
    return found.failed ? found : ok(Value.object().set('nodes', found.value));
  });
}

/** `{nodes}` → `{nodes}`: what every one of the given nodes depends on, directly or not. */
export function common(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const starts = input.get('nodes');
    const counts = new Map<string, i32>();
    for (let i = 0; i < starts.length; i++) {
      const found = spread(Value.object().set('node', starts.at(i)), 'out');
      if (found.failed) return found;
      for (let j = 0; j < found.value.length; j++) {
        const name = found.value.at(j).textOr('');
        counts.set(name, (counts.has(name) ? counts.get(name) : 0) + 1);
      }
    }
    const shared: string[] = [];
    const names = counts.keys();
    for (let i = 0; i < names.length; i++) if (counts.get(names[i]) == starts.length) shared.push(names[i]);
    return ok(Value.object().set('nodes', Value.texts(shared)));
  });
}

/** Breadth-first from `input.node`, one layer a hop, without the node itself. */
function spread(input: Value, direction: string): Reply {
  const start = input.get('node').textOr('');
  if (start == '') return fail('INVALID_INPUT', 'Say which node to start from: {"node": "…"}.');
  const seen = [start];
  const hops = input.get('hops').numberOr(64) as i32;
  let layerFrom = 0;
  for (let hop = 0; hop < hops && layerFrom < seen.length; hop++) {
    const layerEnd = seen.length;
    for (; layerFrom < layerEnd; layerFrom++) {
      const reply = neighbours(seen[layerFrom], direction);
      if (reply.failed) return reply;
      const nodes = reply.value.get('nodes');
      for (let i = 0; i < nodes.length; i++) {
        const name = nodes.at(i).textOr('');
        if (!seen.includes(name)) seen.push(name);
      }
    }
  }
  return ok(Value.texts(seen.slice(1)));
}

function neighbours(node: string, direction: string): Reply {
  const input = Value.object().set('node', Value.text(node)).set('direction', Value.text(direction));
  const request = Value.object().set('plugin', Value.text('graph-query'));
  return ask(runQuery, request.set('command', Value.text('neighbours')).set('input', input));
}
