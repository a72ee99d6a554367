// Measures whole processes against a peer: what a person waits for, not what a function takes.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SHEAF = fileURLToPath(new URL('../dist/bin/sheaf.js', import.meta.url));
const SAMPLE_EVERY_MS = 5;

/** The number of plugins from the command line. */
export const pluginsAsked = (otherwise) => Number(process.argv[2] ?? otherwise);

/** A command line of the built sheaf. */
export const sheaf = (...args) => [process.execPath, SHEAF, ...args];

/**
 * Runs a command to its end, its output discarded.
 *
 * @param options.sampleMemory called with its process id every few milliseconds.
 * @returns {Promise<number>} milliseconds.
 * @throws Error with what it printed on standard error, when it fails.
 */
export function run([file, ...args], { cwd, env = {}, sampleMemory } = {}) {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const sampling = sampleMemory && setInterval(() => sampleMemory(child.pid), SAMPLE_EVERY_MS);
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.once('error', reject);
    child.once('close', (status) => {
      clearInterval(sampling);
      if (status === 0) resolve(performance.now() - began);
      else reject(new Error(`${[file, ...args].join(' ')} ended with status ${status}.\n${said}`));
    });
  });
}

/**
 * Runs the subjects in turn (A B C, A B C, …), so that what disturbs the machine disturbs all of them, and prints
 * a row for each: least, median and greatest time, the median of its ratios to the first subject, the peer, in the
 * same round, peak memory of a further run, and the medians of what the server sent and was asked.
 *
 * @param subjects `{ name, command, options, before, server }`; `before` prepares each run, unmeasured.
 * @param options.rounds how often; one more, unmeasured, warms the caches of the machine.
 * @param options.eachRound called before each round, also the unmeasured ones.
 */
export async function compare(title, subjects, { rounds = 10, eachRound = async () => {} } = {}) {
  const runs = subjects.map(() => []);
  for (let round = -1; round < rounds; round++) {
    await eachRound();
    for (const [index, subject] of subjects.entries()) {
      const measured = await measure(subject);
      if (round >= 0) runs[index].push(measured);
    }
  }
  await eachRound();
  const rows = [];
  for (const [index, subject] of subjects.entries()) {
    const ratios = runs[index].map(({ time }, round) => time / runs[0][round].time);
    rows.push({
      '': subject.name,
      ...spread(runs[index].map(({ time }) => time)),
      ratio: median(ratios).toFixed(2),
      'peak MB': await peakMemory(subject),
      ...(subject.server && {
        received: formatBytes(median(runs[index].map(({ bytes }) => bytes))),
        requests: median(runs[index].map(({ requests }) => requests)),
      }),
    });
  }
  printTable(`${title} (${rounds} rounds)`, rows);
}

async function measure({ command, options, before, server }) {
  await before?.();
  const { bytesSent, requests } = server ?? {};
  const time = await run(command, options);
  return { time, bytes: server?.bytesSent - bytesSent, requests: server?.requests - requests };
}

function spread(times) {
  const [least, middle, most] = [Math.min(...times), median(times), Math.max(...times)].map(Math.round);
  return { 'min ms': least, 'median ms': middle, 'max ms': most };
}

/** Prints rows as an aligned table; the columns are those of all rows. */
export function printTable(title, rows) {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => cell(row, column).length)),
  );
  const line = (cells) =>
    cells
      .map((text, index) => (index === 0 ? text.padEnd(widths[0]) : text.padStart(widths[index])))
      .join('  ');
  console.log(`\n## ${title}\n\n${line(columns)}`);
  for (const row of rows) console.log(line(columns.map((column) => cell(row, column))));
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs an action. @returns its result, and the milliseconds until it settled. */
export async function timed(action) {
  const began = performance.now();
  const result = await action();
  return { time: performance.now() - began, result };
}

/** The 50th, the 95th and the 99th percentile. */
export function percentiles(samples) {
  const sorted = samples.toSorted((a, b) => a - b);
  return [0.5, 0.95, 0.99].map((part) => sorted[Math.floor(part * (sorted.length - 1))]);
}

/**
 * Rows of one table: percentiles, and their ratios to those of the first subject, the peer.
 *
 * @param subjects `{ name, samples }`, in milliseconds.
 * @param factor how many of `unit` a millisecond has.
 */
export function percentileRows(subjects, unit, factor) {
  const first = percentiles(subjects[0].samples);
  return subjects.map(({ name, samples }) => {
    const found = percentiles(samples);
    return {
      '': name,
      ...Object.fromEntries(
        ['p50', 'p95', 'p99'].map((p, at) => [`${p} ${unit}`, (found[at] * factor).toFixed(1)]),
      ),
      ...Object.fromEntries(
        ['p50', 'p95', 'p99'].map((p, at) => [`${p} ratio`, (found[at] / first[at]).toFixed(2)]),
      ),
    };
  });
}

function cell(row, column) {
  return String(row[column] ?? '–');
}

/** A number of bytes for people. */
export function formatBytes(bytes) {
  if (bytes < 10_000) return `${Math.round(bytes)} B`;
  return bytes < 10_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Resident memory of a process and its descendants at its highest, in a run that isn't timed; Linux only. */
async function peakMemory({ command, options, before }) {
  if (process.platform !== 'linux') return undefined;
  await before?.();
  let peak = 0;
  const sampleMemory = (pid) => {
    peak = Math.max(peak, memoryOf(pid, processes()));
  };
  await run(command, { ...options, sampleMemory });
  return Math.round(peak / 1000);
}

/** Parent and resident kilobytes of each process, by id: proc(5). */
function processes() {
  const found = new Map();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      found.set(Number(pid), { parent: field('PPid'), resident: field('VmRSS') });
    } catch {
      // It ended between the listing and now.
    }
  }
  return found;
}

function memoryOf(pid, all) {
  let total = all.get(pid)?.resident ?? 0;
  for (const [child, { parent }] of all) if (parent === pid) total += memoryOf(child, all);
  return total;
}
