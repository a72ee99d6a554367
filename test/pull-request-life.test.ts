import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  serveDirectory,
  type TemporaryDirectory,
  temporaryDirectory,
  writeTree,
} from '../src/testkit/index.ts';
import { buildCli } from './support/built-cli.ts';
import type { Issue, Token } from './support/github/state.ts';
import { type PipelineWorld, pipelineWorld } from './support/pipeline-world.ts';
import { specimen } from './support/runner-world.ts';
import { type Ended, startSheaf } from './support/sheaf-process.ts';
import { said } from './support/workflows/registry-runs.ts';
import type { WorkflowRun } from './support/workflows/run-workflow.ts';
import { siteDirectory } from './support/workflows/stand-ins.ts';

/**
 * The whole life of a release: an author publishes from a folder, every step of the workflows is carried out on the
 * lifelike GitHub, and somebody else installs and runs what came of it. Artifacts lie on loopback, for which
 * pipeline-world.ts opens the validator where sheaf is set up; the workflow files are those that are shipped.
 */

let world: PipelineWorld;
let directory: TemporaryDirectory;
let main: string;
let ada: Token;
/** What the rows of the table are about at present; nothing at first. */
let chapter: string | undefined;
const times: { readonly chapter: string; readonly what: string; readonly seconds: number }[] = [];

const at = (...parts: readonly string[]): string => join(directory.path, ...parts);

beforeAll(async () => {
  ({ main } = await buildCli());
  world = await pipelineWorld();
  directory = await temporaryDirectory();
  ada = world.github.classicToken('ada');
  await world.github.createRepository('ada/lens');
  await mkdir(at('project'));
  await sheaf({}, 'key', 'create', at('key'));
});
afterAll(async () => {
  await world.remove();
  await directory.remove();
  await tellTimes();
});

const COMMANDS: ReadonlySet<string> = new Set(['publish', 'registry', 'install', 'update', 'run']);

