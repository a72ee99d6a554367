/** What a command or a capability answers. */
export type Answer =
  | { readonly ok: unknown; readonly error?: undefined }
  | { readonly ok?: undefined; readonly error: { readonly code: string; readonly message: string } };

/** Answers a capability, named `capability.function`. */
export type Host = (name: string, request: unknown) => unknown;

/** An instance of a plugin. */
export interface WasmPlugin {
  /** `capability.function`, in the order of the import section. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
  memoryBytes(): number;
  call(command: string, input: unknown, host?: Host): Answer;
  /** As `call`, with the JSON text as it is. */
  callText(command: string, text: string, host?: Host): Answer;
}

/** Instantiates a plugin with exactly the functions that it imports. */
export function openWasmPlugin(wasm: Uint8Array): WasmPlugin;
