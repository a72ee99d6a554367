// The same plugin for sheaf and for Extism's JavaScript SDK, and the ways in which each of them runs it.
import { newPlugin } from '@extism/extism';
import wabt from 'wabt';
import { readManifest } from '../dist/core/formats/manifest.js';
import { bestSandbox } from '../dist/host/best-sandbox.js';
import { createRunnerPool, findRunner } from '../dist/host/runner-pool.js';
import { startInRunner } from '../dist/host/wasm-plugin.js';

/** What both are told, of memory and of time for a call. */
export const MEMORY_MB = 10;
export const TIMEOUT_MS = 500;

/** Where `hoard` stops by itself, so that the machine survives a limit that does not hold. */
export const HOARD_MB = 512;

/** Memory stands where the input is read to; the answer is a number of eight places, which JSON lets begin with blanks. */
const WORK = `
  (func $count (param $at i32) (param $length i32) (result i32)
    (local $end i32) (local $found i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $found
          (i32.add (local.get $found) (i32.eq (i32.load8_u (local.get $at)) (i32.const 101))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (local.get $found))
  (func $write (param $at i32) (param $number i32)
    (local $last i32)
    (i64.store (local.get $at) (i64.const 0x2020202020202020))
    (local.set $last (i32.add (local.get $at) (i32.const 7)))
    (loop $digit
      (i32.store8 (local.get $last)
        (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $last (i32.sub (local.get $last) (i32.const 1)))
      (br_if $digit (local.tee $number (i32.div_u (local.get $number) (i32.const 10))))))
  (func $hoard (result i32)
    (loop $more
      (br_if $more
        (i32.and
          (i32.ne (memory.grow (i32.const 16)) (i32.const -1))
          (i32.lt_u (memory.size) (i32.const ${HOARD_MB * 16})))))
    (i32.div_u (memory.size) (i32.const 16)))
  (func $spin (loop $forever (br $forever)))`;

/** Wasm ABI 1 of sheaf: docs/plugin-abi.md. */
const FOR_SHEAF = `(module
  (memory (export "memory") 2)
  (data (i32.const 0) "{\\22ok\\22:        }")
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  ${WORK}
  (func $answer (param $number i32) (result i64)
    (call $write (i32.const 6) (local.get $number))
    (i64.const 15))
  (func (export "run") (param i32 i32) (result i64)
    (call $answer (call $count (local.get 0) (local.get 1))))
  (func (export "hoard") (param i32 i32) (result i64) (call $answer (call $hoard)))
  (func (export "spin") (param i32 i32) (result i64) (call $spin) (i64.const 0)))`;

/** What Extism's plugin kits do: copy the input by words, and the answer into a block of the host. */
const FOR_EXTISM = `(module
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (memory (export "memory") 2)
  ${WORK}
  (func $read (result i32)
    (local $at i64) (local $length i64)
    (local.set $length (call $input_length))
    (block $words
      (loop $word
        (br_if $words (i64.gt_u (i64.add (local.get $at) (i64.const 8)) (local.get $length)))
        (i64.store (i32.add (i32.const 1024) (i32.wrap_i64 (local.get $at)))
          (call $input_load_u64 (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 8)))
        (br $word)))
    (block $bytes
      (loop $byte
        (br_if $bytes (i64.ge_u (local.get $at) (local.get $length)))
        (i32.store8 (i32.add (i32.const 1024) (i32.wrap_i64 (local.get $at)))
          (call $input_load_u8 (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 1)))
        (br $byte)))
    (i32.wrap_i64 (local.get $length)))
  (func $answer (param $number i32) (result i32)
    (local $block i64)
    (call $write (i32.const 0) (local.get $number))
    (local.set $block (call $alloc (i64.const 8)))
    (call $store_u64 (local.get $block) (i64.load (i32.const 0)))
    (call $output_set (local.get $block) (i64.const 8))
    (i32.const 0))
  (func (export "run") (result i32)
    (call $answer (call $count (i32.const 1024) (call $read))))
  (func (export "hoard") (result i32) (call $answer (call $hoard)))
  (func (export "spin") (result i32) (call $spin) (i32.const 0)))`;

const MANIFEST = `
  [plugin]
  name = "specimen"
  version = "1.0.0"
  description = "Counts a letter"
  author = "bench"
  license = "MIT"
  repository = "https://git.example.org/bench/specimen"
  [compatibility]
  [performance]
  max_memory_mb = ${MEMORY_MB}
  max_query_time_us = ${(TIMEOUT_MS * 1_000) / 20}
  [security]
  tier = "wasm"
  capabilities = []`;

const compiler = await wabt();
const [forSheaf, forExtism] = [FOR_SHEAF, FOR_EXTISM].map(
  (text) => compiler.parseWat('specimen.wat', text).toBinary({}).buffer,
);
const { value: manifest } = readManifest(new TextEncoder().encode(MANIFEST), 'sheaf.plugin.toml');

const { sandbox } = await bestSandbox();

/** How well that is: `os` or `process`. */
export const ISOLATION = sandbox.level;

/** A runner of sheaf, isolated as a host on this machine does it. @param size blank runners that `warm` keeps ready. */
export function inSheaf(size) {
  const pool = createRunnerPool({ sandbox, runner: findRunner(), size });
  return {
    async start() {
      const plugin = await startInRunner(
        { manifest, kind: 'wasm', code: forSheaf, granted: [], config: {} },
        pool,
        { hostCall: async () => null, log: () => {} },
      );
      return {
        call: async (command, input) => (await plugin.execute(command, input)).output,
        rest: async () => {},
        close: () => plugin.dispose(),
      };
    },
    warm: () => pool.warm(),
    dispose: () => pool.dispose(),
  };
}

/**
 * Extism's SDK, which is given the limits in the words of Extism's manifest. Version 1.0.3 reads neither: what is
 * measured is that there is none, not that one fails.
 */
export function inExtism(runInWorker) {
  const limits = { memory: { max_pages: MEMORY_MB * 16, maxPages: MEMORY_MB * 16 } };
  const timeout = { timeout_ms: TIMEOUT_MS, timeoutMs: TIMEOUT_MS };
  return {
    async start() {
      const plugin = await newPlugin({ wasm: [{ data: forExtism }], ...limits, ...timeout }, { runInWorker });
      return {
        call: async (command, input) => (await plugin.call(command, JSON.stringify(input))).json(),
        // It keeps the inputs and outputs of all calls until it is told to forget them.
        rest: () => plugin.reset(),
        close: () => plugin.close(),
      };
    },
    dispose: async () => {},
  };
}