/** Runs the built command line as a person does, who has nothing but a home and what is given here. */
async function sheaf(given: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<string> {
  const { PATH } = process.env;
  const environment = { PATH, HOME: at('home'), SHEAF_HOME: at('home/sheaf'), ...given };
  const began = performance.now();
  const { status, stdout, stderr }: Ended = await startSheaf(main, argv, { environment }).ended;
  note(`sheaf ${argv.find((word) => COMMANDS.has(word))}`, performance.now() - began);
  if (status !== 0) throw new Error(`sheaf ${argv.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

/** The folder of the plugin at a version, with a module that is built already; each version answers with its number. */
async function writePlugin(version: string): Promise<void> {
  const files: Record<string, string | Uint8Array> = {
    'sheaf.plugin.toml': `[plugin]
name = "lens"
version = "${version}"
description = "Looks at a graph through a lens"
author = "Ada"
license = "MIT"
repository = "${world.github.url}/ada/lens"
category = "visualizers"
[compatibility]
parseltongue_version = ">=0.3.0 <2"
[performance]
max_query_time_us = 100000
max_memory_mb = 4
[security]
tier = "wasm"
capabilities = []
[provides]
commands = ["run"]
[testing]
test_suite = "tests/"
benchmark_suite = "bench/"
`,
    'plugin.wasm': await specimen({ data: `{"ok":"${version}"}`, memory: '8' }),
    'tests/first.json': `{"command": "run", "input": {"a": 1}, "expect": "${version}"}`,
    'bench/first.json': '{"command": "run", "input": {"a": 1}}',
    LICENSE: 'MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy.\n',
    'README.md': '# lens\n',
  };
  await writeTree(
    at('lens'),
    Object.entries(files).map(([path, content]) => [path, Buffer.from(content)] as const),
  );
}

/** The pull request that `sheaf publish` opened. */
async function publish(...argv: readonly string[]): Promise<Issue> {
  const environment = { ...world.github.environment(ada), NETRC: '/nonexistent' };
  const stdout = await sheaf(environment, 'publish', at('lens'), '--yes', '--json', ...argv);
  const { data } = JSON.parse(stdout) as { data: { url: string; state: string } };
  expect(data.state).toBe('proposed');
  const number = Number(/\/acme\/plugins\/pull\/(\d+)$/.exec(data.url)?.[1]);
  return world.repository.issues.find((issue) => issue.number === number)!;
}

/** A run in which every step went well; its times go into the table. */
function wentWell(name: string, run: WorkflowRun): WorkflowRun {
  expect(said(run)).toBe('');
  for (const [job, { steps, result }] of Object.entries(run.jobs)) {
    const own = steps.filter((step) => !step.name.includes(' / '));
    const milliseconds = own.reduce((sum, step) => sum + step.milliseconds, 0);
    if (result !== 'skipped') note(`${name}: ${job}`, milliseconds);
  }
  return run;
}

function note(what: string, milliseconds: number): void {
  if (chapter !== undefined) times.push({ chapter, what, seconds: milliseconds / 1000 });
}

/** What follows a merge until the index has it: each workflow dispatches the next. */
async function settle(): Promise<void> {
  const { dispatches } = world.repository;
  const audit = dispatches.at(-1)!;
  expect(audit.workflow).toBe('audit.yml');
  wentWell('audit.yml', await world.dispatch('audit.yml', audit.inputs as Record<string, string>));
  expect(dispatches.at(-1)!.workflow).toBe('publish.yml');
  wentWell('publish.yml', await world.dispatch('publish.yml'));
}

const onMain = (path: string): Promise<Buffer | undefined> =>
  world.repository.git.read('refs/heads/main', path);

async function audit(version: string): Promise<string> {
  const path = `registry/security/audits/le/lens/${version}.toml`;
  return (await world.repository.git.read('refs/heads/facts', path))!.toString();
}

describe('the pull request of a release', () => {
  it('of a new plugin by a new owner is merged after one approval, measured, signed, and installed', async () => {
    chapter = 'a new plugin';
    await writePlugin('1.0.0');
    const words = ['--to', `${world.github.url}/acme/plugins`, '--owner', 'ada', '--key', at('key')];
    const where = ['--host', 'github', '--repository', `${world.github.url}/ada/`];
    const issue = await publish(...words, ...where);
    expect(issue.user.login).toBe('ada');
    expect(issue.pull!.headRepository.owner.login).toBe('ada');

    const reviewed = wentWell('plugin-review.yml', await world.review(issue));
    expect(reviewed.jobs['community-review']?.summary).toContain('Community review');
    const reported = wentWell('report.yml', await world.report(issue, reviewed));
    expect(reported.jobs['merge']?.result).toBe('skipped');
    expect(issue.labels.toSorted()).toEqual(['needs-review', 'waiting']);
    expect(issue.pull!.requested).toHaveLength(3);
    const [comment] = world.comments(issue);
    expect(comment).toContain('It has 0 of 1 approvals');
    expect(comment).toContain('Own tests: passed.');
    expect(comment).toContain('Performance: ');
    expect(await onMain('plugins/visualizers/le/lens/plugin.toml')).toBeUndefined();

    world.github.review(issue, issue.pull!.requested[0]!.login, 'APPROVED');
    const again = await world.dispatch('report.yml', { 'pull-request': String(issue.number) });
    wentWell('report.yml, approved', again);
    expect(again.jobs['merge']?.result).toBe('success');
    expect(issue.labels).toEqual(['needs-review']);
    expect(world.comments(issue)).toHaveLength(1);
    expect(world.comments(issue)[0]).toContain('Merged as');
    expect(await onMain('plugins/visualizers/le/lens/1.0.0.toml')).toBeDefined();

    await settle();
    expect(await audit('1.0.0')).toContain('published = ');
    expect(await audit('1.0.0')).toContain('[performance]');
  });

  it('gives what anybody can install, over Git and from the static site, and run', async () => {
    chapter = 'its users';
    const site = await serveDirectory(siteDirectory({ world: world.runner }));
    try {
      for (const url of [`git+${world.github.url}/acme/plugins.git#index`, site.url]) {
        const given = { SHEAF_HOME: at(url.startsWith('git') ? 'by-git' : 'by-site') };
        const user = (...argv: readonly string[]) =>
          sheaf(given, '--project', given.SHEAF_HOME.replace('by-', 'project-'), ...argv);
        await mkdir(given.SHEAF_HOME.replace('by-', 'project-'));
        await user('registry', 'add', url, '--root', `sha256:${world.registry.rootId}`);
        await user('install', 'lens');
        expect(await user('run', 'lens', 'run', '{"a":1}')).toBe('"1.0.0"\n');
      }
    } finally {
      await site.close();
    }
  });

  it('of its next version is merged without people, and reaches who updates', async () => {
    chapter = 'the next version';
    await writePlugin('1.1.0');
    const issue = await publish();
    expect(issue.number).toBe(2);
    const reviewed = wentWell('plugin-review.yml', await world.review(issue));
    const reported = wentWell('report.yml', await world.report(issue, reviewed));
    expect(reported.jobs['merge']?.result).toBe('success');
    expect(issue.labels).toEqual(['machine-merge']);
    expect(issue.pull!.requested).toEqual([]);
    expect(issue.pull!.reviews).toEqual([]);
    await settle();
    expect(await audit('1.1.0')).toContain('[performance]');

    chapter = 'its users';
    const project = ['--project', at('project-git')];
    await sheaf({ SHEAF_HOME: at('by-git') }, ...project, 'update');
    const answer = await sheaf({ SHEAF_HOME: at('by-git') }, ...project, 'run', 'lens', 'run', 'null');
    expect(answer).toBe('"1.1.0"\n');
  });
});

/**
 * The times of this run, for people, with the sum of what lies between a pull request and an index that has it; the jobs
 * run one after the other here. bench/pull-request.mjs names a file for them.
 */
async function tellTimes(): Promise<void> {
  const file = process.env['SHEAF_LIFE_TIMES'];
  if (file !== undefined) await writeFile(file, JSON.stringify(times));
  const rows = ['a new plugin', 'the next version'].flatMap((release) => {
    const own = times.filter((row) => row.chapter === release);
    const workflows = own.filter(({ what }) => what.includes('.yml'));
    const seconds = workflows.reduce((sum, row) => sum + row.seconds, 0);
    return [...own, { chapter: release, what: 'from the pull request to the index', seconds }];
  });
  const users = times.filter((row) => row.chapter === 'its users');
  const lines = [...rows, ...users].map(
    ({ chapter: of, what, seconds }) => `${seconds.toFixed(2).padStart(7)} s  ${of}: ${what}`,
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}
