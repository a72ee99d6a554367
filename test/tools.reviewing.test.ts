import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { type AuditFile, readAuditFile, writeAuditFile } from '../src/core/formats/audit-file.ts';
import { readCollectionFile } from '../src/core/formats/collection-file.ts';
import { writeReviewerPolicy } from '../src/core/formats/reviewer-policy.ts';
import { DAY, formatInstant } from '../src/core/instant.ts';
import { pluginName } from '../src/core/plugin-name.ts';
import type { Version } from '../src/core/version.ts';
import { listenOnLoopback, RegistrySimulator, temporaryDirectory, writeTree } from '../src/testkit/index.ts';
import { type BuiltTools, buildTools } from './support/built-tool.ts';
import { expectForm } from './support/json-output.ts';
import { REVIEWERS } from './support/submissions.ts';

/** The programs of `tools/` and the action that has to do with people, as workflows run them. */

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const ACTION = '.github/actions/request-community-review';
const NOW = Math.floor(Date.now() / 1000) * 1000;

let tools: BuiltTools;
beforeAll(async () => {
  tools = await buildTools(['review-router', 'promotion-checker', 'stats-collector']);
});
afterAll(() => tools.remove());

/** A directory of this test with a registry in it; nothing of it is under Git. */
async function registryIn(registry: RegistrySimulator): Promise<(path: string) => string> {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  const at = (path: string): string => join(directory.path, path);
  registry.source.set('registry/policy/reviewers.toml', writeReviewerPolicy(REVIEWERS));
  await writeTree(at('acme'), registry.source);
  return at;
}

async function openSubmissions(path: string): Promise<void> {
  const one = {
    id: '7',
    url: 'https://git.example.org/acme/plugins/pull/7',
    opened: formatInstant(NOW),
    updated: formatInstant(NOW),
    author: 'Dana-Hub',
    owner: 'author',
    plugin: 'graph-lens',
    version: '1.0.0',
    category: 'integrations',
    tier: 'wasm',
    capabilities: [],
    checks: 'passed',
  };
  await writeFile(path, JSON.stringify({ schemaVersion: 1, registry: 'acme', submissions: [one] }));
}

describe('review-router', () => {
  it('answers whom to ask, never the author, and writes the page', async () => {
    const at = await registryIn(new RegistrySimulator({ id: 'acme' }));
    await openSubmissions(at('open.json'));
    const argv = [
      at('open.json'),
      '--registry',
      at('acme'),
      '--page',
      at('queue.html'),
      '--out',
      at('queue.json'),
    ];
    const { status, stdout, stderr } = await tools.run('review-router', argv);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('graph-lens 1.0.0');
    const document = JSON.parse(await readFile(at('queue.json'), 'utf8')) as {
      submissions: { ask: { reviewer: string }[] }[];
    };
    expectForm('review-queue.schema.json', document);
    const asked = document.submissions[0]!.ask.map(({ reviewer }) => reviewer);
    expect(asked).toHaveLength(3);
    expect(asked).not.toContain('dana');
    expect(await readFile(at('queue.html'), 'utf8')).toContain('graph-lens is new to the registry.');
    const answer = await tools.run('review-router', [...argv, '--json']);
    expectForm('cli-output.schema.json#/$defs/ci-route', JSON.parse(answer.stdout));
  });

  it.each([
    [['--pull-request', '8'], 2, 'The pull request "8" is not among the submissions.'],
    [['--pull-request', '7', '--request', 'svn'], 2, '--request cannot be "svn"'],
    [['--request', 'github'], 2, '--request is about one pull request'],
    [['--everybody'], 2, '--everybody'],
  ])('refuses %j with a sentence', async (argv, status, sentence) => {
    const at = await registryIn(new RegistrySimulator({ id: 'acme' }));
    await openSubmissions(at('open.json'));
    const refused = await tools.run('review-router', [at('open.json'), '--registry', at('acme'), ...argv]);
    expect(refused).toMatchObject({ status, stdout: '' });
    expect(refused.stderr).toContain(sentence);
    expect(refused.stderr).not.toContain('    at ');
  });

  it('refuses the pull requests of another registry', async () => {
    const at = await registryIn(new RegistrySimulator({ id: 'other' }));
    await openSubmissions(at('open.json'));
    const refused = await tools.run('review-router', [at('open.json'), '--registry', at('acme')]);
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('is about the registry acme, and this one is other');
  });
});

