// Building the index: all of it, and after one release more; and how much of the index such a release changes.
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, formatBytes, pluginsAsked, printTable } from './harness.mjs';
import { addReleases, buildCommand, createWorld, publish } from './world.mjs';

// What no build can do without: to list the repository and read every file once.
const READ_ALL = `
  const { readdirSync, readFileSync } = require('node:fs');
  for (const top of ['registry', 'plugins'])
    for (const entry of readdirSync(top, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) readFileSync(entry.parentPath + '/' + entry.name);
`;

const plugins = pluginsAsked(1000);
const world = await createWorld(plugins);
try {
  const options = { cwd: world.at('source'), env: { SHEAF_HOME: world.home } };
  const floor = { name: 'node reads every file', command: [process.execPath, '-e', READ_ALL], options };
  const emptied = () => rm(world.at('built'), { recursive: true, force: true });
  const rounds = plugins > 20_000 ? 1 : 3;
  await compare(
    `Full build, ${plugins} plugins`,
    [floor, { name: 'sheaf index build', command: buildCommand(world), options, before: emptied }],
    { rounds },
  );

  await emptied();
  await publish(world);
  let position = 0;
  const changed = [];
  await compare(
    `One release more, ${plugins} plugins`,
    [
      { name: 'git status', command: ['git', 'status', '--porcelain'], options },
      { name: 'sheaf index build --previous', command: buildCommand(world, true), options },
    ],
    {
      rounds: 5,
      eachRound: async () => {
        changed.push(await objectsIn(world.at('built')));
        await addReleases(world, [position++]);
      },
    },
  );
  printTable(
    'New objects per release',
    changed.slice(1).map((now, index) => difference(now, changed[index])),
  );
} finally {
  await world.close();
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
