import { cachePath } from '../../wiring/places.ts';
import type { Call, Outcome } from '../call.ts';

export function run(call: Call): Promise<Outcome> {
  const path = cachePath(call.environment);
  return Promise.resolve({ data: { path }, lines: () => [path] });
}
