import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { assert, jsonValue, nat, property, string } from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { type Manifest, readManifest } from '../src/core/formats/manifest.ts';
import type { RunningPlugin } from '../src/host/running-plugin.ts';
import { temporaryDirectory } from '../src/testkit/index.ts';
import { CLANG, clangVersion, compileC } from '../tools/reference/clang.mjs';
import { compilePlugin } from '../tools/reference/compile.mjs';
import { createRunnerWorld, type RunnerWorld } from './support/runner-world.ts';
import { type Host, openWasmPlugin, type WasmPlugin } from './support/wasm-plugin.mjs';

const plugins = fileURLToPath(new URL('../examples/plugins/', import.meta.url));

/** One file of `tests/`: what a host sends, what capabilities answer in turn, and what comes back. */
interface Case {
  readonly command: string;
  readonly input: unknown;
  readonly host?: Readonly<Record<string, readonly unknown[]>>;
  readonly expect?: unknown;
  readonly error?: string;
}

/** Every release whose source is in `examples/plugins`: the newest of a plugin, and its `history/<version>`. */
const releases = readdirSync(plugins)
  .filter((name) => existsSync(`${plugins}${name}/sheaf.plugin.toml`))
  .flatMap((name) => {
    const history = existsSync(`${plugins}${name}/history`) ? readdirSync(`${plugins}${name}/history`) : [];
    const directories = [name, ...history.map((version) => `${name}/history/${version}`)];
    return directories.map((directory) => ({ name, directory, manifest: manifestIn(directory) }));
  });
const nativeReleases = releases.filter(({ manifest }) => manifest.security.tier === 'native');
const javascriptReleases = releases.filter(({ name, directory }) => hasSource(directory, `${name}.js`));
const wasmReleases = releases.filter(
  (release) => !nativeReleases.includes(release) && !javascriptReleases.includes(release),
);
const cReleases = releases.filter(({ name, directory }) => hasSource(directory, `${name}.c`));

const clang = await clangVersion();
const hasClang = clang === CLANG.version;
if (!hasClang) console.warn(`skipped: rebuilding plugins in C, because clang ${CLANG.version} is not there`);
const hasRust = spawnSync('rustc', ['--version']).status === 0;
if (!hasRust) console.warn('skipped: the cases of rust-executor, because there is no rustc');

function hasSource(directory: string, file: string): boolean {
  return existsSync(`${plugins}${directory}/${file}`);
}

const compiled = new Map<string, Promise<Uint8Array>>();

function open(directory: string): Promise<WasmPlugin> {
  const wasm = compiled.get(directory) ?? moduleIn(directory);
  compiled.set(directory, wasm);
  return wasm.then(openWasmPlugin);
}

/** The module of a release: compiled from AssemblyScript, or as clang left it beside its source. */
async function moduleIn(directory: string): Promise<Uint8Array> {
  const name = directory.split('/')[0];
  if (hasSource(directory, `${name}.c`)) return readFileSync(`${plugins}${directory}/plugin.wasm`);
  return compilePlugin(`${directory}/${name}.ts`);
}

function manifestIn(directory: string): Manifest {
  const file = `${plugins}${directory}/sheaf.plugin.toml`;
  return valueOf(readManifest(readFileSync(file), file));
}

function casesIn(directory: string): { readonly file: string; readonly given: Case }[] {
  const files = readdirSync(`${plugins}${directory}/tests`);
  return files.map((file) => ({
    file,
    given: JSON.parse(readFileSync(`${plugins}${directory}/tests/${file}`, 'utf8')) as Case,
  }));
}

/** The answer that a case expects: `{ok}`, or the code of an error. */
function wanted(given: Case): unknown {
  return given.error ?? { ok: given.expect };
}

/** Answers each capability with the replies of a case, one after the other. */
function replies(given: Case): Host {
  const left = new Map(Object.entries(given.host ?? {}).map(([name, answers]) => [name, [...answers]]));
  return (name) =>
    left.get(name)?.shift() ?? { error: { code: 'UNEXPECTED', message: `${name} was called.` } };
}

