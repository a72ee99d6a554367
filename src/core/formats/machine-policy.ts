import { readDocument } from '../documents/file-reading.ts';
import { parseLocalToml } from '../documents/local-toml.ts';
import type { Reading } from '../finding.ts';
import { validate as validatePolicy } from '../validators/machine-policy.generated.js';
import { type ClientPolicy, type PolicyTable, policyOf } from './client-policy.ts';
import { type Routes, type RoutesTable, routesOf } from './routes.ts';

/** What whoever runs a machine demands of all its users: `policy.toml`. */
export interface MachinePolicy {
  readonly policy: ClientPolicy;
  readonly routes: Routes;
}

/** Reads a policy.toml. */
export function readMachinePolicy(bytes: Uint8Array, file: string): Reading<MachinePolicy> {
  return readDocument(parseLocalToml(bytes, file), validatePolicy, ({ value }) => {
    const table = value as unknown as { readonly policy?: PolicyTable; readonly routes?: RoutesTable };
    return { policy: policyOf(table.policy ?? {}), routes: routesOf(table.routes ?? {}) };
  });
}
