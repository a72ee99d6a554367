export { alloc } from '../../../sdk/assemblyscript';

import { command, fail, ok, Reply, Value } from '../../../sdk/assemblyscript';

/** `{text, delimiter?}` → `{rows}`: every record as a list of texts (RFC 4180, line feeds accepted too). */
export function parse(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const rows = read(input);
    return rows.failed ? rows : ok(Value.object().set('rows', rows.value));
  });
}

/** Reads all records as a list of lists of texts. */
function read(input: Value): Reply {
  const text = input.get('text').textOr('');
  const delimiter = input.get('delimiter').textOr(',');
  if (delimiter.length != 1) return fail('INVALID_INPUT', 'The delimiter is one character.');
  const rows = Value.list();
  let row = Value.list();
  let at = 0;
  while (at < text.length) {
    const parts: string[] = [];
    if (text.charAt(at) == '"') {
      // A doubled quote stands for one; a single one ends the field.
      do {
        const end = text.indexOf('"', ++at);
        if (end < 0) return fail('INVALID_CSV', 'A quoted field does not end.');
        parts.push(text.substring(at, end));
        at = end + 1;
        if (text.charAt(at) == '"') parts.push('"');
      } while (text.charAt(at) == '"');
    } else {
      const from = at;
      while (at < text.length && !'\r\n'.includes(text.charAt(at)) && text.charAt(at) != delimiter) at++;
      parts.push(text.substring(from, at));
    }
    row.add(Value.text(parts.join('')));

    if (text.charAt(at) == delimiter) {
      at++;
      if (at == text.length) row.add(Value.text(''));
      else continue;
    } else if (text.substring(at, at + 2) == '\r\n') at += 2;
    else if (text.charAt(at) == '\n') at++;
    else if (at < text.length) return fail('INVALID_CSV', 'Text follows a quoted field.');
    rows.add(row);
    row = Value.list();
  }
  return ok(rows);
}
