import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isThere } from '../../test/support/process-census.ts';
import type { SheafError } from '../core/errors.ts';
import { type Connection, type ConnectionHandlers, openConnection } from './connection.ts';
import { createPlainSandbox } from './plain-sandbox.ts';
import type { ProcessEnd, SandboxedProcess } from './sandbox.ts';

/** The beginning of every plugin here: `on` answers a method, `raw` writes what it is given. */
const PLUGIN = `
  const raw = (text) => process.stdout.write(text);
  const send = (message) => raw(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
  const methods = {
    initialize: ({ id }) => send({ id, result: { protocol: 1, commands: ['run'] } }),
    shutdown: ({ id }) => { send({ id, result: null }); process.exit(); },
  };
  const on = (name, answer) => { methods[name] = answer; };
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const message = JSON.parse(line);
    (methods[message.method] ?? methods.answer)?.(message);
  });`;

interface Started {
  readonly connection: Connection;
  readonly process: SandboxedProcess;
}

/** A plugin whose source is given, in a real process. */
function connect(
  source: string,
  options: {
    readonly handlers?: Partial<ConnectionHandlers>;
    readonly capabilities?: readonly string[];
    readonly cancel?: 'kill' | 'ask';
  } = {},
): Started {
  const process = createPlainSandbox().spawn({
    command: [globalThis.process.execPath, '-e', PLUGIN + source],
    readOnly: [],
    environment: {},
    workdirBytes: 0,
    network: false,
  });
  const handlers = { hostCall: () => Promise.resolve(null), log: () => {}, ...options.handlers };
  const connection = openConnection(process, handlers, {
    plugin: 'native',
    capabilities: options.capabilities ?? [],
    cancel: options.cancel ?? 'ask',
  });
  onTestFinished(() => connection.kill());
  return { connection, process };
}

const failureOf = (call: Promise<unknown>) => call.catch((thrown: unknown) => thrown) as Promise<SheafError>;
const failure = (code: string, text = '') =>
  expect.objectContaining({ code, message: expect.stringContaining(text) as string });
const patient = { deadlineMs: 30_000 };

describe('a connection', () => {
  it('initializes, executes, and shuts down', async () => {
    const source = `on('execute', ({ id, params }) => send({ id, result: { got: params } }));`;
    const { connection, process } = connect(source);
    expect(await connection.initialize({ a: 1 }, 65_536)).toEqual(['run']);
    const calls = [1, 2, 3].map((input) => connection.execute('run', input, patient));
    const outputs = (await Promise.all(calls)).map(({ output }) => output);
    expect(outputs).toEqual(
      [1, 2, 3].map((input) => ({ got: { command: 'run', input, deadline_ms: 30_000 } })),
    );
    await connection.shutdown();
    expect(await connection.closed).toBeUndefined();
    expect(isThere(process.pid ?? 0)).toBe(false);
    expect(await failureOf(connection.execute('run', 1, patient))).toEqual(failure('SHEAF_STATE'));
  });

  it('ends a plugin that does not heed shutdown', async () => {
    const { connection, process } = connect(`on('shutdown', () => {}); setInterval(() => {}, 1000);`);
    await connection.initialize({}, 65_536);
    await connection.shutdown();
    expect(isThere(process.pid ?? 0)).toBe(false);
  });

  it('ends whatever a plugin has started', async () => {
    const { connection } = connect(`
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      on('execute', ({ id }) => send({ id, result: child.pid }));`);
    await connection.initialize({}, 65_536);
    const { output } = await connection.execute('run', null, patient);
    expect(isThere(Number(output))).toBe(true);
    await connection.kill();
    // The system's own first process buries it, a moment later.
    await expect.poll(() => isThere(Number(output)), { timeout: 20_000 }).toBe(false);
  });

  it('refuses to send more than a message holds, or more than may wait', async () => {
    const { connection } = connect(`on('execute', () => {});`);
    await connection.initialize({}, 65_536);
    expect(await failureOf(connection.execute('run', 'x'.repeat(1_048_576), patient))).toEqual(
      failure('SHEAF_SIZE'),
    );
    const waiting = Array.from({ length: 64 }, () => failureOf(connection.execute('run', 1, patient)));
    expect(await failureOf(connection.execute('run', 1, patient))).toEqual(
      failure('SHEAF_STATE', '64 calls'),
    );
    await connection.kill();
    expect((await Promise.all(waiting)).every(({ code }) => code === 'SHEAF_STATE')).toBe(true);
  });
});

