/**
 * Runs a command of another query plugin on the host's graph: `{plugin, command, input}` → what it answers.
 * A declared function becomes an import of the module that its file is named after: the capability's id.
 */
export declare function run(at: i32, length: i32): i64;
