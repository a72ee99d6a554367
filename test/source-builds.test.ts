import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { valueOf } from '../src/core/finding.ts';
import { readReleaseManifest } from '../src/core/formats/manifest.ts';
import { createBubblewrapSandbox, whyNoBubblewrap } from '../src/host/bubblewrap-sandbox.ts';
import { startNative } from '../src/host/native-plugin.ts';
import type { SimulatedRelease } from '../src/testkit/index.ts';
import { compiler } from './support/native/compiler.ts';
import { commandLines } from './support/process-census.ts';
import {
  allRefused,
  attempts,
  refusalOf,
  type UserOfRegistry,
  userOfRegistry,
} from './support/registry-on-loopback.ts';

/** Plugins that are published as source, from the registry to an answer; with real compilers, in a real sandbox. */

const why = await whyNoBubblewrap();
const hasCargo = spawnSync('cargo', ['--version']).status === 0;
if (why !== undefined) console.warn(`skipped: builds from source, because ${why}`);
if (compiler === undefined) console.warn('skipped: builds of C, because there is no compiler');
if (!hasCargo) console.warn('skipped: builds of Rust, because there is no cargo');
const cannotC = why !== undefined || compiler === undefined;
const cannotRust = why !== undefined || !hasCargo;

const CC = compiler ?? 'cc';

const MAIN_C = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static char line[65536];
int main(void) {
  while (fgets(line, sizeof line, stdin) != NULL) {
    long id = strtol(strstr(line, "\\"id\\":") + 5, NULL, 10);
    const char *result = strstr(line, "\\"initialize\\"") != NULL
      ? "{\\"protocol\\":1,\\"commands\\":[\\"run\\"]}" : "\\"built from C\\"";
    printf("{\\"jsonrpc\\":\\"2.0\\",\\"id\\":%ld,\\"result\\":%s}\\n", id, result);
    fflush(stdout);
    if (strstr(line, "\\"shutdown\\"") != NULL) return 0;
  }
  return 0;
}`;

const MAIN_RS = (word: string) => `
use std::io::{BufRead, Write};
fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let rest = line.split("\\"id\\":").nth(1).unwrap();
        let id: String = rest.chars().take_while(|c| c.is_ascii_digit()).collect();
        let result = if line.contains("\\"initialize\\"") {
            String::from("{\\"protocol\\":1,\\"commands\\":[\\"run\\"]}")
        } else {
            format!("\\"built from {}\\"", ${word})
        };
        println!("{{\\"jsonrpc\\":\\"2.0\\",\\"id\\":{},\\"result\\":{}}}", id, result);
        std::io::stdout().flush().unwrap();
        if line.contains("\\"shutdown\\"") { return; }
    }
}`;

/** As \`cargo vendor\` leaves it. */
const CRATE: Readonly<Record<string, string>> = {
  'Cargo.toml': `[package]
name = "lens"
version = "1.0.0"
edition = "2021"
[dependencies]
word = "1.0.0"
`,
  'Cargo.lock': `version = 3

[[package]]
name = "lens"
version = "1.0.0"
dependencies = [
 "word",
]

[[package]]
name = "word"
version = "1.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "${'5'.repeat(64)}"
`,
  '.cargo/config.toml': `[source.crates-io]
