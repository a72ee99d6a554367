import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { type Manifest, readManifest } from '../src/core/formats/manifest.ts';
import { compilePlugin } from '../tools/reference/compile.mjs';
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
const wasmReleases = releases.filter(({ manifest }) => manifest.security.tier === 'wasm');

const compiled = new Map<string, Promise<Uint8Array>>();

function open(directory: string): Promise<WasmPlugin> {
  const name = directory.split('/')[0];
  const wasm = compiled.get(directory) ?? compilePlugin(`${directory}/${name}.ts`);
  compiled.set(directory, wasm);
  return wasm.then(openWasmPlugin);
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
    expect(new Set(plugin.exports)).toEqual(new Set(['alloc', 'memory', ...manifest.provides.commands]));
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

describe.each(releases.filter(({ manifest }) => manifest.security.tier === 'native'))(
  '$manifest.name $manifest.version',
  ({ name, directory, manifest }) => {
    it.each(casesIn(directory))('passes $file over protocol 1', async ({ given }) => {
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
  },
);

/** What a native plugin answers to each request, in order. */
async function talk(script: string, requests: readonly object[]): Promise<Response[]> {
  const plugin = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: plugin.stdout });
  plugin.stdin.end(
    requests.map((request, id) => `${JSON.stringify({ jsonrpc: '2.0', id, ...request })}\n`).join(''),
  );
  const answers: Response[] = [];
  for await (const line of lines) answers.push(JSON.parse(line) as Response);
  expect(answers.map(({ id }) => id)).toEqual(requests.map((_, id) => id));
  return answers;
}

interface Response {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly data?: { readonly code: string } };
}
