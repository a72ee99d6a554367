// The smallest native plugins: programs that answer each line of protocol 1, in what their authors may write them.
import { spawnSync } from 'node:child_process';

export const ECHO_C = `
  #include <stdio.h>
  #include <stdlib.h>
  #include <string.h>
  static char line[65536];
  int main(void) {
    while (fgets(line, sizeof line, stdin) != NULL) {
      long id = strtol(strstr(line, "\\"id\\":") + 5, NULL, 10);
      int first = strstr(line, "\\"initialize\\"") != NULL;
      const char *result = first ? "{\\"protocol\\":1,\\"commands\\":[\\"run\\"]}" : "1";
      printf("{\\"jsonrpc\\":\\"2.0\\",\\"id\\":%ld,\\"result\\":%s}\\n", id, result);
      fflush(stdout);
    }
    return 0;
  }`;

export const ECHO_JS = `
  let rest = '';
  process.stdin.on('data', (chunk) => {
    rest += chunk;
    for (let at; (at = rest.indexOf('\\n')) >= 0; rest = rest.slice(at + 1)) {
      const { id, method } = JSON.parse(rest.slice(0, at));
      const result = method === 'initialize' ? { protocol: 1, commands: ['run'] } : 1;
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
    }
  });`;

export const ECHO_RUST = `
  use std::io::{BufRead, Write};
  fn main() {
      for line in std::io::stdin().lock().lines() {
          let line = line.unwrap();
          let rest = line.split("\\"id\\":").nth(1).unwrap();
          let id: String = rest.chars().take_while(|c| c.is_ascii_digit()).collect();
          let first = line.contains("\\"initialize\\"");
          let result = if first { "{\\"protocol\\":1,\\"commands\\":[\\"run\\"]}" } else { "1" };
          println!("{{\\"jsonrpc\\":\\"2.0\\",\\"id\\":{},\\"result\\":{}}}", id, result);
          std::io::stdout().flush().unwrap();
      }
  }`;

/** The first of these programs that this machine has. @throws Error when it has none. */
export function programOf(...names) {
  const found = names.find((name) => spawnSync(name, ['--version']).status === 0);
  if (found === undefined) throw new Error(`One of these is needed: ${names.join(', ')}.`);
  return found;
}
