export { alloc } from '../../../sdk/assemblyscript';

import { ask, command, fail, ok, Value } from '../../../sdk/assemblyscript';
import { load as loadGraph } from '../../../sdk/capabilities/read-graph';

class Piece {
  constructor(
    readonly id: string,
    readonly text: string,
    /** Estimated tokens: English prose and code average about four characters each. */
    readonly tokens: i32,
    /** What one token of it is worth; infinite when pinned. */
    readonly density: f64,
  ) {}
}

/**
 * `{nodes?, budget}` → `{text, tokens, included, omitted}`: the nodes most worth their tokens, in the order
 * given. Pinned nodes come first. Without `nodes` the host's graph is packed.
 */
export function pack(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const source = input.get('nodes').isNothing ? ask(loadGraph, Value.object()) : ok(input);
    if (source.failed) return source;
    const nodes = source.value.get('nodes');
    const pieces: Piece[] = [];
    for (let i = 0; i < nodes.length; i++) {
      pieces.push(piece(nodes.at(i)));
    }
    const budget = input.get('budget').numberOr(0) as i32;
    if (budget <= 0) return fail('INVALID_INPUT', 'Say how many tokens there are: {"budget": 2000}.');
    return ok(choose(pieces, budget));
  });
}

function piece(node: Value): Piece {
  const text = node.get('text').textOr('');
  const tokens = (text.length + 3) / 4;
  const score = node.get('score').numberOr(1);
  const density = node.get('pinned').isTrue ? Infinity : score / Math.max(1, tokens);
  return new Piece(node.get('id').textOr(''), text, tokens, density);
}

/** Greedy by density, the classic approximation of the knapsack problem; ties keep the given order. */
function choose(pieces: Piece[], budget: i32): Value {
  const order = pieces.slice(0).sort((a, b) => (a.density < b.density ? 1 : a.density > b.density ? -1 : 0));
  const chosen: Piece[] = [];
  let tokens = 0;
  for (let i = 0; i < order.length; i++) {
    if (tokens + order[i].tokens > budget) continue;
    tokens += order[i].tokens;
    chosen.push(order[i]);
  }
  const texts: string[] = [];
  const included: string[] = [];
  const omitted: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (chosen.includes(pieces[i])) {
      included.push(pieces[i].id);
      texts.push(pieces[i].text);
    } else omitted.push(pieces[i].id);
  }
  const result = Value.object()
    .set('text', Value.text(texts.join('\n\n')))
    .set('tokens', Value.number(tokens));
  return result.set('included', Value.texts(included)).set('omitted', Value.texts(omitted));
}
