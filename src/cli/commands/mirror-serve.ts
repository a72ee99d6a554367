import { once } from 'node:events';
import { SheafError } from '../../core/errors.ts';
import { startMirrorServer } from '../../wiring/mirror-server.ts';
import { type Call, type Outcome, requiredArgument } from '../call.ts';
import { count } from '../render/size.ts';

const PORT = 8080;
const MOST = 65_535;

export async function run(call: Call): Promise<Outcome> {
  const directory = requiredArgument(call, 0);
  const port = Number(call.value('port') ?? PORT);
  if (port > MOST) {
    throw new SheafError('SHEAF_USAGE', `--port can be at most ${MOST}.`, { hint: `Take ${PORT}.` });
  }
  const server = await startMirrorServer({ directory, port, host: call.value('host') ?? '127.0.0.1' });
  const { registry, url } = server;
  call.reporter.note(`Serving ${registry} at ${url}, its API at ${url}v1/plugins; Ctrl-C ends it.`);
  // Ctrl-C is how a server ends, so it is no failure.
  if (!call.signal.aborted) await once(call.signal, 'abort');
  await server.close();
  const { requests } = server;
  return {
    data: { registry, directory, url, requests },
    lines: () => [`Served ${count(requests, 'request')}.`],
  };
}
