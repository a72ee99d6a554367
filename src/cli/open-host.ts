import type { PluginHost } from '../host/plugin-host.ts';
import { connectHost } from '../wiring/host.ts';
import type { Call, Outcome } from './call.ts';
import { formatBytes } from './render/size.ts';

/** What a plugin answered, and what that cost. */
export type Answered = Awaited<ReturnType<PluginHost['execute']>>;

/**
 * Opens the plugins of the project for one call and closes them again, whatever comes of it. What a plugin says on
 * the way is passed on, marked as its own.
 */
export async function withHost<T>(call: Call, work: (host: PluginHost) => Promise<T>): Promise<T> {
  const { environment, reporter } = call;
  // What is asked for once needs nothing that is kept ready.
  const host = await connectHost(await call.client({ offline: true }), { environment, warmRunners: 0 });
  host.on('log', ({ plugin, by, message }) => {
    if (by === 'plugin') reporter.note(`${plugin}: ${message}`);
  });
  try {
    return await work(host);
  } finally {
    await host.close();
  }
}

/** The answer of a plugin as the outcome of a command. */
export function outcomeOf(call: Call, plugin: string, { output, metrics, isolation }: Answered): Outcome {
  if (call.flag('profile')) {
    const memory = metrics.memoryBytes === 0 ? '' : `, ${formatBytes(metrics.memoryBytes)} of memory`;
    call.reporter.note(
      `${plugin}: ${milliseconds(metrics.us)} inside, ${milliseconds(metrics.wallUs)} in all${memory}; isolation "${isolation}".`,
    );
  }
  return {
    data: { plugin, output: output ?? null, metrics, isolation },
    lines: () => JSON.stringify(output ?? null, undefined, 2).split('\n'),
  };
}

function milliseconds(us: number): string {
  return `${(us / 1_000).toPrecision(3)} ms`;
}