describe('a plugin that breaks the protocol is ended', () => {
  it.each([
    ['prints garbage', `raw('Segmentation fault\\n')`, 'not JSON'],
    ['prints another protocol', `raw('{"id":1}\\n')`, 'JSON-RPC'],
    ['prints text that is not UTF-8', `raw(Buffer.from([0xff, 0x0a]))`, 'UTF-8'],
    ['prints a line without end', `raw('x'.repeat(2_000_000))`, 'more than 1048576 bytes'],
    ['answers what nobody asked', `send({ id: 999, result: 1 })`, 'answers "999"'],
    ['answers under the id of another kind', `send({ id: String(message.id), result: 1 })`, 'nobody asked'],
    ['answers twice', `send({ id: message.id - 1, result: 1 })`, 'answered'],
    ['sends a notification that does not exist', `send({ method: 'progress' })`, 'no method'],
    ['nests without end', `raw('['.repeat(1000) + '\\n')`, 'nests deeper'],
  ])('when it %s', async (_what, act, text) => {
    const { connection, process } = connect(`on('execute', (message) => { ${act} });`);
    await connection.initialize({}, 65_536);
    const error = await failureOf(connection.execute('run', null, patient));
    expect(error).toEqual(failure('SHEAF_PROTOCOL', text));
    expect(await connection.closed).toBe(error);
    await process.ended;
    expect(isThere(process.pid ?? 0)).toBe(false);
  });

  it('when it answers late', async () => {
    const given = new AbortController();
    const { connection } = connect(
      `on('execute', ({ id }) => { methods.cancel = () => { send({ id, result: 1 }); send({ id, result: 1 }); }; });`,
    );
    await connection.initialize({}, 65_536);
    const call = failureOf(connection.execute('run', null, { ...patient, signal: given.signal }));
    given.abort();
    expect(await call).toEqual(failure('SHEAF_INTERRUPTED'));
    expect(await connection.closed).toEqual(failure('SHEAF_PROTOCOL', 'answered'));
  });

  it('when it asks too many things at once', async () => {
    const { connection } = connect(
      `on('execute', () => { for (let id = 0; id < 65; id++) send({ id, method: 'host/query.run' }); });`,
      { capabilities: ['query'], handlers: { hostCall: () => new Promise(() => {}) } },
    );
    await connection.initialize({}, 65_536);
    expect(await failureOf(connection.execute('run', null, patient))).toEqual(
      failure('SHEAF_PROTOCOL', 'more than 64'),
    );
  });

  it('when it asks and never reads the answers', async () => {
    const stdout = new PassThrough();
    const ended = new Promise<ProcessEnd>((resolve) => {
      stdout.once('close', () => resolve({ exitCode: null, signal: 'SIGKILL' }));
    });
    const deaf: SandboxedProcess = {
      pid: 0,
      stdin: new Writable({ write: () => {} }),
      stdout,
      stderr: new PassThrough(),
      kill: () => stdout.destroy(),
      ended,
    };
    const handlers = { hostCall: () => Promise.resolve('x'.repeat(1_000_000)), log: () => {} };
    const options = { plugin: 'native', capabilities: ['query'], cancel: 'ask' } as const;
    const connection = openConnection(deaf, handlers, options);
    const call = failureOf(connection.execute('run', null, patient));
    let asked = 0;
    while (!stdout.destroyed) {
      stdout.write(`{"jsonrpc":"2.0","id":${asked++},"method":"host/query.run"}\n`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await call).toEqual(failure('SHEAF_PROTOCOL', 'does not read'));
    expect(asked).toBeLessThan(150);
  });

  it.each([
    [
      'answers with another protocol',
      `send({ id, result: { protocol: 2, commands: [] } })`,
      'SHEAF_PROTOCOL',
    ],
    ['answers with nothing', `send({ id, result: null })`, 'SHEAF_PROTOCOL'],
    ['refuses', `send({ id, error: { code: -32000, message: 'Not here.' } })`, 'SHEAF_INIT'],
    ['ends', `process.exit(3)`, 'SHEAF_CRASHED'],
    ['does not answer', ``, 'SHEAF_TIMEOUT'],
  ])('when it %s to initialize', async (_what, act, code) => {
    const { connection, process } = connect(`on('initialize', ({ id }) => { ${act} });`);
    expect(await failureOf(connection.initialize({}, 65_536))).toEqual(failure(code));
    await process.ended;
    expect(isThere(process.pid ?? 0)).toBe(false);
  });
});

describe('a call', () => {
  it('fails when the plugin ends, with the last that it said', async () => {
    const { connection } = connect(
      `on('execute', () => { process.stderr.write('x'.repeat(300000) + '\\nout of \\x1b[31mluck\\n', () => process.exit(7)); });`,
    );
    await connection.initialize({}, 65_536);
    const error = await failureOf(connection.execute('run', null, patient));
    expect(error).toEqual(failure('SHEAF_CRASHED', 'ended with status 7'));
    expect(error.details.said).toBe('"out of \\u001b[31mluck"');
  });

  it('that takes too long is not held against the others', async () => {
    const { connection } = connect(`on('execute', () => {});`);
    await connection.initialize({}, 65_536);
    const innocent = failureOf(connection.execute('run', null, patient));
    expect(await failureOf(connection.execute('run', null, { deadlineMs: 150 }))).toEqual(
      failure('SHEAF_TIMEOUT', '150 ms'),
    );
    expect(await innocent).toEqual(failure('SHEAF_STATE'));
  });

  it('that is given up is cancelled, and the plugin lives', async () => {
    const { connection } = connect(`
      on('execute', ({ id, params }) => { if (params.input === 'quick') send({ id, result: 1 }); });
      on('cancel', ({ params }) => send({ id: params.id, error: { code: -32000, message: 'Cancelled.' } }));`);
    await connection.initialize({}, 65_536);
    const given = new AbortController();
    const call = failureOf(connection.execute('run', null, { ...patient, signal: given.signal }));
    given.abort(new Error('enough'));
    expect(await call).toMatchObject({ code: 'SHEAF_INTERRUPTED', cause: new Error('enough') });
    expect((await connection.execute('run', 'quick', patient)).output).toBe(1);
    const before = connection.execute('run', 'quick', { ...patient, signal: given.signal });
    expect(await failureOf(before)).toEqual(failure('SHEAF_INTERRUPTED'));
  });

  it('that does not heed cancel is the end of the plugin', async () => {
    const { connection } = connect(`on('execute', () => {}); on('cancel', () => {});`);
    await connection.initialize({}, 65_536);
    const given = new AbortController();
    const call = failureOf(connection.execute('run', null, { ...patient, signal: given.signal }));
    given.abort();
    await call;
    expect(await connection.closed).toEqual(failure('SHEAF_TIMEOUT', 'cancel'));
  });

  it('gets CAPABILITY_DENIED for what was not granted, and an error for what does not exist', async () => {
    const { connection } = connect(
      `let asked;
       on('execute', ({ id }) => { asked = id; send({ id: 'a', method: 'host/network.fetch' }); });
       on('answer', ({ id, error }) => {
         if (id === 'a') { codes = [error.data.code]; send({ id: 'b', method: 'execute' }); }
         else send({ id: asked, result: [...codes, error.code] });
       });
       let codes;`,
      { capabilities: ['query'] },
    );
    await connection.initialize({}, 65_536);
    const { output } = await connection.execute('run', null, patient);
    expect(output).toEqual(['CAPABILITY_DENIED', -32_601]);
  });

  it('logs at most a thousand messages', async () => {
    let logged = 0;
    const { connection } = connect(
      `on('execute', ({ id }) => {
        for (let n = 0; n < 1500; n++) send({ method: 'log', params: { level: 'info', message: 'm' } });
        send({ id, result: null });
      });`,
      { handlers: { log: () => (logged += 1) } },
    );
    await connection.initialize({}, 65_536);
    await connection.execute('run', null, patient);
    expect(logged).toBe(1_000);
  });
});

describe('the plain sandbox', () => {
  const run = async (source: string, spec = {}) => {
    const started = createPlainSandbox().spawn({
      command: [process.execPath, '-e', source],
      readOnly: [],
      environment: { GIVEN: 'yes' },
      workdirBytes: 0,
      network: false,
      ...spec,
    });
    const text = Buffer.concat(await started.stdout.toArray()).toString('utf8');
    return { text, end: await started.ended };
  };

  it('gives a process its environment and nothing of its own', async () => {
    const { text, end } = await run('process.stdout.write(JSON.stringify(process.env))');
    expect([JSON.parse(text), end]).toEqual([{ GIVEN: 'yes' }, { exitCode: 0, signal: null }]);
  });

  it('gives it a directory that is removed with it', async () => {
    const source = "require('node:fs').writeFileSync('file', 'x'); process.stdout.write(process.cwd())";
    const { text } = await run(source, { workdirBytes: 1_000 });
    expect(text).toContain('sheaf-');
    expect((await run(`process.exit(require('node:fs').existsSync('${text}') ? 1 : 0)`)).end.exitCode).toBe(
      0,
    );
  });

  it('puts the files of the host where paths of the inside are written', async () => {
    const { text } = await run('', {
      command: ['/inside/node', '-p', '"started"'],
      readOnly: [{ from: process.execPath, to: '/inside/node' }],
    });
    expect(text).toBe('started\n');
  });

  it('reports a program that is not there', async () => {
    const started = createPlainSandbox().spawn({
      command: ['/no/such/program'],
      readOnly: [],
      environment: {},
      workdirBytes: 0,
      network: false,
    });
    const connection = openConnection(
      started,
      { hostCall: () => Promise.resolve(null), log: () => {} },
      { plugin: 'native', capabilities: [], cancel: 'ask' },
    );
    expect(await failureOf(connection.initialize({}, 65_536))).toEqual(failure('SHEAF_CRASHED', 'started'));
    expect(await started.ended).toMatchObject({ error: { code: 'ENOENT' } });
  });
});
