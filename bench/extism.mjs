// sheaf's runner beside Extism's JavaScript SDK: the same work, the same limits, in the same run.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { HOARD_MB, ISOLATION, inExtism, inSheaf, MEMORY_MB, TIMEOUT_MS } from './extism-subjects.mjs';
import { percentileRows, printTable, timed } from './harness.mjs';

const CALLS = Number(process.argv[2] ?? 5_000);
const BATCH = 50;
const STARTS = 30;

/** An observed host that is silent for so long is given up. */
const SILENCE_MS = 5_000;

const INPUT = { items: Array.from({ length: 20 }, (_, value) => ({ label: `item ${value}`, value })) };
const ANSWER = JSON.stringify(INPUT).split('e').length - 1;

const cold = inSheaf(0);
const warm = inSheaf(1);
const SUBJECTS = [
  { name: 'Extism in a worker', key: 'worker', runtime: inExtism(true) },
  { name: "Extism in the host's thread", key: 'same', runtime: inExtism(false) },
  { name: 'sheaf', key: 'sheaf', runtime: cold },
];

async function firstAnswer({ start }) {
  const plugin = await start();
  assert.equal(await plugin.call('run', INPUT), ANSWER);
  return plugin;
}

async function starts() {
  const subjects = [...SUBJECTS, { name: 'sheaf, from a blank runner', runtime: warm }].map((subject) => ({
    ...subject,
    samples: [],
  }));
  for (let round = -1; round < STARTS; round++) {
    for (const { runtime, samples } of subjects) {
      if (runtime === warm) {
        warm.warm();
        // A blank runner tells nobody that it is ready: that is what makes it blank.
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      const { time, result } = await timed(() => firstAnswer(runtime));
      if (round >= 0) samples.push(time);
      await result.close();
    }
  }
  printTable(
    `From the module's bytes to the first answer (${STARTS} each)`,
    percentileRows(subjects, 'ms', 1),
  );
}

async function calls() {
  const subjects = [];
  for (const { name, runtime } of SUBJECTS)
    subjects.push({ name, plugin: await firstAnswer(runtime), samples: [] });
  // In turn and in small batches, so that what disturbs the machine disturbs all of them.
  for (let batch = -2; batch < CALLS / BATCH; batch++) {
    for (const { plugin, samples } of subjects) {
      for (let call = 0; call < BATCH; call++) {
        const { time } = await timed(() => plugin.call('run', INPUT));
        if (batch >= 0) samples.push(time);
      }
      await plugin.rest();
    }
  }
  await Promise.all(subjects.map(({ plugin }) => plugin.close()));
  const bytes = JSON.stringify(INPUT).length;
  printTable(`Call with ${bytes} bytes of JSON (${CALLS} each)`, percentileRows(subjects, 'µs', 1_000));
}

/** Runs a hostile command in a host of its own, and says what could be seen of it from outside. */
async function observe(key, command) {
  const file = fileURLToPath(new URL('extism-hostile.mjs', import.meta.url));
  const host = spawn(process.execPath, ['--no-warnings', file, key, command], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen = { silence: 0 };
  let began;
  let last;
  const givenUp = () => {
    seen.isGivenUp = true;
    host.kill('SIGKILL');
  };
  let patience = setTimeout(givenUp, 2 * SILENCE_MS);
  for await (const line of createInterface({ input: host.stdout })) {
    clearTimeout(patience);
    patience = setTimeout(givenUp, SILENCE_MS);
    const now = performance.now();
    const { event, ...fields } = JSON.parse(line);
    if (event === 'called') began = now;
    else seen.silence = Math.max(seen.silence, now - last);
    last = now;
    if (event === 'ended') Object.assign(seen, fields, { after: now - began });
    if (event === 'closed') seen.isOver = fields.isOver;
  }
  clearTimeout(patience);
  if (began === undefined) throw new Error(`The host of ${key} did not get as far as calling "${command}".`);
  return seen;
}

async function memory() {
  const rows = [];
  for (const { name, key } of SUBJECTS) {
    const { how, answer } = await observe(key, 'hoard');
    rows.push({
      '': name,
      'memory reached': answer === undefined ? how : `${answer} MiB`,
      'limit holds': answer <= MEMORY_MB ? 'yes' : 'no',
    });
  }
  printTable(`Memory, limited to ${MEMORY_MB} MiB; the plugin stops by itself at ${HOARD_MB} MiB`, rows);
}

async function timeout() {
  const rows = [];
  for (const { name, key } of SUBJECTS) {
    const { how, after, silence, isOver, isGivenUp } = await observe(key, 'spin');
    rows.push({
      '': name,
      'call ends': how ?? 'never',
      'after ms': after?.toFixed(0),
      'host silent for': isGivenUp ? `over ${SILENCE_MS} ms` : `${silence.toFixed(0)} ms`,
      'after close()': isGivenUp ? 'never reached' : isOver ? 'caller knows' : 'caller waits on',
    });
  }
  printTable(`Endless loop, limited to ${TIMEOUT_MS} ms`, rows);
}

const released = new URL('../node_modules/@extism/extism/package.json', import.meta.url);
const { name, version } = JSON.parse(readFileSync(released, 'utf8'));
console.log(`${name} ${version}; sheaf isolated by: ${ISOLATION}`);
try {
  await starts();
  await calls();
  await memory();
  await timeout();
} finally {
  await Promise.all([cold.dispose(), warm.dispose()]);
}
