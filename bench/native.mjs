// What a native plugin costs, and what bubblewrap adds, against a Node child that does nothing but answer.
import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../dist/core/formats/manifest.js';
import { createBubblewrapSandbox, whyNoBubblewrap } from '../dist/host/bubblewrap-sandbox.js';
import { startNative } from '../dist/host/native-plugin.js';
import { createPlainSandbox } from '../dist/host/plain-sandbox.js';
import { ECHO_C, ECHO_JS, programOf } from './echo.mjs';
import { percentileRows, printTable, timed } from './harness.mjs';

const CALLS = Number(process.argv[2] ?? 5_000);
const STARTS = 50;

const MANIFEST = `
  [plugin]
  name = "echo"
  version = "1.0.0"
  description = "Answers"
  author = "bench"
  license = "MIT"
  repository = "https://git.example.org/bench/echo"
  [compatibility]
  [performance]
  [security]
  tier = "native"
  capabilities = []`;

const HANDLERS = { hostCall: async () => null, log: () => {} };
const { value: manifest } = readManifest(new TextEncoder().encode(MANIFEST), 'sheaf.plugin.toml');
const why = await whyNoBubblewrap();
if (why !== undefined) throw new Error(`Nothing to compare: ${why}.`);

const directory = await mkdtemp(join(tmpdir(), 'sheaf-bench-'));
await chmod(directory, 0o755);
await writeFile(join(directory, 'echo.cjs'), ECHO_JS);
await writeFile(join(directory, 'echo.c'), ECHO_C);
spawnSync(programOf('gcc', 'clang', 'clang-19'), ['-O2', '-o', 'echo', 'echo.c'], {
  cwd: directory,
  stdio: 'inherit',
});

const plain = createPlainSandbox();
const bubblewrap = createBubblewrapSandbox();
const start = (entry, sandbox) =>
  startNative({ manifest, directory, entry, granted: [], config: {}, network: false }, sandbox, HANDLERS);
const SUBJECTS = [
  { name: 'Node, not isolated', entry: 'echo.cjs', sandbox: plain },
  { name: 'Node, bubblewrap', entry: 'echo.cjs', sandbox: bubblewrap },
  { name: 'C, not isolated', entry: 'echo', sandbox: plain },
  { name: 'C, bubblewrap', entry: 'echo', sandbox: bubblewrap },
];

async function calls() {
  const subjects = await Promise.all(
    SUBJECTS.map(async ({ name, entry, sandbox }) => ({
      name,
      samples: [],
      plugin: await start(entry, sandbox),
    })),
  );
  for (let round = -500; round < CALLS; round++) {
    for (const { plugin, samples } of subjects) {
      const { time } = await timed(() => plugin.execute('run', { round }));
      if (round >= 0) samples.push(time);
    }
  }
  await Promise.all(subjects.map(({ plugin }) => plugin.dispose()));
  printTable(`Call (${CALLS} each)`, percentileRows(subjects, 'µs', 1_000));
}

async function starts() {
  const subjects = SUBJECTS.map((subject) => ({ ...subject, samples: [] }));
  for (let round = -2; round < STARTS; round++) {
    for (const { entry, sandbox, samples } of subjects) {
      const { time, result } = await timed(() => start(entry, sandbox));
      if (round >= 0) samples.push(time);
      await result.dispose();
    }
  }
  printTable(`From nothing to an initialized plugin (${STARTS} each)`, percentileRows(subjects, 'ms', 1));
}

try {
  await calls();
  await starts();
} finally {
  await rm(directory, { recursive: true, force: true });
}
