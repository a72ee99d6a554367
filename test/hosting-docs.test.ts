import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { readManifest } from '../src/core/formats/manifest.ts';
import type { SimulatedRelease } from '../src/testkit/index.ts';
import { compilePlugin } from '../tools/reference/compile.mjs';
import { buildRunner } from './support/built-runner.ts';
import { type UserOfRegistry, userOfRegistry } from './support/registry-on-loopback.ts';

/** README and docs/hosting.md keep their word: every program in them is type-checked, built and run. */

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

/** The TypeScript blocks of a file. */
async function programsIn(file: string): Promise<readonly string[]> {
  const text = await readFile(join(ROOT, file), 'utf8');
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '');
}

/** A real plugin of examples/plugins, as its author would release it. */
async function example(name: string): Promise<SimulatedRelease> {
  const file = `examples/plugins/${name}/sheaf.plugin.toml`;
  const manifest = valueOf(readManifest(await readFile(join(ROOT, file)), file));
  const module = await compilePlugin(`${name}/${name}.ts`);
  const { version, security, provides, performance, engines, dependencies } = manifest;
  return { name, version, module, manifest: { security, provides, performance, engines, dependencies } };
}

/** Where the programs lie: in the shape of the package, so that they find the runner as they would there. */
let place: string;
let readme: readonly string[];
let pages: readonly string[];
beforeAll(async () => {
  const cache = join(ROOT, 'node_modules/.cache');
  await mkdir(cache, { recursive: true });
  place = await mkdtemp(join(cache, 'sheaf-hosting-'));
  await cp(join(ROOT, 'package.json'), join(place, 'package.json'));
  await cp(await buildRunner(), join(place, 'dist/bin/runner'), { recursive: true });
  [readme, pages] = [await programsIn('README.md'), await programsIn('docs/hosting.md')];
});
afterAll(() => rm(place, { recursive: true, force: true }));

/** Builds a program of a page and runs it in the project of a user. */
async function runProgram(program: string, user: UserOfRegistry): Promise<string> {
  const entry = join(place, 'program.ts');
  await writeFile(entry, program.replace("from 'sheaf'", `from '${ROOT}src/index.ts'`));
  const build = await rolldown({
    input: { program: entry },
    cwd: ROOT,
    platform: 'node',
    external: (id) => !/^[./\0]/.test(id),
    logLevel: 'silent',
  });
  await build.write({ dir: join(place, 'dist/bin'), format: 'esm', entryFileNames: '[name].mjs' });
  await build.close();
  const { stdout } = await run(process.execPath, [join(place, 'dist/bin/program.mjs')], {
    cwd: user.at('project'),
    env: { ...user.environment },
  });
  return stdout;
}

async function userWith(...names: readonly string[]): Promise<UserOfRegistry> {
  const user = await userOfRegistry(await Promise.all(names.map(example)));
  await mkdir(user.at('project'), { recursive: true });
  await user.does('install', ...names, '--accept-capabilities');
  return user;
}

describe('the programs for host developers', () => {
  it('have the types that the package has', async () => {
    const files = [...readme, ...pages].map((program, index) => [`program-${index}.ts`, program] as const);
    for (const [name, program] of files) await writeFile(join(place, name), program);
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions: { noEmit: true, paths: { sheaf: [join(ROOT, 'src/index.ts')] } },
      include: [],
      files: files.map(([name]) => name),
    };
    await writeFile(join(place, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = await run(process.execPath, [
      join(ROOT, 'node_modules/typescript/bin/tsc'),
      '-p',
      place,
    ]).catch((error: unknown) => error as { readonly stdout: string });
    expect(stdout).toBe('');
  });

  it('runs the host of README', async () => {
    const user = await userWith('graph-query', 'advanced-query-engine');
    expect(readme).toHaveLength(1);
    const printed = await runProgram(readme[0] ?? '', user);
    expect(printed).toMatch(/^\{ nodes: \[ 'api', 'db' \] \} \d+ µs, \d+ bytes, isolation (os|process)\n$/);
  });

  it('runs what docs/hosting.md shows', async () => {
    expect(pages).toHaveLength(4);
    const user = await userWith('graph-query', 'expression-executor');
    const [running = '', isolation = '', core = '', registry = ''] = pages;
    const seen = await runProgram(running, user);
    expect(seen).toContain('graph-query: discovered → loaded');
    expect(seen).toContain("[ 'expression', 'javascript' ] 42");
    expect(seen).toMatch(/SHEAF_PLUGIN [A-Z_]+\n2 1\n/);
    expect(await runProgram(isolation, user)).toContain("'graph-query wasm true'");
    expect(await runProgram(core, user)).toBe('string none\n');
    expect(await runProgram(registry, user)).toMatch(/^\[.*'graph-query'.*\] 0 0\n$/s);
  });
});
