import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { whyNoBubblewrap } from '../src/host/bubblewrap-sandbox.ts';
import type { SimulatedRelease } from '../src/testkit/index.ts';
import {
  commandsIn,
  flawless,
  type MaliciousWorld,
  maliciousWorld,
  printed,
  shown,
} from './support/malicious-world.ts';
import { specimen } from './support/measuring-world.ts';
import { registryRuns, said } from './support/workflows/registry-runs.ts';
import type { StandIn } from './support/workflows/runner-world.ts';
import { artifactDirectory } from './support/workflows/stand-ins.ts';

/** What releases try while and after they are judged, each carried through the real workflows. */

const SETUP = './.github/actions/setup-sheaf';

let world: MaliciousWorld;
let before: readonly (string | undefined)[];
beforeAll(async () => {
  world = await maliciousWorld();
});
afterAll(() => world.remove());
beforeEach(async () => {
  before = await world.heads();
});
afterEach(() => world.closeAll());

describe('a plugin that is measured', () => {
  const LOUD = `
    const text = '\\n::set-output name=state::merge\\n::add-mask::x\\n##[error]pwned\\n@everyone <img src=x>\\n';
    export function run() {
      const seen = typeof process === 'undefined' ? 'no process' : JSON.stringify(process.env);
      console.log(text + seen);
      console.error(text);
      return text + seen;
    }`;

  it('has nothing to print that is worth it, and no line of it is a command to the forge', async () => {
    const files = { ...specimen('1.0.0').files, 'specimen.js': LOUD };
    const issue = await world.submit((registry) => registry.addRelease(world.next({ files })));
    const reviewed = await world.review(issue);
    expect(reviewed.jobs['validation']?.result).toBe('success');
    expect(reviewed.jobs['measurement']?.result).toBe('failure');
    const output = printed(reviewed);
    expect(commandsIn(output).filter((line) => /set-output|add-mask/.test(line))).toEqual([]);
    expect(output.split(/[\r\n]/).filter((line) => line.trim().startsWith('##['))).toEqual([]);
    const told = await world.isBlocked(issue, reviewed);
    expect(told).toContain('Own tests: failed.');
    expect(await world.heads()).toEqual(before);
    expect(shown(told)).not.toMatch(/@everyone|(?<!\\)<img|^::/m);
    const result = join(artifactDirectory({ world: world.runner }, reviewed.id), 'measurement');
    for (const text of [output, told, await readFile(join(result, 'measurement.json'), 'utf8')]) {
      expect(text).not.toMatch(/gh[sp]_\d/);
    }
  });

  it('finds no token in its environment nor in that of those around it, when it is a program', async (context) => {
    const why = await whyNoBubblewrap();
    context.skip(why !== undefined, `native plugins are not run, because ${why}`);
    const files = { ...specimen('1.0.0').files, 'specimen.js': '', 'spy.mjs': SPY };
    const issue = await world.submit((registry) =>
      registry.addRelease(
        flawless('1.0.0', 'env-printer', {
          tier: 'native',
          files: Object.fromEntries(Object.entries(files).toReversed()),
        }),
      ),
    );
    const reviewed = await world.review(issue);
    expect(said(reviewed)).toBe('');
    const result = join(
      artifactDirectory({ world: world.runner }, reviewed.id),
      'measurement/measurement.json',
    );
    expect(JSON.parse(await readFile(result, 'utf8'))).toMatchObject({ releases: [{ tests: 'passed' }] });
    await world.report(issue, reviewed);
    expect(issue.labels.toSorted()).toEqual(['needs-review', 'waiting']);
    expect(await world.heads()).toEqual(before);
  });
});

/** Answers 1, as its test demands, unless it sees something like a token. */
const SPY = `
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const look = () => {
  const texts = ['self', 'thread-self', '1', String(process.ppid)].map((process) => {
    try { return readFileSync('/proc/' + process + '/environ', 'utf8'); } catch { return ''; }
  });
  const all = [JSON.stringify(process.env), ...texts].join('\\n');
  process.stderr.write('\\n::set-output name=state::merge\\n' + all + '\\n');
  return /TOKEN|gh[sp]_/.test(all) ? 'a secret' : 1;
};
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method } = JSON.parse(line);
  if (id === undefined) continue;
  const result = method === 'initialize' ? { protocol: 1, commands: ['run'] } : method === 'execute' ? look() : null;
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
  if (method === 'shutdown') process.exit(0);
}
`;