describe.each(wasmReleases)('$manifest.name $manifest.version', ({ directory, manifest }) => {
  it('imports exactly the capabilities that its manifest requests', async () => {
    const plugin = await open(directory);
    const imported = new Set(plugin.imports.map((name) => name.split('.')[0]));
    expect(imported).toEqual(new Set(manifest.security.capabilities.map(({ id }) => id)));
  });

  it('exports ABI 1 and exactly the commands that its manifest provides', async () => {
    const plugin = await open(directory);
    expect(plugin.exports).toEqual(expect.arrayContaining(['alloc', 'memory']));
    const commands = plugin.exports.filter((name) => !['alloc', 'memory', 'init'].includes(name));
    expect(new Set(commands)).toEqual(new Set(manifest.provides.commands));
  });

  it.each(casesIn(directory))('passes $file', async ({ given }) => {
    const answer = (await open(directory)).call(given.command, given.input, replies(given));
    expect(answer.error === undefined ? answer : answer.error.code).toEqual(wanted(given));
  });

  it('answers garbage with an error and stays usable', async () => {
    const plugin = await open(directory);
    const command = manifest.provides.commands[0]!;
    expect(plugin.callText(command, '{"a":').error?.code).toBe('INVALID_JSON');
    expect(plugin.callText(command, '['.repeat(10_000)).error?.code).toBe('INVALID_JSON');
  });
});

describe.each(cReleases)('$manifest.name $manifest.version', ({ name, directory }) => {
  it.skipIf(!hasClang)('is committed as clang compiles it, byte for byte', async () => {
    const rebuilt = await compileC(`${directory}/${name}.c`);
    expect(Buffer.from(rebuilt).equals(readFileSync(`${plugins}${directory}/plugin.wasm`))).toBe(true);
  });
});

describe('in the runner', () => {
  let world: RunnerWorld;
  beforeAll(async () => {
    world = await createRunnerWorld();
  });
  afterAll(() => world.close());

  describe.each(javascriptReleases)('$manifest.name $manifest.version', ({ name, directory, manifest }) => {
    let plugin: RunningPlugin;
    beforeAll(async () => {
      const memoryMb = manifest.performance.maxMemoryMb;
      const source = readFileSync(`${plugins}${directory}/${name}.js`);
      plugin = await world.start(source, {
        name,
        kind: 'javascript',
        ...(memoryMb === undefined ? {} : { memoryMb }),
      });
    });

    it('exports exactly the commands that its manifest provides', () => {
      expect(new Set(plugin.commands)).toEqual(new Set(manifest.provides.commands));
    });

    it.each(casesIn(directory))('passes $file', async ({ given }) => {
      const answer = await plugin.execute(given.command, given.input).then(
        ({ output }) => ({ ok: output }),
        (error: { readonly details?: { readonly code?: string } }) => error.details?.code,
      );
      expect(answer).toEqual(wanted(given));
    });
  });

  it('mermaid-svg writes no character that XML does not have', async () => {
    const plugin = await world.start(readFileSync(`${plugins}mermaid-svg/mermaid-svg.js`), {
      kind: 'javascript',
    });
    const { output } = await plugin.execute('draw', { graph: { nodes: ['\u0000\u001b\ufffe!'] } });
    expect((output as { svg: string }).svg).toContain('>\ufffd\ufffd\ufffd!</text>');
    await plugin.dispose();
  });

  it('graph-engine reads a graph of 10,000 nodes once, and keeps it', async () => {
    const nodes = Array.from({ length: 10_000 }, (_, index) => `node-${index}`);
    // A ring with a chord from each node: whatever is asked for is found, and how far away it is is known.
    const chord = (index: number): number => (index * 2) % nodes.length;
    const edges = nodes.flatMap((from, index) => [
      { from, to: nodes[(index + 1) % nodes.length] },
      { from, to: nodes[chord(index)] },
    ]);
    const asked: string[] = [];
    const plugin = await world.start(await moduleIn('graph-engine'), {
      name: 'graph-engine',
      memoryMb: 32,
      capabilities: [{ id: 'read-graph', optional: true }],
      handlers: {
        hostCall: (capability, fn) => {
          asked.push(`${capability}.${fn}`);
          return Promise.resolve({ nodes, edges });
        },
      },
    });
    const ask = async (command: string, input: object) => (await plugin.execute(command, input)).output;
    expect(await ask('reach', { node: 'node-1', limit: 3 })).toEqual({
      nodes: ['node-2', 'node-3', 'node-4'],
      total: 9_999,
    });
    expect(await ask('path', { from: 'node-1', to: 'node-65' })).toEqual({
      nodes: [1, 2, 4, 8, 16, 32, 64, 65].map((index) => `node-${index}`),
    });
    expect(await ask('between', { from: 'node-7', to: 'node-3', limit: 0 })).toEqual({
      nodes: [],
      total: 10_000,
    });
    expect(asked).toEqual(['read-graph.load']);
    await plugin.dispose();
  });

  it('graph-engine starts without the graph of a host that gives none, and asks again', async () => {
    const plugin = await world.start(await moduleIn('graph-engine'), {
      name: 'graph-engine',
      capabilities: [{ id: 'read-graph', optional: true }],
      granted: [],
    });
    const question = plugin.execute('reach', { node: 'a' });
    await expect(question).rejects.toMatchObject({ details: { code: 'CAPABILITY_DENIED' } });
    const answer = await plugin.execute('reach', { node: 'a', graph: { edges: [{ from: 'a', to: 'b' }] } });
    expect(answer.output).toEqual({ nodes: ['b'], total: 1 });
    await plugin.dispose();
  });
});

