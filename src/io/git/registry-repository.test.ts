import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import { serveGit } from '../../testkit/index.ts';
import { createRegistryRepository, type RegistryRepository } from './registry-repository.ts';

vi.setConfig({ testTimeout: 60_000 });

const run = promisify(execFile);
const OWNERS = 40;
const owner = (index: number): string => `registry/trust/owners/owner-${index}/owner.toml`;

/** A registry that is reached over HTTP, and a count of the times that git fetched from it. */
async function servedRegistry(
  canFilter: boolean,
): Promise<{ readonly registry: RegistryRepository; readonly fetches: () => Promise<number> }> {
  const directory = await mkdtemp(join(tmpdir(), 'sheaf-registry-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const repository = join(directory, 'served/acme.git');
  await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
  await run('git', ['config', 'uploadpack.allowFilter', String(canFilter)], { cwd: repository });
  const files = [
    'registry/registry.toml',
    'registry/policy/tiers.toml',
    'registry/trust/root/1.signers',
    ...Array.from({ length: OWNERS }, (_, index) => owner(index)),
  ];
  const checkout = join(directory, 'checkout');
  for (const path of files) {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), `${path}\n`);
  }
  const who = ['-c', 'user.name=al', '-c', 'user.email=al@acme.example'];
  await run('git', ['init', '--quiet'], { cwd: checkout });
  await run('git', ['add', '--all'], { cwd: checkout });
  await run('git', [...who, 'commit', '--quiet', '--message=Begin'], { cwd: checkout });
  await run('git', ['push', '--quiet', repository, 'HEAD:main'], { cwd: checkout });
  const server = await serveGit(join(directory, 'served'));
  onTestFinished(() => server.close());
  const trace = join(directory, 'trace');
  const registry = createRegistryRepository(`${server.url}acme.git`, { ...process.env, GIT_TRACE: trace });
  onTestFinished(() => registry.close());
  return {
    registry,
    fetches: async () =>
      (await readFile(trace, 'utf8'))
        .split('\n')
        .filter((line) => /built-in: git( -c \S+)* fetch /.test(line)).length,
  };
}

it.each([true, false])(
  'files that are read together come with one fetch, those of its rules with the first; partial clones: %s',
  async (canFilter) => {
    const { registry, fetches } = await servedRegistry(canFilter);
    const text = async (path: string): Promise<string> =>
      Buffer.from((await registry.read(path))!).toString();
    expect(await text('registry/registry.toml')).toBe('registry/registry.toml\n');
    const atFirst = await fetches();
    expect(await text('registry/policy/tiers.toml')).toBe('registry/policy/tiers.toml\n');
    expect(await text('registry/trust/root/1.signers')).toBe('registry/trust/root/1.signers\n');
    expect(await fetches()).toBe(atFirst);
    const paths = (await registry.list('registry/trust/owners')).toSorted();
    expect(paths).toHaveLength(OWNERS);
    expect(await Promise.all(paths.map(text))).toEqual(paths.map((path) => `${path}\n`));
    expect(await fetches()).toBe(atFirst + 1);
    expect(await registry.read('registry/trust/owners/nobody/owner.toml')).toBeUndefined();
    expect(await Promise.all(paths.map(text))).toHaveLength(OWNERS);
    expect(await fetches()).toBe(atFirst + 1);
  },
);