describe('the action request-community-review', () => {
  interface Action {
    readonly inputs: Readonly<Record<string, unknown>>;
    readonly runs: {
      readonly using: string;
      readonly steps: readonly {
        readonly uses?: string;
        readonly if?: string;
        readonly run?: string;
        readonly env?: Readonly<Record<string, string>>;
      }[];
    };
  }
  const read = async (): Promise<Action> =>
    parse(await readFile(join(REPOSITORY, ACTION, 'action.yml'), 'utf8')) as Action;

  it('pins what it uses by commit, and puts no expression into a script', async () => {
    const { runs } = await read();
    expect(runs.using).toBe('composite');
    for (const { uses, run } of runs.steps) {
      expect(uses ?? `x@${'0'.repeat(40)}`).toMatch(/@[0-9a-f]{40}$/);
      expect(run ?? '').not.toContain('${{');
    }
  });

  it('asks nobody without a token', async () => {
    const { inputs, runs } = await read();
    expect(inputs['token']).toMatchObject({ default: '' });
    const asking = runs.steps.filter(({ run }) => run?.includes('gh api'));
    expect(asking.map((step) => step.if)).toEqual(["inputs.token != ''"]);
  });

  it('asks the chosen reviewers who have an account, by one request to the forge', async () => {
    const at = await registryIn(new RegistrySimulator({ id: 'acme' }));
    await openSubmissions(at('open.json'));
    await mkdir(at('bin'));
    await writeFile(
      at('bin/gh'),
      `#!/bin/sh\necho "$@" > '${at('asked')}'\nwhile [ "$1" != --input ]; do shift; done\ncat "$2" > '${at('body')}'\n`,
    );
    const router = join(tools.directory, 'tools/review-router/main.mjs');
    await writeFile(at('bin/sheaf'), `#!/bin/sh\nshift 2\nexec '${process.execPath}' '${router}' "$@"\n`);
    for (const name of ['gh', 'sheaf']) await chmod(at(`bin/${name}`), 0o755);
    const { runs } = await read();
    for (const { run } of runs.steps) {
      if (run === undefined) continue;
      const env = {
        PATH: `${at('bin')}${delimiter}${process.env['PATH']}`,
        GITHUB_OUTPUT: at('output'),
        GITHUB_STEP_SUMMARY: at('summary'),
        GITHUB_REPOSITORY: 'acme/plugins',
        RUNNER_TEMP: at(''),
        SUBMISSIONS: at('open.json'),
        PULL_REQUEST: '7',
        REGISTRY: at('acme'),
        REVIEWERS: '9',
      };
      await new Promise<void>((resolve, reject) => {
        execFile('bash', ['-c', run], { env }, (error) => (error === null ? resolve() : reject(error)));
      });
    }
    // Of all reviewers two have accounts, and one of them is the author.
    expect(await readFile(at('body'), 'utf8')).toBe('{"reviewers":["bob-hub"]}\n');
    expect(await readFile(at('asked'), 'utf8')).toContain('repos/acme/plugins/pulls/7/requested_reviewers');
    expect(await readFile(at('output'), 'utf8')).toBe('reviewers={"reviewers":["bob-hub"]}\n');
    expect(await readFile(at('summary'), 'utf8')).toContain('graph-lens 1.0.0');
  });
});