describe('graph-query', () => {
  const cycle = { edges: ['ab', 'ba', 'bc'].map(([from, to]) => ({ from, to })) };

  it('1.1.0 dies on a cycle, which is what PLUG-2026-0001 says, and 1.1.1 does not', async () => {
    const input = { graph: cycle, from: 'a', to: 'c' };
    const [broken, fixed] = [
      await open('graph-query/history/1.1.0'),
      await open('graph-query/history/1.1.1'),
    ];
    expect(() => broken.call('path', input)).toThrow(RangeError);
    expect(fixed.call('path', input)).toEqual({ ok: { path: ['a', 'b', 'c'] } });
  });

  it.each([
    ['advanced-query-engine', 'graph-query', 'impact', ['b', 'a']],
    ['advanced-query-engine/history/1.2.0', 'graph-query/history/1.1.1', 'reach', []],
  ])('%s works through the query capability on %s', async (asking, answering, command, nodes) => {
    const graphQuery = await open(answering);
    const host: Host = (_, request) => {
      const { command, input } = request as { command: string; input: object };
      return graphQuery.call(command, { ...input, graph: cycle });
    };
    expect((await open(asking)).call(command, { node: 'c' }, host)).toEqual({ ok: { nodes } });
  });
});

describe('the guest SDK', () => {
  it('carries any JSON through a plugin and back', async () => {
    const echo = await open('expression-executor');
    const roundTrip = (value: unknown) => echo.call('execute', { code: '$', input: value }).ok;
    assert(property(jsonValue(), (value) => close(roundTrip(value), value)));
    for (const text of ['\ud800', '\udc00\ud800', '\u0000"\\\n\u007f\u2028', '😀']) {
      expect(roundTrip(text)).toBe(text);
    }
  });

  it('frees its memory with every call', async () => {
    const echo = await open('expression-executor');
    const input = { code: 'len($)', input: Array.from({ length: 1000 }, (_, index) => `text ${index}`) };
    echo.call('execute', input);
    const before = echo.memoryBytes();
    for (let call = 0; call < 200; call++) expect(echo.call('execute', input)).toEqual({ ok: 1000 });
    expect(echo.memoryBytes()).toBe(before);
  });
});

describe('the guest SDK for C', () => {
  /** As UTF-8 can carry it: half a surrogate pair becomes U+FFFD. */
  const wellFormed = (text: string): string => Buffer.from(text).toString();

  it('reads exactly what is JSON, and carries any text through', async () => {
    const plugin = await open('focus-context');
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const refuses = (text: string): boolean =>
      plugin.callText('context', text).error?.code === 'INVALID_JSON';
    assert(
      property(
        jsonValue({ maxDepth: 8 }),
        nat(),
        string({ minLength: 1, maxLength: 1 }),
        (value, at, change) => {
          const text = JSON.stringify(value);
          const changed = text.slice(0, at % text.length) + change + text.slice((at % text.length) + 1);
          for (const one of [text, changed]) expect([one, refuses(one)]).toEqual([one, !isJson(one)]);
        },
      ),
    );
    assert(
      property(string({ unit: 'binary' }), string({ unit: 'binary' }), (id, text) => {
        const input = { graph: { nodes: [{ id, text }] }, focus: id, budget: 10_000 };
        const { text: written, included } = plugin.call('context', input).ok as Record<string, unknown>;
        expect(included).toEqual([wellFormed(id)]);
        expect(written).toContain(wellFormed(text));
      }),
    );
  });
});

