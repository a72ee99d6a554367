import { SheafError } from '../errors.ts';
import type { Finding, Place } from '../finding.ts';
import type { CapabilityRequest } from '../formats/manifest.ts';
import { quote } from '../text.ts';
import type { WasmInterface } from './wasm-abi.ts';

/**
 * Compares what a module imports with what its manifest declares, both ways. An import that is not declared
 * would be a power that nobody was asked about: an error. A declaration that nothing imports asks for more
 * than is used: a warning.
 *
 * @param place where the manifest declares capabilities.
 */
export function judgeCapabilities(
  found: WasmInterface,
  declared: readonly CapabilityRequest[],
  place: Place,
): Finding[] {
  const undeclared = undeclaredIn(found, declared).map(
    (id): Finding => ({
      rule: 'undeclared-capability',
      severity: 'error',
      place,
      message: `The module uses the capability ${quote(id)}, which the manifest does not declare.`,
      fix: `Add ${quote(id)} to capabilities, or build the module without it.`,
    }),
  );
  const unused = declared
    .filter(({ id }) => !found.capabilities.has(id))
    .map(
      ({ id }): Finding => ({
        rule: 'unused-capability',
        severity: 'warning',
        place,
        message: `The manifest declares the capability ${quote(id)}, which the module does not use.`,
        fix: `Remove ${quote(id)} from capabilities.`,
      }),
    );
  return [...undeclared, ...unused];
}

/**
 * Refuses a module that imports more than its manifest declares.
 *
 * @param what the module, for messages.
 * @throws SheafError `SHEAF_CAPABILITY_UNDECLARED`; `details.capabilities` lists the ids.
 */
export function requireDeclared(
  found: WasmInterface,
  declared: readonly CapabilityRequest[],
  what: string,
): void {
  const capabilities = undeclaredIn(found, declared);
  if (capabilities.length === 0) return;
  const names = capabilities.map((id) => quote(id)).join(', ');
  throw new SheafError(
    'SHEAF_CAPABILITY_UNDECLARED',
    `${what} uses ${names}, which its manifest does not declare.`,
    { hint: 'Do not run it, and tell its author.', details: { capabilities } },
  );
}

function undeclaredIn(found: WasmInterface, declared: readonly CapabilityRequest[]): string[] {
  const ids = new Set(declared.map(({ id }) => id));
  return [...found.capabilities.keys()].filter((id) => !ids.has(id));
}
