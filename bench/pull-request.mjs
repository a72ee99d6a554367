// How long a release takes from its pull request to an index that clients can install from, by the life that
// test/pull-request-life.test.ts carries out: every step of the workflows, the jobs one after the other.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, printTable, run } from './harness.mjs';

const ROUNDS = Number(process.argv[2] ?? 3);
/** Seconds that a release may take, people left out. */
const BOUND = 60;

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const VITEST = join(REPOSITORY, 'node_modules/vitest/vitest.mjs');
const LIFE = 'test/pull-request-life.test.ts';

const directory = mkdtempSync(join(tmpdir(), 'sheaf-life-'));
const rounds = [];
try {
  for (let round = 0; round < ROUNDS; round++) {
    const file = join(directory, `${round}.json`);
    const command = [process.execPath, VITEST, 'run', LIFE];
    await run(command, { cwd: REPOSITORY, env: { SHEAF_LIFE_TIMES: file } });
    rounds.push(JSON.parse(readFileSync(file, 'utf8')));
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}

const rowOf = (name, seconds) => ({
  '': name,
  'min s': Math.min(...seconds).toFixed(2),
  'median s': median(seconds).toFixed(2),
  'max s': Math.max(...seconds).toFixed(2),
});

for (const chapter of new Set(rounds[0].map((row) => row.chapter))) {
  const ofRound = rounds.map((rows) => rows.filter((row) => row.chapter === chapter));
  const rows = ofRound[0].map(({ what }, index) =>
    rowOf(
      what,
      ofRound.map((own) => own[index].seconds),
    ),
  );
  const totals = ofRound.map((own) =>
    own.filter(({ what }) => what.includes('.yml')).reduce((sum, { seconds }) => sum + seconds, 0),
  );
  if (totals[0] > 0) {
    const met = Math.max(...totals) <= BOUND ? 'met' : 'missed';
    rows.push(rowOf(`pull request to index; at most ${BOUND} s: ${met}`, totals));
  }
  printTable(`${chapter} (${ROUNDS} rounds)`, rows);
}
