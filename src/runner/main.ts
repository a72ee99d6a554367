import { readRunnerLoad } from '../core/runtime/runner-load.ts';
import { Channel } from './channel.ts';
import { serve } from './serve.ts';
import { loadWasm } from './wasm-guest.ts';

/**
 * The program in which untrusted code runs: a process that its host started in a sandbox and may kill at any
 * time. It is blank until the host sends it code, so it can be started before anybody needs it, and it
 * becomes one plugin for the rest of its life.
 */
async function main(): Promise<void> {
  const channel = new Channel();
  const load = readRunnerLoad(channel.readLine());
  if (load === undefined) process.exit(1);
  const code = channel.readBytes(load.bytes);
  if (load.load === 'wasm') return serve(channel, code, loadWasm);
  // The interpreter is a second file: most runners never need it.
  const { createJavaScriptLoader } = await import('./javascript-guest.ts');
  serve(channel, code, await createJavaScriptLoader(load.load, load.memory));
}

void main();
