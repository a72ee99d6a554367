import type { AvailableIsolation } from '../core/runtime/host-policy.ts';
import { createBubblewrapSandbox, whyNoBubblewrap } from './bubblewrap-sandbox.ts';
import { createPlainSandbox } from './plain-sandbox.ts';
import type { Sandbox } from './sandbox.ts';

/** The best sandbox that this machine has, and why it has no better one. Tries it. */
export async function bestSandbox(): Promise<{
  readonly sandbox: Sandbox;
  readonly available: AvailableIsolation;
}> {
  const whyNotBetter = await whyNoBubblewrap();
  const sandbox = whyNotBetter === undefined ? createBubblewrapSandbox() : createPlainSandbox();
  const available = { level: sandbox.level, ...(whyNotBetter === undefined ? {} : { whyNotBetter }) };
  return { sandbox, available };
}
