import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toolchainOf } from './toolchain.ts';

const SYSTEM = '/usr/local/bin:/usr/bin:/bin';

let home: string;
beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'sheaf-home-')));
});
afterAll(() => rm(home, { recursive: true }));

async function install(path: string, text = '#!/bin/sh\n'): Promise<string> {
  const program = join(home, path);
  await mkdir(dirname(program), { recursive: true });
  await writeFile(program, text, { mode: 0o755 });
  return program;
}

const toolchain = (programs: Record<string, string>) =>
  toolchainOf(new Map(Object.entries(programs)), { HOME: home, PATH: '/usr/bin' });

it('has nothing to hand out for programs of the system', async () => {
  expect(await toolchain({ sh: '/bin/sh' })).toEqual({ readOnly: [], path: SYSTEM });
});

it('hands out the directory that a toolchain was installed into', async () => {
  const program = await install('tools/kit/bin/kit');
  const root = join(home, 'tools/kit');
  expect(await toolchain({ kit: program })).toEqual({
    readOnly: [{ from: root, to: root }],
    path: `${root}/bin:${SYSTEM}`,
  });
});

it.each(['bin/kit', 'kit', '.local/bin/kit', '.cargo/bin/kit'])(
  'hands out nothing but the program for ~/%s, whose directory holds other things',
  async (path) => {
    const program = await install(path);
    expect((await toolchain({ kit: program })).readOnly).toEqual([{ from: program, to: program }]);
  },
);

it('finds a program under the name that it is called by', async () => {
  const program = await install('tools/kit/libexec/kit-2');
  await symlink(program, join(home, 'called'));
  const { readOnly, path } = await toolchain({ called: join(home, 'called') });
  expect(readOnly).toContainEqual({ from: program, to: '/sheaf/bin/called' });
  expect(path).toBe(`/sheaf/bin:${SYSTEM}`);
});

it('passes the proxies of rustup by', async () => {
  const real = await install('.rustup/toolchains/stable/bin/rustc');
  const rustup = await install(
    '.cargo/bin/rustup',
    `#!/bin/sh\ntest "$1 $2" = "which rustc" && echo ${real}\n`,
  );
  await symlink(rustup, join(home, '.cargo/bin/rustc'));
  const root = join(home, '.rustup/toolchains/stable');
  expect(await toolchain({ rustc: join(home, '.cargo/bin/rustc') })).toEqual({
    readOnly: [{ from: root, to: root }],
    path: `${root}/bin:${SYSTEM}`,
  });
});
