// How long the commands take that do next to nothing, against a bare node.
import { compare, pluginsAsked, run, sheaf } from './harness.mjs';
import { createUser, createWorld, publish, publishArtifacts } from './world.mjs';

const world = await createWorld(pluginsAsked(1000));
try {
  await publish(world);
  const [name] = world.registry.names;
  await publishArtifacts(world, [name]);
  const { options } = await createUser(world, 'user', 'web');
  await run(sheaf('install', name, '--accept-capabilities'), options);
  await run(sheaf('info', name), options);
  await compare(
    'Start',
    [
      { name: 'node -e 0', command: [process.execPath, '-e', '0'], options },
      { name: 'sheaf --version', command: sheaf('--version'), options },
      { name: 'sheaf --help', command: sheaf('--help'), options },
      { name: 'sheaf list', command: sheaf('list'), options },
      { name: 'sheaf info, warm', command: sheaf('info', name), options },
    ],
    { rounds: 20 },
  );
} finally {
  await world.close();
}
