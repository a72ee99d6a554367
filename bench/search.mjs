// Searching: with everything cached, and with nothing cached, every object verified down from the root.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, pluginsAsked, sheaf } from './harness.mjs';
import { createUser, createWorld, publish } from './world.mjs';

const plugins = pluginsAsked(10_000);
const world = await createWorld(plugins);
try {
  await publish(world);
  const { home, options } = await createUser(world, 'user', 'web');
  const { web } = world;
  const [first] = world.registry.names[Math.floor(plugins / 2)].split('-');
  const queries = [['parser'], ['monitor', 'vault'], ['lib'], ['grpah'], [first]];
  const emptied = () => rm(join(home, 'cache'), { recursive: true, force: true });
  const node = { name: 'node -e 0', command: [process.execPath, '-e', '0'], options };
  const subjects = queries.map((words) => ({
    name: `sheaf search ${words.join(' ')}`,
    command: sheaf('search', ...words),
    options,
    server: web,
  }));
  await compare(`Search with everything cached, ${plugins} plugins`, [node, ...subjects], { rounds: 10 });
  await compare(
    `Search with nothing cached, ${plugins} plugins`,
    [node, ...subjects.map((subject) => ({ ...subject, before: emptied }))],
    { rounds: 10 },
  );
} finally {
  await world.close();
}