describe('promotion-checker', () => {
  it('judges every plugin of the reference registry, with evidence for each criterion', async () => {
    const directory = await temporaryDirectory();
    onTestFinished(() => directory.remove());
    const [markdown, out] = [join(directory.path, 'report.md'), join(directory.path, 'report.json')];
    const { status, stdout, stderr } = await tools.run('promotion-checker', [
      REPOSITORY,
      '--markdown',
      markdown,
      '--out',
      out,
    ]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('graph-query');
    const report = JSON.parse(await readFile(out, 'utf8')) as {
      promotions: { plugin: string; to: string; criteria: { id: string; evidence: string[] }[] }[];
      unjudged: unknown[];
    };
    expectForm('promotion-report.schema.json', report);
    expect(report.unjudged).toEqual([]);
    const judged = report.promotions.find(({ plugin }) => plugin === 'graph-query');
    const approvals = judged?.criteria.find(({ id }) => id === 'approvals');
    expect(approvals?.evidence[0]).toBe('dana, review of 2.0.0, 2026-07-14.');
    expect(report.promotions.find(({ plugin }) => plugin === 'ci-annotations')?.to).toBe('core');
    expect(await readFile(markdown, 'utf8')).toContain('## Not yet');
  });
});

describe('stats-collector', () => {
  const PREFIX = 'https://git.example.org/';
  const AUDITS = 'registry/security/audits/gr/graph-lens';

  interface ForgeAnswer {
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  }

  /** A server that has GitHub's interface, answers by path and query, and remembers who asked how. */
  async function forge(answers: Readonly<Record<string, (url: string) => ForgeAnswer>>) {
    const asked: { path: string; authorization: string | undefined }[] = [];
    const server = await listenOnLoopback((request, response) => {
      const path = request.url ?? '';
      asked.push({ path, authorization: request.headers.authorization });
      const { status = 200, headers = {}, body = [] } = answers[path]?.(server.url) ?? { status: 404 };
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    });
    onTestFinished(() => server.close());
    return { url: server.url, asked };
  }

  /** What the command prints with --json. */
  interface Answer {
    readonly ok: boolean;
    readonly data?: Readonly<Record<string, unknown>>;
    readonly error?: { readonly message: string };
  }

  const release = (file: string, count: number): object => ({
    assets: [
      { browser_download_url: `${PREFIX}acme/lens/releases/download/v1/${file}`, download_count: count },
    ],
  });

  /** A registry of graph-lens 1.0.0 and 1.1.0 on the forge, and their facts apart from it. */
  async function world(downloads?: AuditFile['downloads']) {
    const registry = new RegistrySimulator({
      id: 'acme',
      artifactBase: `${PREFIX}acme/lens/releases/download/v1/`,
    });
    registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    registry.addRelease({ name: 'graph-lens', version: '1.1.0' });
    const at = await registryIn(registry);
    const audit = (version: string, published: number): Uint8Array =>
      writeAuditFile({
        registry: 'acme',
        plugin: pluginName('graph-lens'),
        version: version as Version,
        published,
        compatibility: [],
        waivers: [],
        ...(downloads === undefined ? {} : { downloads }),
      });
    await writeTree(
      at('facts'),
      new Map([
        [`${AUDITS}/1.0.0.toml`, audit('1.0.0', NOW - 400 * DAY)],
        [`${AUDITS}/1.1.0.toml`, audit('1.1.0', NOW)],
      ]),
    );
    const files = [...registry.artifacts.keys()].map((url) => url.slice(url.lastIndexOf('/') + 1));
    const read = async (version: string) => {
      const path = `${AUDITS}/${version}.toml`;
      return readAuditFile(await readFile(at(`facts/${path}`)), path).value?.downloads;
    };
    const run = async (url: string, ...argv: string[]) => {
      const options = ['--facts', at('facts'), '--api', url, '--files', PREFIX, ...argv];
      const token = { SHEAF_TOKEN_127_0_0_1: 'secret', HOME: at(''), NETRC: at('none') };
      const result = await tools.run('stats-collector', [at('acme'), ...options, '--json'], token);
      const document = JSON.parse(result.stdout) as Answer;
      if (document.ok) expectForm('cli-output.schema.json#/$defs/ci-downloads', document);
      return { ...result, ...document };
    };
    return { at, files, read, run };
  }

  const FIRST = '/repos/acme/lens/releases?per_page=100';
  const MONTH = formatInstant(NOW).slice(0, 7);

  it('reads all pages and writes what came since the last time, by month', async () => {
    const { files, read, run } = await world({ total: 10, months: { '2026-01': 4 } });
    const { url, asked } = await forge({
      [FIRST]: (base) => ({
        headers: { link: `<${base}repos/acme/lens/releases?per_page=100&page=2>; rel="next"` },
        body: [release(files[0]!, 25)],
      }),
      [`${FIRST}&page=2`]: () => ({ body: [release(files[1]!, 10), release('other.zip', 5)] }),
    });
    const { status, stderr, data } = await run(url);
    expect([status, stderr]).toEqual([0, '']);
    expect(data).toEqual({
      registry: 'acme',
      updated: ['graph-lens@1.0.0'],
      repositories: 1,
      missing: [],
      postponed: [],
      unaudited: [],
    });
    expect(await read('1.0.0')).toEqual({ total: 25, months: { '2026-01': 4, [MONTH]: 15 } });
    expect(await read('1.1.0')).toEqual({ total: 10, months: { '2026-01': 4 } });
    expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer secret', 'Bearer secret']);
    expect((await run(url)).data).toMatchObject({ updated: [] });
  });

  it('counts a new release from its first reading, an old one from its second', async () => {
    const { files, read, run } = await world();
    const { url } = await forge({
      [FIRST]: () => ({ body: files.map((file) => release(file, 7)) }),
    });
    await run(url);
    expect(await read('1.0.0')).toEqual({ total: 7, months: {} });
    expect(await read('1.1.0')).toEqual({ total: 7, months: { [MONTH]: 7 } });
  });

  it.each([
    [403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1800000000' }, '2027-01-15T08:00:00Z'],
    [429, { 'retry-after': '60' }, 60],
    [403, { 'retry-after': '60' }, 60],
  ])('stops when the forge says %i and later, and names what it left', async (status, headers, until) => {
    const { read, run } = await world();
    const { url, asked } = await forge({ [FIRST]: () => ({ status, headers: { ...headers } }) });
    const before = Date.now();
    const result = await run(url);
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(result.data?.['postponed']).toEqual(['acme/lens']);
    const told = Date.parse(String(result.data?.['until']));
    const [earliest, latest] =
      typeof until === 'string'
        ? [Date.parse(until), Date.parse(until)]
        : [before + (until - 1) * 1000, Date.now() + until * 1000];
    expect(told).toBeGreaterThanOrEqual(earliest);
    expect(told).toBeLessThanOrEqual(latest);
    expect(asked).toHaveLength(1);
    expect(await read('1.0.0')).toBeUndefined();
  });

  it('names a repository that is gone', async () => {
    const { run } = await world();
    const { url } = await forge({});
    expect((await run(url)).data).toMatchObject({ missing: ['acme/lens'], repositories: 0 });
  });

  it.each<[string, ForgeAnswer, number, string]>([
    ['refuses to ask another host for the next page', nextAt('https://evil.example/2'), 7, 'another host'],
    ['says that a token is wrong', { status: 401 }, 4, 'asks for credentials'],
    ['refuses an answer of another form', { body: { message: 'hello' } }, 1, 'something else where a list'],
    ['says that the forge failed', { status: 502 }, 7, '502'],
  ])('%s', async (_, answer, status, sentence) => {
    const { read, run } = await world();
    const { url } = await forge({ [FIRST]: () => answer });
    const result = await run(url);
    expect(result).toMatchObject({ status, stderr: '' });
    expect(result.error?.message).toContain(sentence);
    expect(result.stdout).not.toContain('secret');
    expect(await read('1.0.0')).toBeUndefined();
  });

  it('writes the collection of what trends', async () => {
    const month = new Date(Date.UTC(new Date(NOW).getUTCFullYear(), new Date(NOW).getUTCMonth() - 1, 1));
    const last = month.toISOString().slice(0, 7);
    const { at, run } = await world({ total: 500, months: { [last]: 200 } });
    const { url } = await forge({ [FIRST]: () => ({}) });
    expect((await run(url, '--trending')).data).toMatchObject({ trending: ['graph-lens'] });
    const path = 'registry/collections/trending.toml';
    const { value, findings } = readCollectionFile(await readFile(at(`acme/${path}`)), path);
    expect(findings).toEqual([]);
    expect(value?.plugins).toEqual([{ name: 'graph-lens', note: `400 downloads in ${last}` }]);
  });

  function nextAt(url: string): ForgeAnswer {
    return { headers: { link: `<${url}>; rel="next"` } };
  }
});
