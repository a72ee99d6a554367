export { alloc } from '../sdk/assemblyscript';

import { command, fail, ok, Reply, Value } from '../sdk/assemblyscript';

/** A directed graph with its nodes numbered in the order of their first mention. */
class Graph {
  readonly names: string[] = [];
  readonly out: i32[][] = [];
  readonly in: i32[][] = [];
  private numbers: Map<string, i32> = new Map();

  /** Reads `{"nodes": ["a"], "edges": [{"from": "a", "to": "b"}]}`; nodes that have edges need no mention. */
  constructor(graph: Value) {
    const nodes = graph.get('nodes');
    for (let i = 0; i < nodes.length; i++) this.add(nodes.at(i).textOr(''));
    const edges = graph.get('edges');
    for (let i = 0; i < edges.length; i++) {
      const from = this.add(edges.at(i).get('from').textOr(''));
      const to = this.add(edges.at(i).get('to').textOr(''));
      this.out[from].push(to);
      this.in[to].push(from);
    }
  }

  private add(name: string): i32 {
    if (this.numbers.has(name)) return this.numbers.get(name);
    this.numbers.set(name, this.names.length);
    this.out.push([]);
    this.in.push([]);
    return this.names.push(name) - 1;
  }

  /** The number of a node, or -1. */
  find(name: string): i32 {
    return this.numbers.has(name) ? this.numbers.get(name) : -1;
  }

  namesOf(numbers: i32[]): Value {
    const names: string[] = [];
    for (let i = 0; i < numbers.length; i++) names.push(this.names[numbers[i]]);
    return Value.texts(names);
  }
}

function unknownNode(name: string): Reply {
  return fail('UNKNOWN_NODE', 'The graph has no node "' + name + '".');
}

/** `{graph, node, direction?: "out" | "in" | "both"}` → `{nodes}` in the order of the edges, each once. */
export function neighbours(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const graph = new Graph(input.get('graph'));
    const name = input.get('node').textOr('');
    const node = graph.find(name);
    if (node < 0) return unknownNode(name);
    const direction = input.get('direction').textOr('out');
    const found: i32[] = [];
    if (direction != 'in') addNew(found, graph.out[node]);
    if (direction != 'out') addNew(found, graph.in[node]);
    return ok(Value.object().set('nodes', graph.namesOf(found)));
  });
}

function addNew(found: i32[], nodes: i32[]): void {
  for (let i = 0; i < nodes.length; i++) if (!found.includes(nodes[i])) found.push(nodes[i]);
}

/** `{graph, node}` → `{in, out}`: how many edges end and start at the node. */
export function degree(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const graph = new Graph(input.get('graph'));
    const name = input.get('node').textOr('');
    const node = graph.find(name);
    if (node < 0) return unknownNode(name);
    const counts = Value.object().set('in', Value.number(graph.in[node].length));
    return ok(counts.set('out', Value.number(graph.out[node].length)));
  });
}

/** `{graph, from, to}` → `{path}`, a shortest one along the edges, found by breadth-first search. */
export function path(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const graph = new Graph(input.get('graph'));
    const from = graph.find(input.get('from').textOr(''));
    const to = graph.find(input.get('to').textOr(''));
    if (from < 0) return unknownNode(input.get('from').textOr(''));
    if (to < 0) return unknownNode(input.get('to').textOr(''));

    const cameFrom = new Array<i32>(graph.names.length).fill(-1);
    const queue = [from];
    cameFrom[from] = from;
    for (let next = 0; next < queue.length && cameFrom[to] < 0; next++) {
      const successors = graph.out[queue[next]];
      for (let i = 0; i < successors.length; i++) {
        if (cameFrom[successors[i]] >= 0) continue;
        cameFrom[successors[i]] = queue[next];
        queue.push(successors[i]);
      }
    }
    if (cameFrom[to] < 0) return fail('NO_PATH', 'No path leads there.');

    const steps = [to];
    for (let node = to; node != from; node = cameFrom[node]) steps.push(cameFrom[node]);
    return ok(Value.object().set('path', graph.namesOf(steps.reverse())));
  });
}