describe('what changes after it was judged', () => {
  /** Lets something happen when the job begins that merges. */
  const beforeMerge = (what: () => unknown): void => {
    world.beforeJob = async (job) => {
      if (job !== 'merge') return;
      world.beforeJob = () => {};
      await what();
    };
  };
  /** Replaces a file of a release by another of the same length. */
  const swap = ({ version: of }: SimulatedRelease): void => {
    const { assets } = world.github.find('author-hub', 'tools')!.releases[0]!;
    const at = assets.findIndex(({ name }) => name.includes(`-${of}.`));
    const bytes = Buffer.from(assets[at]!.bytes);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    assets[at] = { ...assets[at]!, bytes };
  };

  it('an artifact that is replaced before the merge is not merged', async () => {
    const proposed = world.next();
    const issue = await world.submit((registry) => registry.addRelease(proposed));
    const reviewed = await world.review(issue);
    beforeMerge(() => swap(proposed));
    const reported = await world.report(issue, reviewed);
    expect(reported.jobs['report']?.outputs['state']).toBe('merge');
    expect(await world.heads()).toEqual(before);
    expect(issue.labels).toContain('blocked');
    expect(world.comments(issue)[0]).toContain('does not match its digest');
  });

  it('an artifact that is replaced after the merge gets no facts', async () => {
    const proposed = world.next();
    const issue = await world.submit((registry) => registry.addRelease(proposed));
    expect(said(await world.report(issue, await world.review(issue)))).toBe('');
    const { dispatches, git } = world.repository;
    const commit = (await git.resolve('refs/heads/main'))!;
    expect(dispatches.at(-1)).toMatchObject({ workflow: 'audit.yml', inputs: { commit } });
    swap(proposed);
    const audited = await world.dispatch('audit.yml', { commit });
    expect(audited.jobs['measure']?.result).toBe('success');
    expect(audited.jobs['record']?.result).toBe('failure');
    expect(said(audited)).toContain('does not match its digest');
    expect(await git.resolve('refs/heads/facts')).toBe(before[1]);
    expect(dispatches.at(-1)?.workflow).toBe('audit.yml');
  });

  it('a head that moved after the review is left to its own event', async () => {
    const issue = await world.submit((registry) => registry.addRelease(world.next()));
    const reviewed = await world.review(issue);
    const judged = { ...issue, pull: { ...issue.pull! } };
    await world.push(issue, [
      { path: 'evil.sh', mode: '100644', sha: await world.repository.git.writeBlob('x') },
    ]);
    const reported = await world.report(judged, reviewed);
    expect(printed(reported)).toContain('No open pull request has the commit of the event.');
    expect(world.comments(issue)).toEqual([]);
    expect(await world.heads()).toEqual(before);
    expect(await world.isBlocked(issue)).toContain('evil.sh');
  });

  it('a head that moves between verdict and merge is not merged', async () => {
    const issue = await world.submit((registry) => registry.addRelease(world.next()));
    const reviewed = await world.review(issue);
    const sha = await world.repository.git.writeBlob('x');
    beforeMerge(() => world.push(issue, [{ path: 'evil.sh', mode: '100644', sha }]));
    const reported = await world.report(issue, reviewed);
    expect(reported.jobs['report']?.outputs['state']).toBe('merge');
    expect(printed(reported)).toContain('No open pull request has the commit of the event.');
    expect(await world.heads()).toEqual(before);
  });

  it('of two plugins of one name in two categories, each green alone, the second is refused', async () => {
    const twin = flawless('1.0.0', 'twin-tools');
    const first = await world.submit((registry) => registry.addRelease(twin));
    const second = await world.submit((registry) => {
      const known = new Set(registry.source.keys());
      registry.addRelease(twin);
      const added = [...registry.source].filter(([path]) => !known.has(path));
      for (const [path, bytes] of added) {
        registry.source.delete(path);
        registry.source.set(path.replace('/integrations/', '/visualizers/'), bytes);
      }
    });
    const [one, other] = [await world.review(first), await world.review(second)];
    expect(said(one) + said(other)).toBe('');
    for (const issue of [first, second]) world.github.review(issue, 'bob-hub', 'APPROVED');
    beforeMerge(() => world.report(first, one));
    const reported = await world.report(second, other);
    expect(reported.jobs['report']?.outputs['state']).toBe('merge');
    expect(world.comments(first)[0]).toContain('Merged as');
    expect(second.labels).toContain('blocked');
    expect(world.comments(second)[0]).toContain('twin-tools');
    const { git } = world.repository;
    expect(await git.read('refs/heads/main', 'plugins/integrations/tw/twin-tools/1.0.0.toml')).toBeDefined();
    expect(await git.read('refs/heads/main', 'plugins/visualizers/tw/twin-tools/1.0.0.toml')).toBeUndefined();
  });
});

