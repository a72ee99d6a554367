/** The module from which toolchains import the system interface that C and Rust libraries are built on. */
export const WASI_MODULE = 'wasi_snapshot_preview1';

/**
 * The functions of WASI preview 1 that ordinary toolchains link into a library, with their types. All but a few
 * are refused at run time (runner/wasi-stub.ts): a plugin reaches the world through capabilities. A module that
 * imports any other function of WASI is refused when it is loaded.
 */
export const WASI_FUNCTIONS: Readonly<Record<string, string>> = {
  args_get: '(i32, i32) -> i32',
  args_sizes_get: '(i32, i32) -> i32',
  clock_time_get: '(i32, i64, i32) -> i32',
  environ_get: '(i32, i32) -> i32',
  environ_sizes_get: '(i32, i32) -> i32',
  fd_close: '(i32) -> i32',
  fd_fdstat_get: '(i32, i32) -> i32',
  fd_prestat_dir_name: '(i32, i32, i32) -> i32',
  fd_prestat_get: '(i32, i32) -> i32',
  fd_read: '(i32, i32, i32, i32) -> i32',
  fd_seek: '(i32, i64, i32, i32) -> i32',
  fd_write: '(i32, i32, i32, i32) -> i32',
  proc_exit: '(i32) -> ()',
  random_get: '(i32, i32) -> i32',
  sched_yield: '() -> i32',
};
