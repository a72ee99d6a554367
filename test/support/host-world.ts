import { onTestFinished } from 'vitest';
import type { PluginHost } from '../../src/host/plugin-host.ts';
import { connectClient } from '../../src/wiring/client.ts';
import { connectHost, type HostOptions } from '../../src/wiring/host.ts';
import type { UserOfRegistry } from './registry-on-loopback.ts';

/** An application over what a user installed, with a runner built from source. It is closed with the test. */
export async function hostOf(
  user: Pick<UserOfRegistry, 'at' | 'environment'>,
  runner: string,
  options: Omit<HostOptions, 'project' | 'reporter'> = {},
): Promise<PluginHost> {
  const ports = connectClient({
    project: user.at('project'),
    global: false,
    offline: true,
    environment: user.environment,
    prompt: { confirm: () => Promise.resolve(false) },
    reporter: { note: () => {}, warn: () => {}, transfer: () => {} },
  });
  const { environment } = user;
  const host = await connectHost(ports, { environment, warmRunners: 0, ...options }, runner);
  onTestFinished(() => host.close());
  return host;
}
