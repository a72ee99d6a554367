// A native plugin in JavaScript that does what its file name says, up to the first '~'; see hostile.c.
import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';

const [mode] = basename(process.argv[1]).split('~');
const answer = (id, result) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);

function attempt(work) {
  try {
    work();
    return 'done';
  } catch (error) {
    return error.code;
  }
}

const attemptAll = (paths, flags) =>
  Object.fromEntries(paths.map((path) => [path, attempt(() => closeSync(openSync(path, flags)))]));

function reach(port) {
  return new Promise((resolve) => {
    connect(port, '127.0.0.1')
      .on('connect', () => resolve({ connect: 'done' }))
      .on('error', ({ code }) => resolve({ connect: code }));
  });
}

function fill() {
  const block = new Uint8Array(65_536);
  let bytes = 0;
  const write = attempt(() => {
    for (;;) {
      appendFileSync('filled', block);
      bytes += block.length;
    }
  });
  return { write, bytes };
}

const DEEDS = {
  reads: ({ paths }) => attemptAll(paths, 'r'),
  writes: ({ paths }) => attemptAll(paths, 'a'),
  reaches: ({ port }) => reach(port),
  fills: fill,
  grows() {
    for (const kept = []; ; ) kept.push(Buffer.alloc(1_048_576, 1));
  },
  leaves() {
    spawn(process.execPath, [process.argv[1].replace('leaves', 'mute')], {
      detached: true,
      stdio: 'inherit',
    });
    process.exit(3);
  },
  spins() {
    for (;;);
  },
  forks() {
    for (;;) spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' }).on('error', () => {});
  },
  kills() {
    attempt(() => process.kill(process.ppid, 'SIGKILL'));
    attempt(() => process.kill(1, 'SIGKILL'));
    return 'alive';
  },
  floods() {
    for (let count = 0; count < 512; count += 1) writeSync(2, 'x'.repeat(65_536));
    return 'well';
  },
};

if (mode === 'mute') setInterval(() => {}, 1_000_000);
else if (mode === 'deaf') {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1_000_000);
}
if (mode === 'forks' && process.ppid !== 1) DEEDS.forks();

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (mode === 'mute') continue;
  if (method === 'initialize') {
    if (mode === 'garbage') console.log('TypeError: undefined is not a function');
    else answer(id, { protocol: 1, commands: ['run'] });
  } else if (method === 'execute') {
    if (mode === 'long-line') for (;;) attempt(() => writeSync(1, 'too long'));
    answer(mode === 'another-id' ? id + 1000 : id, (await DEEDS[mode]?.(params.input)) ?? 'well');
    if (mode === 'answers-twice') answer(id, 'well');
  } else if (method === 'shutdown' && mode !== 'deaf') {
    answer(id, null);
    process.exit(0);
  }
}
