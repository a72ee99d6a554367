// The first look at a plugin with nothing cached: every byte that is shown was verified down from the root.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, pluginsAsked, sheaf } from './harness.mjs';
import { createUser, createWorld, publish } from './world.mjs';

const plugins = pluginsAsked(10_000);
const world = await createWorld(plugins);
try {
  await publish(world);
  const { home, options } = await createUser(world, 'user', 'web');
  const name = world.registry.names[Math.floor(plugins / 2)];
  const without = async (...names) => {
    for (const one of names) await rm(join(home, one), { recursive: true, force: true });
  };
  const { web } = world;
  const info = { command: sheaf('info', name), options, server: web };
  await compare(
    `Look-up, ${plugins} plugins`,
    [
      { name: 'node -e 0', command: [process.execPath, '-e', '0'], options },
      {
        name: 'sheaf sync, nothing known',
        command: sheaf('sync'),
        options,
        before: () => without('cache', 'state'),
        server: web,
      },
      { name: 'sheaf info, empty cache', before: () => without('cache'), ...info },
      { name: 'sheaf info, warm', ...info },
    ],
    { rounds: 10 },
  );
} finally {
  await world.close();
}
