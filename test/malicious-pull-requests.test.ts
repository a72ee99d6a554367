import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeMeasurementFile } from '../src/core/formats/measurement-file.ts';
import { LIMITS } from '../src/core/limits.ts';
import { writeRecord } from '../src/core/reviewing/submission-record.ts';
import {
  commandsIn,
  type MaliciousWorld,
  maliciousWorld,
  printed,
  shown,
} from './support/malicious-world.ts';
import type { Submitting } from './support/review-world.ts';
import { said } from './support/workflows/registry-runs.ts';
import { artifactDirectory } from './support/workflows/stand-ins.ts';

/** What pull requests try by what is in them and around them, each carried through the real workflows. */

const LENS = 'plugins/integrations/gr/graph-lens';
const VICTIM = 'plugins/integrations/vi/victim-tools';

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

describe('files that a pull request may not have', () => {
  it.each<readonly [string, Submitting['edits'] & object, string]>([
    ['another plugin', { [`${VICTIM}/plugin.toml`]: 'owner = "author"\n' }, 'victim\\-tools'],
    ['an old release', { [`${LENS}/1.0.0.toml`]: '[plugin]\nname = "graph-lens"\n' }, '1.0.0.toml'],
    ['a release that is gone', { [`${VICTIM}/1.0.0.toml`]: null }, 'victim'],
    ['a policy', { 'registry/policy/automerge.toml': '[automerge]\nenabled = true\n' }, 'automerge.toml'],
    [
      'a huge file',
      { [`${LENS}/9.0.0.toml`]: Buffer.alloc(LIMITS.changedFileBytes + 1, '#') },
      '262145 bytes',
    ],
  ])('are refused: %s', async (_, edits, told) => {
    const issue = await world.submit((registry) => registry.addRelease(world.next()), { edits });
    const reviewed = await world.review(issue);
    expect(reviewed.jobs['validation']?.result).toBe('failure');
    expect(reviewed.jobs['measurement']?.result).toBe('skipped');
    expect(reviewed.jobs['community-review']?.result).toBe('skipped');
    expect((await world.isBlocked(issue, reviewed)).replaceAll('\\', '')).toContain(
      told.replaceAll('\\', ''),
    );
  });

  it.each([
    ['a symbolic link', '120000', '../../../../../../etc/passwd', 'is a symbolic link'],
    ['a program', '100755', '#!/bin/sh\ntouch pwned\n', 'may be executed'],
    ['a submodule', '160000', undefined, 'is a submodule'],
  ])('are refused: %s', async (_, mode, content, told) => {
    const issue = await world.submit((registry) => registry.addRelease(world.next()));
    const { git } = issue.pull!.headRepository;
    const sha = content === undefined ? '1'.repeat(40) : await git.writeBlob(content);
    await world.push(issue, [{ path: `${LENS}/extra`, mode, sha }]);
    expect(await world.isBlocked(issue)).toContain(told);
  });

  it('are refused when they are more than anybody can look at', async () => {
    const sha = await world.repository.git.writeBlob('x');
    const issue = await world.submit((registry) => registry.addRelease(world.next()));
    const names = Array.from({ length: LIMITS.changedFiles }, (_, index) => `${LENS}/x${index}`);
    await world.push(
      issue,
      names.map((path) => ({ path, mode: '100644', sha })),
    );
    expect(await world.isBlocked(issue)).toContain('1000');
  });
});

describe('a workflow that a pull request replaces', () => {
  it('reads at most, has no secret, and gains nothing by the green measurement that it uploads', async () => {
    const forged = `name: plugin-review
on: pull_request
permissions: {}
jobs:
  measurement:
    runs-on: ubuntu-24.04
    permissions:
      actions: write
      contents: write
      pull-requests: write
    environment: publish
    steps:
      - name: Steal
        shell: bash
        env:
          KEY: \${{ secrets.SHEAF_CHECKPOINT_KEY }}
          TOKEN: \${{ github.token }}
        run: |
          [[ -z "$KEY" ]]
          api="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY"
          call() { curl --silent --output /dev/null --write-out '%{http_code}\\n' -H "Authorization: Bearer $TOKEN" "$@"; }
          call --data '{"ref":"main","inputs":{}}' "$api/actions/workflows/publish.yml/dispatches"
          call --data '{"labels":["machine-merge"]}' "$api/issues/1/labels"
          call --request PUT "$api/pulls/1/merge" --data '{}'
          git init --quiet .
          git -c user.name=x -c user.email=x@x commit --quiet --allow-empty --message x
          remote="\${GITHUB_SERVER_URL/:\\/\\//://x:$TOKEN@}/$GITHUB_REPOSITORY"
          for branch in main facts index; do ! git push --quiet --force "$remote" "HEAD:$branch" 2>&1; done
      - name: Forge
        shell: bash
        run: mkdir result && cp FORGED result/measurement.json
      - uses: actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2
        with:
          name: measurement
          path: result
`;
    const issue = await world.submit((registry) => registry.addRelease(world.next()), {
      edits: { '.github/workflows/plugin-review.yml': forged },
    });
    const measurement = join(world.runner.directory, 'forged.json');
    await writeFile(measurement, writeMeasurementFile(await world.measure(issue)));
    const { dispatches } = world.repository;
    const known = dispatches.length;
    const reviewed = await world.review(issue, forged.replace('FORGED', measurement));
    expect(said(reviewed)).toBe('');
    const [stolen] = reviewed.jobs['measurement']!.steps;
    expect(stolen?.output.match(/^\d{3}$/gm)).toEqual(['403', '403', '403']);
    expect(stolen?.output.match(/403/g)).toHaveLength(6);
    const told = await world.isBlocked(issue, reviewed);
    expect(told).toContain('plugin-review.yml');
    expect(told).toContain('Own tests: passed.');
    expect(await world.heads()).toEqual(before);
    expect(dispatches).toHaveLength(known);
  });

  it('is believed no more when it comes back without its change: the measurement is of another commit', async () => {
    const issue = await world.submit((registry) => registry.addRelease(world.next()));
    const forged = await world.measure(issue);
    await world.push(issue, [
      { path: 'note', mode: '100644', sha: await world.repository.git.writeBlob('x') },
    ]);
    await world.push(issue, [{ path: 'note', mode: '100644', sha: null }]);
    const reviewed = await world.review(issue);
    const result = join(
      artifactDirectory({ world: world.runner }, reviewed.id),
      'measurement/measurement.json',
    );
    await writeFile(result, writeMeasurementFile(forged));
    expect(await world.isBlocked(issue, reviewed)).toContain('The measurement is of the commit');
  });
});

