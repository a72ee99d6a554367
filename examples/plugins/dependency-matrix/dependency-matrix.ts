export { alloc } from '../sdk/assemblyscript';

import { ask, command, ok, Value } from '../sdk/assemblyscript';
import { run as runQuery } from '../sdk/capabilities/query';

/**
 * `{nodes: ["a", "b"]}` → `{table, cycles}`: who uses whom, as a Markdown table, and the pairs that use each
 * other. The edges come from graph-query.
 */
export function matrix(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const nodes = input.get('nodes');
    const names: string[] = [];
    for (let i = 0; i < nodes.length; i++) names.push(nodes.at(i).textOr(''));

    const uses: bool[][] = [];
    for (let row = 0; row < names.length; row++) {
      const query = Value.object().set('node', Value.text(names[row]));
      const request = Value.object().set('plugin', Value.text('graph-query'));
      const reply = ask(runQuery, request.set('command', Value.text('neighbours')).set('input', query));
      if (reply.failed) return reply;
      uses.push(new Array<bool>(names.length).fill(false));
      const used = reply.value.get('nodes');
      for (let i = 0; i < used.length; i++) {
        const column = names.indexOf(used.at(i).textOr(''));
        if (column >= 0) uses[row][column] = true;
      }
    }

    const cycles = Value.list();
    for (let row = 0; row < names.length; row++) {
      for (let column = row + 1; column < names.length; column++) {
        if (uses[row][column] && uses[column][row]) cycles.add(Value.texts([names[row], names[column]]));
      }
    }
    return ok(
      Value.object()
        .set('table', Value.text(table(names, uses)))
        .set('cycles', cycles),
    );
  });
}

function table(names: string[], uses: bool[][]): string {
  const heads: string[] = [];
  for (let i = 0; i < names.length; i++) heads.push(names[i].replaceAll('|', '\\|').replaceAll('\n', ' '));
  const lines = ['| uses | ' + heads.join(' | ') + ' |', '|---'.repeat(heads.length + 1) + '|'];
  for (let row = 0; row < names.length; row++) {
    const cells: string[] = [];
    for (let column = 0; column < names.length; column++) {
      cells.push(row == column ? '–' : uses[row][column] ? '×' : ' ');
    }
    lines.push('| **' + heads[row] + '** | ' + cells.join(' | ') + ' |');
  }
  return lines.join('\n') + '\n';
}