describe('a job that measures and was taken over', () => {
  it('has no token to write with, and its forged measurement is not recorded', async () => {
    const issue = await world.submit((registry) => registry.addRelease(world.next()));
    expect(said(await world.report(issue, await world.review(issue)))).toBe('');
    const { git, dispatches } = world.repository;
    const commit = (await git.resolve('refs/heads/main'))!;
    const known = dispatches.length;

    const honest = world.runner.standIns[SETUP]!;
    const takenOver: StandIn = async (inputs, place) => {
      const done = await honest(inputs, place);
      if (inputs['sandbox'] !== 'true') return done;
      const program = join(place.temporary, 'bin/sheaf');
      const remote = `${place.world.server.replace('://', `://x:${place.token}@`)}/${place.world.repository}`;
      const attack = `#!/bin/sh
echo "tokens in reach: $(env | grep -c 'gh[sp]_[0-9]')"
git push "${remote}" HEAD:refs/heads/facts --force && echo pushed
`;
      const text = (await readFile(program, 'utf8')).replace('#!/bin/sh\n', attack).replace('exec ', '');
      await writeFile(program, `${text}sed -i 's/"score": *[0-9]*/"score": 42/' result/measurement.json\n`);
      return done;
    };
    const runs = registryRuns(world.repository, {
      ...world.runner,
      standIns: { [SETUP]: takenOver },
    });
    const audited = await runs.dispatch('audit.yml', { commit });
    const measuring = audited.jobs['measure']!.steps.map(({ output }) => output).join('\n');
    expect(audited.jobs['measure']?.result).toBe('success');
    expect(measuring).toContain('tokens in reach: 0');
    expect(measuring).toContain('403');
    expect(measuring).not.toContain('pushed');
    expect(said(audited)).toContain('The measurement cannot be used. Its scan of graph-lens');
    expect(audited.jobs['record']?.result).toBe('failure');
    expect(await git.resolve('refs/heads/facts')).toBe(before[1]);
    expect(dispatches).toHaveLength(known);

    expect(said(await world.dispatch('audit.yml', { commit }))).toBe('');
    expect(await git.resolve('refs/heads/facts')).not.toBe(before[1]);
  });

  it('says nothing that anybody obeys when what it uploads is no measurement', async () => {
    const issue = await world.submit((registry) => registry.addRelease(world.next()));
    const reviewed = await world.review(issue);
    const result = join(artifactDirectory({ world: world.runner }, reviewed.id), 'measurement');
    await writeFile(join(result, 'measurement.json'), '{"releases": "\\n::set-output name=state::merge"}');
    for (const name of ['sheaf', 'git-credential.sh', 'report.json']) {
      await writeFile(join(result, name), '#!/bin/sh\necho \'"state": "merge"\'\n', { mode: 0o755 });
    }
    const told = await world.isBlocked(issue, reviewed);
    expect(told).toContain('The measurement cannot be read');
  });
});
