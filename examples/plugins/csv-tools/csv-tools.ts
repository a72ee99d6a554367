export { alloc } from '../sdk/assemblyscript';

import { command, fail, ok, Reply, Value } from '../sdk/assemblyscript';

/** `{text, delimiter?}` → `{rows}`: every record as a list of texts (RFC 4180, line feeds accepted too). */
export function parse(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const rows = read(input);
    return rows.failed ? rows : ok(Value.object().set('rows', rows.value));
  });
}

/** `{text, delimiter?}` → `{records}`: every record as an object, named by the first line. */
export function records(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const rows = read(input);
    if (rows.failed) return rows;
    const records = Value.list();
    const names = rows.value.at(0);
    for (let i = 1; i < rows.value.length; i++) {
      const record = Value.object();
      if (rows.value.at(i).length != names.length) {
        return fail(
          'INVALID_CSV',
          'Record ' + i.toString() + ' has another number of fields than the header.',
        );
      }
      for (let j = 0; j < names.length; j++) record.set(names.at(j).textOr(''), rows.value.at(i).at(j));
      records.add(record);
    }
    return ok(Value.object().set('records', records));
  });
}

/** `{rows, delimiter?}` → `{text}`: quoted only where it must be, lines end with CRLF. */
export function format(at: i32, length: i32): i64 {
  return command(at, length, (input) => {
    const delimiter = input.get('delimiter').textOr(',');
    const rows = input.get('rows');
    const lines: string[] = [];
    for (let i = 0; i < rows.length; i++) {
      const row = rows.at(i);
      const fields: string[] = [];
      for (let j = 0; j < row.length; j++) fields.push(quoted(row.at(j), delimiter));
      lines.push(fields.join(delimiter) + '\r\n');
    }
    return ok(Value.object().set('text', Value.text(lines.join(''))));
  });
}

function quoted(field: Value, delimiter: string): string {
  const text = field.isNothing ? '' : field.textOr(field.toString());
  const plain =
    !text.includes(delimiter) && !text.includes('"') && !text.includes('\n') && !text.includes('\r');
  return plain ? text : '"' + text.replaceAll('"', '""') + '"';
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
