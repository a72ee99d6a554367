import { join } from 'node:path';
import { directoriesFor } from '../../src/io/directories.ts';
import { createHttp } from '../../src/io/http/http.ts';
import { createObjectStore } from '../../src/io/object-store.ts';
import { createSourceHealth } from '../../src/io/source-health.ts';
import { createSources } from '../../src/io/sources.ts';
import { createUserFiles } from '../../src/io/user-files.ts';
import { sync } from '../../src/ops/registries/sync.ts';

/** `sync-crash-child HOME NOW WORKER` synchronises the registries of a user, everything included. */
const [home = '', now = '', worker = ''] = process.argv.slice(2);
const environment = { ...process.env, SHEAF_HOME: home };
const directories = directoriesFor({ environment, platform: process.platform });
const clock = { now: () => Number(now) };
const openSource = createSources({
  http: createHttp({ offline: false, environment }),
  gitDirectory: join(home, 'git'),
  environment,
  offline: false,
  gitWorker: new URL(`file://${worker}`),
});
const ports = {
  clock,
  store: createObjectStore(directories.objects),
  user: createUserFiles(directories),
  health: createSourceHealth(directories.sources, clock),
  reporter: { note: () => undefined, warn: () => undefined, transfer: () => undefined },
  openSource,
  offline: false,
};
await sync(ports, { aliases: [], full: false });
process.stdout.write('done');
