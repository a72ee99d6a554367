// Building the index: all of it, after one release more, and after one plugin more; and how much of the index that
// changes.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, formatBytes, pluginsAsked, printTable } from './harness.mjs';
import { addPlugin, addReleases, buildCommand, createWorld, publish } from './world.mjs';

const plugins = pluginsAsked(1000);
const world = await createWorld(plugins);
const options = { cwd: world.at('source'), env: { SHEAF_HOME: world.home } };
try {
  // What no build can do without: every file of the commit, unpacked.
  const floor = { name: 'git archive', command: ['git', 'archive', '--format=tar', 'HEAD'], options };
  const emptied = () => rm(world.at('built'), { recursive: true, force: true });
  await compare(
    `Full build, ${plugins} plugins`,
    [floor, { name: 'sheaf index build', command: buildCommand(world), options, before: emptied }],
    { rounds: plugins > 20_000 ? 1 : 3 },
  );

  await emptied();
  await publish(world);
  await compareNext('One release more', (position) => addReleases(world, [position]));
  await compareNext('One plugin more', (position) => addPlugin(world, position));
} finally {
  await world.close();
}

/** Builds on top of the index before, after a change in each round, and tells what the change made new. */
async function compareNext(title, change) {
  let position = Math.floor(plugins / 3);
  const built = [];
  await compare(
    `${title}, ${plugins} plugins`,
    [
      { name: 'git diff', command: ['git', 'diff', '--name-only', 'HEAD~1', 'HEAD'], options },
      { name: 'sheaf index build --previous', command: buildCommand(world, true), options },
    ],
    {
      rounds: 5,
      eachRound: async () => {
        built.push(await objectsIn(world.at('built')));
        await change(position++);
      },
    },
  );
  printTable(
    `New objects: ${title}`,
    built.slice(1).map((now, index) => difference(now, built[index])),
  );
}

/** Sizes of the objects in a published tree, by digest. */
async function objectsIn(directory) {
  const sizes = new Map();
  for (const path of await readdir(join(directory, 'o'), { recursive: true })) {
    const { size } = await stat(join(directory, 'o', path));
    if (path.includes('/')) sizes.set(path, size);
  }
  return sizes;
}

function difference(now, before) {
  const fresh = [...now].filter(([path]) => !before.has(path));
  const bytes = fresh.reduce((sum, [, size]) => sum + size, 0);
  return { objects: fresh.length, bytes: formatBytes(bytes) };
}
