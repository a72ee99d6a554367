import type { Call, Outcome } from '../call.ts';

export async function run(call: Call): Promise<Outcome> {
  const { configPath: path } = (await call.client()).user;
  return { data: { path }, lines: () => [path] };
}
