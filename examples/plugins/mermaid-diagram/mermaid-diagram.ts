export { alloc } from '../sdk/assemblyscript';

import { command, fail, formatNumber, ok, Value } from '../sdk/assemblyscript';

/** Mermaid reads labels as HTML with `#…;` entities, so what could end a label is written as one. */
function label(text: string): string {
  const escaped = text.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('\n', '<br/>');
  return '"' + escaped + '"';
}

/** Numbers nodes in the order of their first mention and declares each once: ids of ours never clash. */
class Nodes {
  readonly lines: string[] = [];
  private numbers: Map<string, i32> = new Map();

  id(name: string, shown: string): string {
    if (!this.numbers.has(name)) {
      this.numbers.set(name, this.numbers.size);
      this.lines.push('  n' + this.numbers.get(name).toString() + '[' + label(shown) + ']');
    }
    return 'n' + this.numbers.get(name).toString();
  }
}

/** `{graph: {nodes: [{id, label?}], edges: [{from, to, label?}]}, direction?}` → `{text}`, a Mermaid flowchart. */
export function flowchart(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const direction = input.get('direction').textOr('LR');
    if (!['LR', 'RL', 'TB', 'BT'].includes(direction)) {
      return fail('INVALID_INPUT', 'The direction is LR, RL, TB or BT.');
    }
    const nodes = new Nodes();
    const listed = input.get('graph').get('nodes');
    for (let i = 0; i < listed.length; i++) {
      const name = listed.at(i).get('id').textOr('');
      nodes.id(name, listed.at(i).get('label').textOr(name));
    }
    const arrows: string[] = [];
    const edges = input.get('graph').get('edges');
    for (let i = 0; i < edges.length; i++) {
      const from = edges.at(i).get('from').textOr('');
      const to = edges.at(i).get('to').textOr('');
      const text = edges.at(i).get('label').textOr('');
      const arrow = text == '' ? ' --> ' : ' -->|' + label(text) + '| ';
      arrows.push('  ' + nodes.id(from, from) + arrow + nodes.id(to, to));
    }
    const lines = ['flowchart ' + direction].concat(nodes.lines).concat(arrows);
    return ok(Value.object().set('text', Value.text(lines.join('\n') + '\n')));
  });
}

/** `{title?, slices: [{label, value}]}` → `{text}`, a Mermaid pie chart. */
export function pie(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const title = input.get('title').textOr('').replaceAll('\n', ' ');
    const lines = [title == '' ? 'pie' : 'pie title ' + title];
    const slices = input.get('slices');
    for (let i = 0; i < slices.length; i++) {
      const value = slices.at(i).get('value').numberOr(-1);
      if (value <= 0) return fail('INVALID_INPUT', 'Every slice needs a value above 0.');
      lines.push('  ' + label(slices.at(i).get('label').textOr('')) + ' : ' + formatNumber(value));
    }
    return ok(Value.object().set('text', Value.text(lines.join('\n') + '\n')));
  });
}
