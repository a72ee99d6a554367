import { SheafError } from '../errors.ts';
import type { Manifest } from '../formats/manifest.ts';
import { quote } from '../text.ts';
import { readInterface, requireCommands, WASM_ABI, type WasmInterface } from './wasm-abi.ts';
import { requireDeclared } from './wasm-capabilities.ts';
import { limitWasm, memoryCap } from './wasm-limits.ts';
import { readWasmModule } from './wasm-module.ts';

/** A module that may be handed to a runner. */
export interface PreparedWasm {
  /** The module with its limits set. */
  readonly code: Uint8Array;
  readonly found: WasmInterface;
  /** The memory cap in bytes. */
  readonly memoryBytes: number;
}

/**
 * Checks a module against its manifest, and sets its limits: what every wasm plugin passes before it is started,
 * and what `build` and the registry's checks pass it through, too.
 *
 * @throws SheafError `SHEAF_ABI`, `SHEAF_CAPABILITY_UNDECLARED`, `SHEAF_MEMORY`.
 */
export function prepareWasm(bytes: Uint8Array, manifest: Manifest): PreparedWasm {
  const what = `The module of ${manifest.name}`;
  requireAbi(manifest);
  const module = readWasmModule(bytes, what);
  const found = readInterface(module, what);
  requireDeclared(found, manifest.security.capabilities, what);
  requireCommands(found, manifest.provides.commands, what);
  const memoryBytes = memoryCap(manifest.performance.maxMemoryMb);
  return { code: limitWasm(bytes, module, memoryBytes, what), found, memoryBytes };
}

/** A manifest without `abi` means the one that there is. */
function requireAbi({ name, security: { abi } }: Manifest): void {
  if (abi === undefined || abi === WASM_ABI) return;
  throw new SheafError(
    'SHEAF_ABI',
    `${name} is built for wasm ABI ${quote(abi)}, and this is ABI ${WASM_ABI}.`,
    {
      hint: 'Use a version of the plugin for this ABI, or a newer sheaf.',
    },
  );
}
