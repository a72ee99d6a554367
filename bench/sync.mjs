// Synchronising over Git and over static HTTP, the first time and after one release, against native git.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, pluginsAsked, run, sheaf } from './harness.mjs';
import { addReleases, createUser, createWorld, publish } from './world.mjs';

const plugins = pluginsAsked(10_000);
const world = await createWorld(plugins);
try {
  await publish(world);
  const remote = `${world.git.url}plugins.git`;
  const clone = world.at('homes/clone');
  const cloned = ['git', 'clone', '--quiet', '--depth', '1', '--branch', 'index', remote, clone];
  const overGit = await createUser(world, 'git', 'git');
  const overWeb = await createUser(world, 'web', 'web');

  const first = (name, user, server, ...flags) => ({
    name,
    command: sheaf('sync', ...flags),
    options: user.options,
    before: () => forget(user),
    server,
  });
  await compare(
    `First sync, ${plugins} plugins`,
    [
      {
        name: 'git clone --depth 1',
        command: cloned,
        before: () => rm(clone, { recursive: true, force: true }),
        server: world.git,
      },
      first('sheaf sync, Git', overGit, world.git),
      first('sheaf sync, HTTP', overWeb, world.web),
      first('sheaf sync --full, HTTP', overWeb, world.web, '--full'),
    ],
    { rounds: 3 },
  );

  await rm(clone, { recursive: true, force: true });
  await mkdir(world.at('homes'), { recursive: true });
  await run(cloned);
  let position = 0;
  await compare(
    `Sync after one release, ${plugins} plugins`,
    [
      {
        name: 'git fetch',
        command: ['git', 'fetch', '--quiet', 'origin', 'index'],
        options: { cwd: clone },
        server: world.git,
      },
      { name: 'sheaf sync, Git', command: sheaf('sync'), options: overGit.options, server: world.git },
      { name: 'sheaf sync, HTTP', command: sheaf('sync'), options: overWeb.options, server: world.web },
    ],
    {
      rounds: 5,
      eachRound: async () => {
        await addReleases(world, [position++]);
        await publish(world, true);
      },
    },
  );
} finally {
  await world.close();
}

/** Leaves a user what they configured and nothing else. */
async function forget({ home }) {
  for (const name of ['cache', 'state']) await rm(join(home, name), { recursive: true, force: true });
}
