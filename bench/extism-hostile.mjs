// A host that runs one hostile command, for extism.mjs: it may not survive it, so it is a process of its own.
import { writeSync } from 'node:fs';
import { inExtism, inSheaf } from './extism-subjects.mjs';

const HEARTBEAT_MS = 20;
const PATIENCE_MS = 3_000;

const [subject, command] = process.argv.slice(2);
const { start } = { sheaf: () => inSheaf(0), worker: () => inExtism(true), same: () => inExtism(false) }[
  subject
]();
const plugin = await start();
// Not by process.stdout, which would wait for an event loop that may be stopped.
const tell = (event, fields = {}) => writeSync(1, `${JSON.stringify({ event, ...fields })}\n`);

const heart = setInterval(() => tell('beat'), HEARTBEAT_MS);
tell('called');
const call = plugin.call(command, {}).then(
  (answer) => tell('ended', { how: 'answered', answer }),
  (error) => tell('ended', { how: error.code ?? error.name }),
);
await within(call);
const isOver = await closed();
clearInterval(heart);
tell('closed', { isOver });
process.exit();

/** Whether a promise settles in the time that anybody would wait. */
function within(promise) {
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, false));
  return Promise.race([promise.then(() => true), patience]);
}

/** Whether the caller hears of the end when the plugin is closed. */
async function closed() {
  await plugin.close();
  return within(call);
}