/** Equal but for the last bit of numbers, which AssemblyScript's own conversions do not promise. */
function close(actual: unknown, wanted: unknown): boolean {
  if (typeof actual === 'number' && typeof wanted === 'number') {
    return Math.abs(actual - wanted) <= Math.abs(wanted) * 2 ** -51;
  }
  if (typeof wanted !== 'object' || wanted === null) return actual === wanted;
  if (typeof actual !== 'object' || actual === null) return false;
  const keys = Object.keys(wanted);
  return (
    Array.isArray(actual) === Array.isArray(wanted) &&
    keys.length === Object.keys(actual).length &&
    keys.every((key) => Object.hasOwn(actual, key) && close(member(actual, key), member(wanted, key)))
  );
}

function member(of: object, key: string): unknown {
  return (of as Record<string, unknown>)[key];
}

it('gives every native plugin the SDK that it was copied from', () => {
  const copies = nativeReleases.filter(({ directory }) => hasSource(directory, 'native-node.mjs'));
  const sdk = readFileSync(`${plugins}sdk/native-node.mjs`, 'utf8');
  expect(copies.map(({ name }) => name)).toEqual(['rust-executor']);
  for (const { directory } of copies) {
    expect(readFileSync(`${plugins}${directory}/native-node.mjs`, 'utf8')).toBe(sdk);
  }
});

describe.each(nativeReleases)('$manifest.name $manifest.version', ({ name, directory, manifest }) => {
  const isPossible = name !== 'rust-executor' || hasRust;

  it.skipIf(!isPossible).each(casesIn(directory))('passes $file over protocol 1', async ({ given }) => {
    const { command, input } = given;
    const [hello, answer, bye] = await talk(`${plugins}${directory}/${name}.mjs`, [
      {
        method: 'initialize',
        params: { protocol: 1, plugin: name, config: {}, capabilities: [], limits: {} },
      },
      { method: 'execute', params: { command, input, deadline_ms: 1000 } },
      { method: 'shutdown' },
    ]);
    expect(hello?.result).toEqual({ protocol: 1, commands: manifest.provides.commands });
    expect(answer?.error?.data?.code ?? { ok: answer?.result }).toEqual(wanted(given));
    expect(bye?.result).toBeNull();
  });

  it('refuses methods and commands that do not exist', async () => {
    const requests = [
      { method: 'toString' },
      { method: 'execute', params: { command: 'toString' } },
      { method: 'shutdown' },
    ];
    const answers = await talk(`${plugins}${directory}/${name}.mjs`, requests);
    expect(answers.map((answer) => answer.error?.code)).toEqual([-32601, -32602, undefined]);
  });

  it.each(Object.entries(manifest.bin))('puts %s on the PATH as a program', async (_, file) => {
    const program = spawn(`${plugins}${directory}/${file}`, { stdio: ['pipe', 'pipe', 'inherit'] });
    program.stdin.end(JSON.stringify({ findings: [{ rule: 'r', message: 'm', place: { file: 'f' } }] }));
    const text = Buffer.concat(await program.stdout.toArray()).toString('utf8');
    expect(text).toMatch(/^(::notice file=f,title=r::m\n|\[\n {2}\{)/);
  });
});

/** What a native plugin answers to each request, asked one after the other in a directory of its own. */
async function talk(script: string, requests: readonly object[]): Promise<Response[]> {
  const workdir = await temporaryDirectory();
  onTestFinished(() => workdir.remove());
  const plugin = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'], cwd: workdir.path });
  const lines = createInterface({ input: plugin.stdout })[Symbol.asyncIterator]();
  const answers: Response[] = [];
  for (const [id, request] of requests.entries()) {
    plugin.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...request })}\n`);
    const { value } = (await lines.next()) as { value: string };
    answers.push(JSON.parse(value) as Response);
  }
  plugin.stdin.end();
  expect(answers.map(({ id }) => id)).toEqual(requests.map((_, id) => id));
  return answers;
}

interface Response {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly data?: { readonly code: string } };
}
