/** A module of ABI 1 in the text format, with more fields before its functions. */
export function exampleModule(fields = '', memory = '1 4'): string {
  return `(module ${fields} (memory (export "memory") ${memory})
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "run") (param i32 i32) (result i64) (i64.const 0)))`;
}
