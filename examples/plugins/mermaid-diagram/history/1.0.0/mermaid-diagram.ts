export { alloc } from '../../../sdk/assemblyscript';

import { command, ok, Value } from '../../../sdk/assemblyscript';

/** `{graph: {edges: [{from, to}]}}` → `{text}`, a Mermaid flowchart. */
export function flowchart(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const names: string[] = [];
    const arrows: string[] = [];
    const edges = input.get('graph').get('edges');
    for (let i = 0; i < edges.length; i++) {
      const from = number(names, edges.at(i).get('from').textOr(''));
      const to = number(names, edges.at(i).get('to').textOr(''));
      arrows.push('  n' + from.toString() + ' --> n' + to.toString());
    }
    const lines = ['flowchart LR'];
    for (let i = 0; i < names.length; i++) {
      lines.push('  n' + i.toString() + '["' + names[i].replaceAll('"', '#quot;') + '"]');
    }
    return ok(Value.object().set('text', Value.text(lines.concat(arrows).join('\n') + '\n')));
  });
}

function number(names: string[], name: string): i32 {
  const known = names.indexOf(name);
  return known < 0 ? names.push(name) - 1 : known;
}