replace-with = "vendored-sources"
[source.vendored-sources]
directory = "vendor"
`,
  'src/main.rs': MAIN_RS('word::word()'),
  'vendor/word/Cargo.toml': '[package]\nname = "word"\nversion = "1.0.0"\nedition = "2021"\n',
  'vendor/word/src/lib.rs': 'pub fn word() -> &\'static str { "a vendored crate" }\n',
  'vendor/word/.cargo-checksum.json': `{"files":{},"package":"${'5'.repeat(64)}"}`,
};

interface Recipe {
  readonly files: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly output: string;
  readonly requires?: Readonly<Record<string, string>>;
}

const IN_C: Recipe = { files: { 'main.c': MAIN_C }, command: [CC, '-o', 'lens', 'main.c'], output: 'lens' };

const sourceRelease = (
  { files, command, output, requires = {} }: Recipe,
  version = '1.0.0',
): SimulatedRelease => ({
  name: 'lens',
  version,
  tier: 'native',
  files,
  manifest: { build: { command, output }, requires },
});

async function userOf(...recipes: readonly Recipe[]): Promise<UserOfRegistry> {
  const user = await userOfRegistry(recipes.map((recipe, index) => sourceRelease(recipe, `1.${index}.0`)));
  user.registry.addStatus({ plugin: 'lens', kind: 'grant-tier', tier: 'native' }, [
    'maintainer-a',
    'maintainer-b',
  ]);
  user.registry.now += 1000;
  await user.registry.publish();
  await user.does('sync');
  return user;
}

/** What is there but the file that keeps Git out of it. */
async function changedBy(user: UserOfRegistry) {
  const { 'project/.sheaf/.gitignore': _ignored, ...others } = await user.belongings();
  return others;
}

const stagedBy = (user: UserOfRegistry) => readdir(user.at('project/.sheaf/generations')).catch(() => []);

/** Starts what is installed as a host would, and asks it. */
async function answerOf(user: UserOfRegistry, entry: string): Promise<unknown> {
  const number = (await readFile(user.at('project/.sheaf/current'), 'utf8')).trim();
  const generation = user.at('project/.sheaf/generations', number);
  const bytes = await readFile(join(generation, '.manifests/lens.toml'));
  const manifest = valueOf(readReleaseManifest(bytes, 'lens.toml'));
  const plugin = await startNative(
    { manifest, directory: join(generation, 'lens'), entry, granted: [], config: {}, network: false },
    createBubblewrapSandbox(),
    { hostCall: () => Promise.resolve(null), log: () => {} },
  );
  const { output, isolation } = await plugin.execute('run', null);
  await plugin.dispose();
  expect(isolation).toBe('os');
  return output;
}

describe.skipIf(cannotRust)('a plugin that is published as source in Rust', () => {
  it('is built by rustc', async () => {
    const recipe = {
      files: { 'main.rs': MAIN_RS('"rustc"') },
      command: ['rustc', '-o', 'out/lens', 'main.rs'],
      output: 'out/lens',
      requires: { rustc: '>=1.50' },
    };
    const user = await userOf({ ...recipe, files: { ...recipe.files, 'out/README': 'Here it goes.' } });
    await user.does('install', 'lens');
    expect(await answerOf(user, 'out/lens')).toBe('built from rustc');
  });

  it('is built by cargo with vendored crates and no network', async () => {
    const user = await userOf({
      files: CRATE,
      command: ['cargo', 'build', '--release', '--offline'],
      output: 'target/release/lens',
      requires: { cargo: '*', rustc: '*' },
    });
    await user.does('install', 'lens');
    expect(await answerOf(user, 'target/release/lens')).toBe('built from a vendored crate');
    expect((await user.sheaf('verify')).status).toBe(0);
  });
});

describe.skipIf(cannotC)('a plugin that is published as source in C', () => {
  it('is built, runs, and is verified', async () => {
    const user = await userOf(IN_C);
    expect((await user.sheaf('install', 'lens')).stderr).toContain('Building lens 1.0.0 from source');
    expect(await answerOf(user, 'lens')).toBe('built from C');
    const built = user.at('project/.sheaf/generations/1/lens/lens');
    expect((await stat(built)).mode & 0o777).toBe(0o555);
    expect((await user.sheaf('verify')).status).toBe(0);
    await promisify(execFile)('chmod', ['u+w', built]);
    await writeFile(built, 'something else');
    const verified = await user.sheaf('verify');
    expect(verified.status).not.toBe(0);
    expect(verified.stdout + verified.stderr).toContain('"lens" was changed');
  });

  it('stays built when another plugin comes in, and after a rollback', async () => {
    const user = await userOf(IN_C);
    user.registry.addRelease({ name: 'other', version: '1.0.0' });
    user.registry.now += 1000;
    await user.registry.publish();
    await user.does('install', 'lens');
    expect((await user.sheaf('install', 'other')).stderr).not.toContain('Building');
    expect(await answerOf(user, 'lens')).toBe('built from C');
    await user.does('rollback');
    expect((await user.sheaf('verify')).status).toBe(0);
  });
});

describe.skipIf(cannotC)('a build that fails', () => {
  const failing = (command: string): Recipe => ({
    files: { 'main.c': MAIN_C, 'readme.txt': 'x' },
    command: ['sh', '-c', command],
    output: 'lens',
  });

  it('shows the last lines of the compiler, and nothing has changed', async () => {
    const user = await userOf({ ...IN_C, files: { 'main.c': 'int main(void) { return wrong; }' } });
    const before = await user.belongings();
    const { status, stderr } = await user.sheaf('install', 'lens');
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/main\.c:1.*wrong/);
    expect(stderr).toContain(`lens could not be built: "${CC}" ended with status 1.`);
    expect(await changedBy(user)).toEqual(before);
    expect(await stagedBy(user)).toEqual([]);
  });

  it.each([
    ['leaves nothing', 'true', /it left no file "lens"/],
    ['leaves a directory', 'mkdir lens', /it left no file "lens"/],
    ['crashes', 'kill -SEGV $$', /could not be built: "sh" ended by SIGSEGV/],
    ['says so', 'exit 3', /could not be built: "sh" ended with status 3/],
  ])('because it %s is refused', async (_what, command, sentence) => {
    const user = await userOf(failing(command));
    expect(refusalOf(await user.sheaf('install', 'lens'))).toMatchObject({
      code: 'SHEAF_TOOL',
      sentence: expect.stringMatching(sentence) as string,
    });
  });

  it('reaches neither network, home nor the files of the host', async () => {
    const user = await userOf(
      failing(`{ cat /etc/shadow; ls ${process.env['HOME'] ?? '/root'}/.ssh; ls ${process.cwd()}; touch /usr/x;
        touch /sheaf/source/x; getent hosts example.org; } >log 2>/dev/null;
        test ! -s log && test -z "$SECRET" && ${CC} -o lens main.c`),
    );
    const { status, stderr } = await user.sheafWith({ environment: { SECRET: 'x' } }, 'install', 'lens');
    expect({ status, stderr }).toMatchObject({ status: 0 });
  });

  it('is broken off by an interrupt, and nothing is left', async () => {
    const seconds = String(process.pid * 1000);
    const isBuilding = () => commandLines().some((line) => line.startsWith(`sleep\0${seconds}`));
    const user = await userOf(failing(`sleep ${seconds}`));
    const controller = new AbortController();
    const before = await user.belongings();
    const call = user.sheafWith({ signal: controller.signal }, 'install', 'lens');
    await expect.poll(isBuilding, { timeout: 20_000 }).toBe(true);
    controller.abort();
    const { status, stderr } = await call;
    expect({ status, stderr }).toMatchObject({ status: 130 });
    await expect.poll(isBuilding, { timeout: 20_000 }).toBe(false);
    expect(await changedBy(user)).toEqual(before);
    expect(await stagedBy(user)).toEqual([]);
  });
});

describe('a plugin that requires a program', () => {
  it('is refused before anything is fetched when the program is not there', async () => {
    const user = await userOfRegistry([
      { name: 'map', version: '1.0.0', manifest: { requires: { 'no-such-program': '>=2' } } },
    ]);
    const line = ['install', 'map'];
    expect(await attempts(user, [line])).toEqual(
      allRefused([line], {
        status: 11,
        code: 'SHEAF_REQUIREMENT',
        sentence: 'map needs the program no-such-program, which is not on PATH.',
        hint: 'Install no-such-program >=2, and try again.',
      }),
    );
    expect(user.artifacts.asked).toEqual([]);
  });
});

describe.skipIf(cannotC)('a program in another version', () => {
  it('is none that a plugin requires', async () => {
    const user = await userOfRegistry([
      { name: 'map', version: '1.0.0', manifest: { requires: { [CC]: '>=999' } } },
    ]);
    expect(refusalOf(await user.sheaf('install', 'map'))).toMatchObject({
      code: 'SHEAF_REQUIREMENT',
      sentence: expect.stringMatching(/needs \S+ >=999, and this is \d+\.\d+\.\d+/) as string,
    });
  });
});
