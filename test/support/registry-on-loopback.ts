import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { sha256 } from '../../src/core/digest.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { RegistrySimulator, type SimulatedRelease } from '../../src/testkit/index.ts';
import { type RunOptions, type RunResult, runSheaf } from './run-sheaf.ts';

/** What a host was asked for. */
export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
}

/** A host on loopback that serves bytes by path, and misbehaves where a test says so. */
export interface Host {
  /** With the slash at its end. */
  readonly url: string;
  readonly asked: Asked[];
  /** Answers in place of the host when it returns true. */
  misbehave: ((path: string, request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  /** Resolves when it is asked for anything. */
  nextRequest(): Promise<void>;
  /** Refuses connections from now on; `start` brings it back at the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a host; `find` is asked for the bytes at a path without its first slash. It ends with the test. */
export async function startHost(find: (path: string) => Uint8Array | undefined): Promise<Host> {
  const waiting: (() => void)[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    host.asked.push({ path, range: request.headers.range });
    for (const tell of waiting.splice(0)) tell();
    if (host.misbehave?.(path, request, response) === true) return;
    const bytes = find(path);
    if (bytes === undefined) {
      response.writeHead(404).end();
      return;
    }
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from === 0 ? 200 : 206, {
      'content-length': bytes.length - from,
      ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.end(bytes.subarray(from));
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const host: Host = {
    url: `http://127.0.0.1:${port}/`,
    asked: [],
    misbehave: undefined,
    nextRequest: () => new Promise((resolve) => waiting.push(resolve)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    start: () => listen(port),
  };
  onTestFinished(() => host.stop());
  return host;
}

/** A registry whose index, artifacts and mirror lie on hosts of their own, and a user of it. */
export interface UserOfRegistry {
  /** A path below the directory that everything of this user lies in; it goes away with the test. */
  at(...path: string[]): string;
  readonly registry: RegistrySimulator;
  readonly index: Host;
  readonly artifacts: Host;
  /** Has every artifact by its digest, once the registry names it: `nameMirror`. */
  readonly mirror: Host;
  readonly environment: Readonly<Record<string, string | undefined>>;
  nameMirror(): void;
  /** Runs a command line on the project of the user. */
  sheaf(...argv: string[]): Promise<RunResult>;
  sheafWith(options: RunOptions, ...argv: string[]): Promise<RunResult>;
  /** As `sheaf`, where anything but success is a fault of the test. */
  does(...argv: string[]): Promise<string>;
  /** Everything a command must not lose: the project with its installed sets, configuration and trust. */
  belongings(): Promise<Belongings>;
}

/** Paths, with what lies there. */
export type Belongings = Readonly<Record<string, string>>;

/**
 * A registry `acme` with these releases, published; a user who trusts it and has an empty project.
 *
 * @param options.now when the registry issues its checkpoint, the present when absent.
 */
export async function userOfRegistry(
  releases: readonly SimulatedRelease[],
  options: { readonly now?: number; readonly add?: boolean } = {},
): Promise<UserOfRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-bad-input-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const at = (...path: string[]): string => join(directory, ...path);
  const index = await startHost((path) => registry.published.get(path));
  const artifacts = await startHost((path) => registry.artifacts.get(artifacts.url + path));
  const mirror = await startHost((path) => byDigest(registry, path));
  const registry = new RegistrySimulator({
    id: 'acme',
    now: options.now ?? Math.floor(Date.now() / 1000) * 1000,
    artifactBase: artifacts.url,
  });
  for (const release of releases) registry.addRelease(release);
  await registry.publish();
  const environment = { SHEAF_HOME: at('home'), PATH: process.env['PATH'] };
  const sheafWith = (more: RunOptions, ...argv: string[]) =>
    runSheaf(['--project', at('project'), ...argv], {
      ...more,
      environment: { ...environment, ...more.environment },
    });
  const sheaf = (...argv: string[]) => sheafWith({}, ...argv);
  const does = async (...argv: string[]): Promise<string> => {
    const result = await sheaf(...argv);
    if (result.status !== 0) throw new Error(`sheaf ${argv.join(' ')}: ${result.stderr}`);
    return result.stdout;
  };
  if (options.add !== false) await does('registry', 'add', index.url, '--root', `sha256:${registry.rootId}`);
  return {
    at,
    registry,
    index,
    artifacts,
    mirror,
    environment,
    nameMirror() {
      const path = 'registry/registry.toml';
      const text = new TextDecoder().decode(registry.source.get(path));
      const named = text
        .replace(/^\s*artifact_mirrors.*$/m, '')
        .replace(/^\[registry\]$/m, `[registry]\nartifact_mirrors = ["${mirror.url}"]`);
      registry.source.set(path, new TextEncoder().encode(named));
    },
    sheaf,
    sheafWith,
    does,
    belongings: async () => ({
      ...(await readTree(at('project'), 'project')),
      ...(await readTree(at('home/config'), 'config')),
      ...withoutRecords(await readTree(at('home/state'), 'state')),
    }),
  };
}

const RECORDS: ReadonlySet<string> = new Set(['state/install-log.jsonl', 'state/sources.json']);

/** Records of what was done and of what failed: they grow, and nobody loses anything by that. */
function withoutRecords(state: Belongings): Belongings {
  return Object.fromEntries(Object.entries(state).filter(([path]) => !RECORDS.has(path)));
}

function byDigest(registry: RegistrySimulator, path: string): Uint8Array | undefined {
  return [...registry.artifacts.values()].find((bytes) => {
    const digest = sha256(bytes);
    return path === `${digest.slice(0, 2)}/${digest}`;
  });
}

/** A release whose artifact does not compress, so that its download takes a while. */
export function largeRelease(name: string, version: string, bytes: number): SimulatedRelease {
  return { name, version, files: { 'main.wasm': randomBytes(Math.ceil(bytes / 2)).toString('hex') } };
}

/** Every file and link below a directory, as text by path. An empty directory is nobody's loss. */
export async function readTree(directory: string, label = ''): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const [path, name] = [join(directory, entry.name), `${label}/${entry.name}`];
    if (entry.isDirectory()) Object.assign(found, await readTree(path, name));
    else if (entry.isSymbolicLink()) found[name] = `link to ${await readlink(path)}`;
    else found[name] = (await readFile(path)).toString('latin1');
  }
  return found;
}

/** What a refusal must say. */
export interface ExpectedRefusal {
  readonly status: number;
  readonly code: ErrorCode;
  /** The whole sentence, or what it must match. */
  readonly sentence: string | RegExp;
  /** The end of `file:line:column`; none when absent. */
  readonly place?: string;
  /** The whole hint, or what it must match; there must always be one. */
  readonly hint?: string | RegExp;
}

/** A refusal as people saw it. */
interface SeenRefusal {
  readonly status: number;
  readonly stdout: string;
  readonly code: string | undefined;
  readonly sentence: string | undefined;
  readonly place: string | undefined;
  readonly hint: string | undefined;
  /** The first thing that a terminal would obey, or a stack trace. */
  readonly unclean: string | undefined;
}

/** The parts of what a command printed when it refused. */
export function refusalOf({ status, stdout, stderr }: RunResult): SeenRefusal {
  const lines = stderr.split('\n');
  const [sentence, ...rest] = lines
    .slice(lines.findIndex((line) => line.startsWith('error: ')))
    .map((line) => line.trim());
  return {
    status,
    stdout,
    code: rest.find((line) => line.startsWith('SHEAF_'))?.split(':')[0],
    sentence: sentence?.replace(/^error: /, ''),
    place: rest.find((line) => line.startsWith('at '))?.slice('at '.length),
    hint: rest.find((line) => line !== '' && !line.startsWith('at ') && !line.startsWith('SHEAF_')),
    unclean: uncleanPart(stderr),
  };
}

/** What {@link refusalOf} must be equal to: nothing on standard output, the sentence, the place, what to do. */
export function refusal(expected: ExpectedRefusal): SeenRefusal {
  const { status, code, sentence, place, hint = /./ } = expected;
  return {
    status,
    stdout: '',
    code,
    sentence: matching(sentence),
    place: place === undefined ? undefined : (expect.stringMatching(new RegExp(`${place}$`)) as string),
    hint: matching(hint),
    unclean: undefined,
  };
}

function matching(text: string | RegExp): string {
  return typeof text === 'string' ? text : (expect.stringMatching(text) as string);
}

/** What command lines were refused with, and which belongings of the user became different by them. */
interface Attempts {
  readonly refused: readonly SeenRefusal[];
  readonly changed: readonly string[];
}

/** Runs command lines one after the other. */
export async function attempts(
  user: UserOfRegistry,
  commands: readonly (readonly string[])[],
): Promise<Attempts> {
  const before = await user.belongings();
  const refused: SeenRefusal[] = [];
  for (const line of commands) refused.push(refusalOf(await user.sheaf(...line)));
  const after = await user.belongings();
  const paths = new Set([...Object.keys(before), ...Object.keys(after)]);
  return { refused, changed: [...paths].filter((path) => before[path] !== after[path]) };
}

/** What {@link attempts} must be equal to: all refused in the same words, and nothing lost. */
export function allRefused(commands: readonly (readonly string[])[], expected: ExpectedRefusal): Attempts {
  return { refused: commands.map(() => refusal(expected)), changed: [] };
}

// Also the format characters, which turn the order of a line around or hide in it.
const UNCLEAN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|^ {4}at .*/u;

/** The first part of a text that a terminal would obey instead of showing it, or a stack trace. */
export function uncleanPart(text: string): string | undefined {
  const lines = text.split('\n').map((line) => UNCLEAN.exec(line)?.[0]);
  return lines.find((part) => part !== undefined);
}
