import { watch } from 'node:fs';
import { cp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { type BuiltCli, buildCli } from '../support/built-cli.ts';
import {
  largeRelease,
  type UserOfRegistry,
  uncleanPart,
  userOfRegistry,
} from '../support/registry-on-loopback.ts';
import { runSheaf } from '../support/run-sheaf.ts';
import { type Ended, startSheaf } from '../support/sheaf-process.ts';

/** Ctrl-C at any moment of an installation: the old set or the new one, whole, and never a false word about it. */

let cli: BuiltCli;
beforeAll(async () => {
  cli = await buildCli();
});

/** How long an interrupted program may take, in milliseconds. */
const PATIENCE = 60_000;

const OLD = ['users 1.0.0'];
const NEW = ['context-pack 2.0.0', 'graph-lens 1.0.0', 'users 1.0.0'];
const INSTALL = ['install', 'graph-lens', 'context-pack'];

/** A user with the old set, on slow hosts. `copy` gives machines that are all the same, one an attempt. */
async function slowWorld() {
  const user = await userOfRegistry([
    { name: 'users', version: '1.0.0' },
    largeRelease('graph-lens', '1.0.0', 200_000),
    { ...largeRelease('context-pack', '2.0.0', 200_000), dependencies: { users: '^1.0.0' } },
  ]);
  await user.does('install', 'users');
  await rm(user.at('home/cache'), { recursive: true });
  const old = await filesOf(user.at('project'));
  let copies = 0;
  const copy = async (): Promise<Machine> => {
    const name = `machine-${(copies += 1)}`;
    await cp(user.at('home'), user.at(name, 'home'), { recursive: true });
    await cp(user.at('project'), user.at(name, 'project'), { recursive: true });
    return machine(user, name, old);
  };
  return { user, copy };
}

type Machine = ReturnType<typeof machine>;

function machine(user: UserOfRegistry, name: string, old: readonly string[]) {
  const environment = { ...user.environment, SHEAF_HOME: user.at(name, 'home') };
  const line = (argv: readonly string[]) => ['--project', user.at(name, 'project'), ...argv];
  return {
    start: () => startSheaf(cli.main, line(INSTALL), { environment }),
    sheaf: (...argv: string[]) => runSheaf(line(argv), { environment }),
    project: user.at(name, 'project'),
    /** sheaf.toml and sheaf.lock of the old set. */
    old,
    remove: () => rm(user.at(name), { recursive: true }),
  };
}

function filesOf(project: string): Promise<readonly string[]> {
  return Promise.all(['sheaf.toml', 'sheaf.lock'].map((file) => readFile(join(project, file), 'utf8')));
}

/** Slow answers of the index, and artifacts in pieces. `on` is told of every moment in the life of a transfer. */
function slowDown(user: UserOfRegistry, on: (moment: string) => void = () => undefined): void {
  user.index.misbehave = (path, _request, response) => {
    const bytes = user.registry.published.get(path);
    on(`asked for ${path}`);
    setTimeout(() => response.writeHead(bytes === undefined ? 404 : 200).end(bytes), 5);
    return true;
  };
  user.artifacts.misbehave = (path, _request, response) => {
    void dribble(response, user.registry.artifacts.get(user.artifacts.url + path) ?? new Uint8Array(), on);
    return true;
  };
}

async function dribble(
  response: ServerResponse,
  bytes: Uint8Array,
  on: (moment: string) => void,
): Promise<void> {
  const pieces = 6;
  response.writeHead(200, { 'content-length': bytes.length });
  for (let piece = 0; piece < pieces; piece += 1) {
    on(`artifact piece ${piece}`);
    const from = Math.floor((bytes.length * piece) / pieces);
    response.write(bytes.subarray(from, Math.floor((bytes.length * (piece + 1)) / pieces)));
    await sleep(10);
  }
  response.end();
  on('artifact sent');
}

const CLAIMS = ['Done: ', 'Interrupted; nothing was changed.', 'Interrupted before it could finish'];
const [DONE, UNCHANGED, UNFINISHED] = CLAIMS;

/** Everything that an interrupted installation may say, with the set that must then be there. */
const TRUTHS = [
  // Too late: it had happened, and the command says so.
  { status: 0, claim: DONE, is: 'new' },
  // After the last word, while the process was being taken down.
  { status: 130, claim: DONE, is: 'new' },
  { status: 130, claim: UNCHANGED, is: 'old' },
  { status: 130, claim: UNFINISHED, is: 'old' },
  { status: 130, claim: UNFINISHED, is: 'new' },
  // Before the command had begun to listen.
  { status: 130, claim: undefined, is: 'old' },
];

/** Expects what must be true after an installation that was interrupted, and tells which set is there. */
async function expectWhole(machine: Machine, running: ReturnType<Machine['start']>): Promise<'old' | 'new'> {
  const { status, stdout, stderr } = await inTime(running.ended);
  const list = await machine.sheaf('list', '--json');
  const { plugins } = (JSON.parse(list.stdout) as { data: { plugins: { name: string; version: string }[] } })
    .data;
  const set = plugins.map(({ name, version }) => `${name} ${version}`);
  const is = set.length === OLD.length ? 'old' : 'new';
  expect([OLD, NEW]).toContainEqual(set);
  expect(isDeepStrictEqual(await filesOf(machine.project), machine.old)).toBe(is === 'old');
  expect((await machine.sheaf('verify')).status).toBe(0);
  expect(uncleanPart(stderr)).toBeUndefined();
  const claim = CLAIMS.find((words) => `${stdout}${stderr}`.includes(words));
  expect(TRUTHS, `${stdout}${stderr}`).toContainEqual({ status, claim, is });
  const next = await machine.sheaf(...INSTALL);
  expect(next.stderr).not.toContain('Waiting');
  expect(next.status, next.stderr).toBe(0);
  expect((await machine.sheaf('verify')).stdout).toContain('3 plugins as signed');
  return is;
}

/**
 * The end of a process that was interrupted. The bound is for one that ignores the interrupt, not for a slow machine:
 * sheaf itself gives up after two seconds.
 */
async function inTime(ended: Promise<Ended>): Promise<Ended> {
  const late = new AbortController();
  const end = sleep(PATIENCE, undefined, { signal: late.signal }).then(() => {
    throw new Error(`It still ran ${PATIENCE} ms after the interrupt.`);
  });
  end.catch(() => undefined);
  try {
    return await Promise.race([ended, end]);
  } finally {
    late.abort();
  }
}

it('at any moment leaves one whole set, tells the truth, and is in nobody’s way', async () => {
  const { user, copy } = await slowWorld();
  slowDown(user);
  const whole = await copy();
  const begun = performance.now();
  expect((await whole.start().ended).status).toBe(0);
  const duration = performance.now() - begun;

  const kills = 20;
  const outcomes: string[] = [];
  const attempt = async (kill: number): Promise<void> => {
    const machine = await copy();
    const running = machine.start();
    await sleep((duration * (kill + Math.random())) / kills);
    running.child.kill('SIGINT');
    outcomes.push(await expectWhole(machine, running));
    await machine.remove();
  };
  const open = Array.from({ length: kills }, (_, kill) => kill);
  const work = async (): Promise<void> => {
    for (let kill = open.shift(); kill !== undefined; kill = open.shift()) await attempt(kill);
  };
  await Promise.all([work(), work(), work()]);
  expect(outcomes).toHaveLength(kills);
  expect(outcomes).toContain('old');
});

it.each([
  ['while it asks for the newest checkpoint', 'asked for latest'],
  ['while it reads the index', 'asked for o/'],
  ['when a download begins', 'artifact piece 0'],
  ['in the middle of a download', 'artifact piece 4'],
])('%s changes nothing', async (_, moment) => {
  const { user, copy } = await slowWorld();
  const machine = await copy();
  const running = machine.start();
  let kills = 0;
  slowDown(user, (what) => {
    // A second one would end the process without a word.
    if (what.startsWith(moment) && kills++ === 0) running.child.kill('SIGINT');
  });
  const { stderr, status } = await inTime(running.ended);
  const after = await expectWhole(machine, running);
  expect([status, after]).toEqual([130, 'old']);
  expect(stderr).toContain('error: Interrupted; nothing was changed.');
});

it.each([
  ['while the next set is being built', '.sheaf/generations', /^\.staging/],
  ['when the switch is about to happen', '.sheaf', /^switching$/],
  ['when the switch has happened', '.sheaf', /^current$/],
  ['while the commands are being made', '.', /^sheaf\.lock$/],
])('%s leaves one whole set', async (_, directory, name) => {
  const { copy } = await slowWorld();
  const machine = await copy();
  const running = machine.start();
  let kills = 0;
  const watcher = watch(join(machine.project, directory), (_event, file) => {
    if (name.test(file ?? '') && kills++ === 0) running.child.kill('SIGINT');
  });
  await inTime(running.ended);
  watcher.close();
  expect(kills).toBeGreaterThan(0);
  await expectWhole(machine, running);
});

it('twice ends at once, and leaves one whole set', async () => {
  const { user, copy } = await slowWorld();
  const machine = await copy();
  const running = machine.start();
  slowDown(user, (what) => {
    if (what === 'artifact piece 2') {
      running.child.kill('SIGINT');
      running.child.kill('SIGINT');
    }
  });
  expect(await expectWhole(machine, running)).toBe('old');
});

it('while it waits for another sheaf changes nothing', async () => {
  const { user, copy } = await slowWorld();
  const machine = await copy();
  user.artifacts.misbehave = (_path, _request, response) => {
    response.writeHead(200).flushHeaders();
    return true;
  };
  const [first, asked] = [machine.start(), user.artifacts.nextRequest()];
  await asked;
  const second = machine.start();
  await second.says('Waiting for another sheaf');
  second.child.kill('SIGINT');
  expect(await inTime(second.ended)).toMatchObject({
    status: 130,
    stderr: expect.stringContaining('Interrupted; nothing was changed.'),
  });
  first.child.kill('SIGINT');
  slowDown(user);
  expect(await expectWhole(machine, first)).toBe('old');
});
