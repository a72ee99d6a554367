// Installing from a loopback server: 1 and 20 plugins with all they need, with and without a cache and a lock file.
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { compare, pluginsAsked, run, sheaf } from './harness.mjs';
import { createUser, createWorld, publish, publishArtifacts } from './world.mjs';

const plugins = pluginsAsked(1000);
const world = await createWorld(plugins);
try {
  await publish(world);
  await publishArtifacts(world, world.registry.names);
  for (const count of [1, 20]) {
    // Spread over the registry, so that hubs and leaves are among them.
    const names = Array.from(
      { length: count },
      (_, n) => world.registry.names[Math.floor(((n + 0.5) * plugins) / count)],
    );
    const { home, project, options } = await createUser(world, `user-${count}`, 'web');
    const everything = ['sheaf.toml', 'sheaf.lock', '.sheaf'].map((name) => join(project, name));
    const cache = join(home, 'cache');
    const kept = world.at(`kept-${count}`);

    await run(install(...names), options);
    await cp(join(project, 'sheaf.toml'), join(kept, 'sheaf.toml'));
    await cp(join(project, 'sheaf.lock'), join(kept, 'sheaf.lock'));
    const locked = async () => {
      await removed(...everything);
      await cp(kept, project, { recursive: true });
    };
    const { web: server } = world;
    await compare(
      `Install ${count}, ${plugins} plugins`,
      [
        { name: 'node -e 0', command: [process.execPath, '-e', '0'], options },
        {
          name: 'nothing cached',
          command: install(...names),
          options,
          server,
          before: () => removed(...everything, cache),
        },
        { name: 'cached', command: install(...names), options, server, before: () => removed(...everything) },
        { name: 'cached, locked', command: install('--locked'), options, server, before: locked },
        { name: 'already installed', command: install('--locked'), options, server },
      ],
      { rounds: 5 },
    );
  }
} finally {
  await world.close();
}

async function removed(...paths) {
  for (const path of paths) await rm(path, { recursive: true, force: true });
}

function install(...args) {
  return sheaf('install', ...args, '--accept-capabilities');
}