describe('text that a pull request brings', () => {
  const EVIL = [
    '$(touch pwned) `touch pwned` ";touch pwned;"',
    '::set-output name=state::merge',
    '::add-path::/tmp/pwned',
    '${{ secrets.SHEAF_CHECKPOINT_KEY }} @everyone #1 <img src=x onerror=alert(1)> [x](javascript:alert(1))',
    '<!-- sheaf:submission {"measured":"passed"} -->',
  ].join('\n');

  it('is executed, expanded and repeated nowhere: title, body and branch of a release that is in order', async () => {
    const proposed = world.next();
    const issue = await world.submit((registry) => registry.addRelease(proposed), {
      title: EVIL,
      body: EVIL,
      branch: '$(touch${IFS}pwned)`touch${IFS}pwned`;${{secrets.X}}',
    });
    const reviewed = await world.review(issue);
    const reported = await world.report(issue, reviewed);
    expect(said(reviewed) + said(reported)).toBe('');
    const text = printed(reviewed) + printed(reported) + world.comments(issue).join('\n');
    expect(text).not.toMatch(/pwned|@everyone|onerror|set-output/);
    const files = await readdir(world.runner.directory, { recursive: true });
    expect(files.filter((path) => path.includes('pwned'))).toEqual([]);
    const merge = (await world.repository.git.git(['log', '-1', '--format=%B', 'main'])).toString().trim();
    expect(merge).toBe(`Merge #${issue.number}: graph-lens ${proposed.version}`);
  });

  it('is only ever text in what is said about it: names of files', async () => {
    const name = `${LENS}/x\n::set-output name=state::merge\n@everyone <img src=x> [x](https:evil) \`y\``;
    const issue = await world.submit((registry) => registry.addRelease(world.next()), {
      edits: { [name]: EVIL },
    });
    const reviewed = await world.review(issue);
    const told = await world.isBlocked(issue, reviewed);
    expect(shown(told)).not.toMatch(/@everyone|(?<!\\)<img|(?<!\\)\(https:|^::/m);
    const commands = commandsIn(printed(reviewed));
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.filter((line) => !/^::(error|warning|notice) /.test(line))).toEqual([]);
    expect(reviewed.jobs['validation']?.summary).not.toMatch(/@everyone|(?<!\\)<img|(?<!\\)\(https:/);
  });
});

describe('strangers', () => {
  /** Asks the forge as an account. @returns the status of the answer. */
  const ask = async (login: string, path: string, body: unknown): Promise<number> => {
    const token = world.github.classicToken(login);
    const response = await fetch(`${world.github.api}/repos/acme/plugins/issues/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token.value}` },
      body: JSON.stringify(body),
    });
    return response.status;
  };

  it('cannot waive a rule by a label, and those who may only label cannot either', async () => {
    const issue = await world.submit((registry) => registry.addRelease(world.next()), {
      login: 'stranger-hub',
    });
    const waiver = { labels: ['waive:submitter'] };
    expect(await ask('stranger-hub', `${issue.number}/labels`, waiver)).toBe(403);
    expect(issue.labels).toEqual([]);
    expect(await ask('triager-hub', `${issue.number}/labels`, waiver)).toBe(200);
    const told = await world.isBlocked(issue);
    expect(told).toContain('may not push to this registry');
  });

  it('cannot say by a comment with our mark that something was measured', async () => {
    const issue = await world.submit((registry) => registry.addRelease(world.next()));
    const record = {
      head: issue.pull!.headSha,
      since: Date.now() - 86_400_000,
      asked: {},
      reminded: {},
      measured: 'passed' as const,
      figures: [],
      findings: [],
    };
    expect(await ask('author-hub', `${issue.number}/comments`, { body: writeRecord(record) })).toBe(201);
    const reported = await world.dispatch('report.yml', { 'pull-request': String(issue.number) });
    expect(said(reported)).toBe('');
    expect(reported.jobs['merge']?.result).toBe('skipped');
    expect(world.comments(issue)[0]).toContain('Its checks have not ended.');
    expect(await world.heads()).toEqual(before);
    expect(world.comments(issue, 'author-hub')).toEqual([writeRecord(record)]);
  });
});
