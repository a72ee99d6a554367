// Whether the protocol of `sheaf bench --against` sees a slowdown of 10 %, and sees none where there is none.
import wabt from 'wabt';
import { readManifest } from '../dist/core/formats/manifest.js';
import { benchSides } from '../dist/ops/authors/bench-plugin.js';
import { connectStarter } from '../dist/wiring/author.js';
import { median, printTable, timed } from './harness.mjs';

const TRIALS = Number(process.argv[2] ?? 40);
/** Rounds of a loop that a call takes some hundred microseconds for. */
const WORK = 200_000;

const encoder = new TextEncoder();
const toolkit = await wabt();
const starter = connectStarter(process.env);
const reporter = { note: () => {} };

/** A plugin whose only command goes through a loop so often; nothing else differs between two of them. */
function sideOf(version, rounds) {
  const toml = `[plugin]\nname = "specimen"\nversion = "${version}"\ndescription = "Work"\n[provides]\ncommands = ["run"]\n`;
  const manifestBytes = encoder.encode(toml);
  const text = `(module (memory (export "memory") 1) (data (i32.const 0) "{\\22ok\\22:1}")
    (func (export "alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "run") (param i32 i32) (result i64) (local $left i32) (local $mixed i32)
      (local.set $left (i32.const ${rounds}))
      (loop $next
        (local.set $mixed (i32.mul (i32.add (local.get $mixed) (local.get $left)) (i32.const 1664525)))
        (br_if $next (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (i32.store (i32.const 2048) (local.get $mixed))
      (i64.const 8)))`;
  const files = [
    { path: 'bench/work.json', kind: 'file', bytes: encoder.encode('{"command": "run", "input": 1}') },
  ];
  const { value: manifest } = readManifest(manifestBytes, 'sheaf.plugin.toml');
  const { buffer } = toolkit.parseWat('specimen.wat', text).toBinary({});
  return {
    plugin: { path: 'specimen', manifest, manifestBytes, files },
    code: { kind: 'wasm', code: buffer },
  };
}

const before = sideOf('1.0.0', WORK);
const subjects = [
  { name: 'the same again', side: sideOf('1.1.0', WORK) },
  { name: '5 % more work', side: sideOf('1.1.0', 210_000) },
  { name: '10 % more work', side: sideOf('1.1.0', 220_000) },
];

const trials = subjects.map(() => []);
for (let trial = 0; trial < TRIALS; trial++) {
  for (const [index, { side }] of subjects.entries()) {
    const { time, result } = await timed(() => benchSides({ starter, reporter }, side, before));
    trials[index].push({ time, ...result.results[0].comparison });
  }
}
await starter.close();

const rows = subjects.map(({ name }, index) => {
  const all = trials[index];
  const counted = (verdict) => all.filter((one) => one.verdict === verdict).length;
  const bounds = all.map(({ lowerBound }) => lowerBound).toSorted((a, b) => a - b);
  return {
    '': name,
    slower: counted('slower'),
    'not slower': counted('not-slower'),
    inconclusive: counted('inconclusive'),
    'median ratio': median(all.map(({ ratio }) => ratio)).toFixed(3),
    'lower bounds': `${bounds[0].toFixed(3)} to ${bounds.at(-1).toFixed(3)}`,
    'controls off by': Math.max(...all.map(({ control }) => Math.abs(control - 1))).toFixed(3),
    'median s': (median(all.map(({ time }) => time)) / 1000).toFixed(1),
  };
});
printTable(`a plugin against the version before (${TRIALS} trials each)`, rows);
