import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY } from '../src/core/instant.ts';
import { formatPrivateKey } from '../src/core/signatures/ssh-key.ts';
import { RegistrySimulator, testKey } from '../src/testkit/index.ts';
import { git } from './support/index-branch.ts';
import { said } from './support/workflows/registry-runs.ts';
import { runWorkflow, type WorkflowRun } from './support/workflows/run-workflow.ts';
import { type ServedRepository, serveRepository } from './support/workflows/serve-repository.ts';
import { siteDirectory } from './support/workflows/stand-ins.ts';

/** publish.yml, as it is in the repository, carried out on a registry of its own. */

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url));
const KEY = Buffer.from(formatPrivateKey(testKey('ci'))).toString();

let served: ServedRepository;
let registry: RegistrySimulator;

beforeEach(async () => {
  served = await serveRepository();
  registry = new RegistrySimulator({ id: 'acme', now: Date.now() - DAY });
  registry.addRelease({ name: 'csv-tools', version: '1.0.0' });
  await cp(join(REPOSITORY, '.github'), join(served.checkout, '.github'), { recursive: true });
  await served.commit(registry.source);
  served.secrets['publish'] = { SHEAF_CHECKPOINT_KEY: KEY };
});
afterEach(() => served.close());

async function publish(): Promise<WorkflowRun> {
  const text = await readFile(join(REPOSITORY, '.github/workflows/publish.yml'), 'utf8');
  const sha = await git(served.bare, 'rev-parse', 'main');
  const event = { name: 'push', payload: {}, ref: 'refs/heads/main', sha, actor: 'alice' };
  return runWorkflow(text, event, served.world);
}

describe('publish.yml', () => {
  it('publishes branch and site, then what came after, with all objects that clients may still need', async () => {
    const first = await publish();
    expect(said(first)).toBe('');
    expect(first.conclusion).toBe('success');
    expect(await git(served.bare, 'cat-file', 'blob', 'index:latest')).toBe('1-1');
    const site = siteDirectory({ world: served.world });
    expect(await readFile(join(site, 'latest'), 'utf8')).toBe('1-1\n');

    registry.addRelease({ name: 'graph-lens', version: '1.0.0' });
    await served.commit(registry.source);
    const second = await publish();
    expect(said(second)).toBe('');
    expect(await git(served.bare, 'cat-file', 'blob', 'index:latest')).toBe('1-2');
    expect(await readFile(join(site, 'latest'), 'utf8')).toBe('1-2\n');
    await readFile(join(site, 'checkpoints/1-1.json.sig'));
    expect(await git(served.bare, 'rev-list', '--count', 'index')).toBe('2');
    expect(await git(served.bare, 'rev-list', '--count', 'pages')).toBe('1');
  });

  it('builds with the facts of their branch', async () => {
    await git(served.checkout, 'switch', '--quiet', '--orphan', 'facts');
    await served.commit([['note.txt', Buffer.from('facts')]]);
    const facts = await git(served.checkout, 'rev-parse', 'HEAD');
    const run = await publish();
    expect(said(run)).toBe('');
    const checkpoint = JSON.parse(
      await git(served.bare, 'cat-file', 'blob', 'index:checkpoints/1-1.json'),
    ) as {
      source: { facts: string };
    };
    expect(checkpoint.source.facts).toBe(facts);
  });

  it('shows the key to no job but the one that signs, and gives every job its own rights', async () => {
    await publish();
    expect(served.tokens.map(({ job, permissions }) => [job, permissions])).toEqual([
      ['plan', { contents: 'read' }],
      ['build', { contents: 'read' }],
      ['build', { contents: 'read' }],
      ['sign', { contents: 'read' }],
      ['deploy', { contents: 'write', 'id-token': 'write', pages: 'write' }],
    ]);
    served.secrets['publish'] = {};
    served.secrets[''] = { SHEAF_CHECKPOINT_KEY: KEY };
    const run = await publish();
    expect(run.jobs['sign']?.result).toBe('failure');
    expect(said(run)).toContain('SHEAF_CHECKPOINT_KEY');
  });

  it('publishes nothing that was signed with a key which the root does not list', async () => {
    served.secrets['publish'] = {
      SHEAF_CHECKPOINT_KEY: Buffer.from(formatPrivateKey(testKey('thief'))).toString(),
    };
    const run = await publish();
    expect(said(run)).toContain('The trust root does not list the key for checkpoints.');
    expect(run.jobs['deploy']?.result).toBe('skipped');
    expect(await git(served.bare, 'branch', '--list', 'index')).toBe('');
  });

  it('signs nothing when one of the two builders lies', async () => {
    const liar = join(served.world.directory, 'liar');
    const honest = served.world.standIns['./.github/actions/setup-sheaf']!;
    const world = {
      ...served.world,
      standIns: {
        './.github/actions/setup-sheaf': async (
          inputs: Readonly<Record<string, string>>,
          place: Parameters<typeof honest>[1],
        ) => {
          const done = await honest(inputs, place);
          if (!place.workspace.includes('-build-1')) return done;
          const program = join(place.temporary, 'bin/sheaf');
          const text = await readFile(program, 'utf8');
          await writeFile(program, `${text.replace('exec ', '')}echo x > "$RUNNER_TEMP/built/o/x"\n`);
          await writeFile(liar, '');
          return done;
        },
      },
    };
    served = { ...served, world };
    const run = await publish();
    await readFile(liar);
    expect(said(run)).toContain('The two builds differ.');
    expect(run.jobs['deploy']?.result).toBe('skipped');
  });
});
