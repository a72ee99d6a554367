/** The host of a call that needs none. */
function noAnswer() {
  return { error: { code: 'UNEXPECTED', message: 'No capability should be called.' } };
}

/**
 * Calls a command of a wasm plugin by ABI 1 with nothing but the plain WebAssembly interface.
 *
 * @param {Uint8Array} wasm
 */
export function openWasmPlugin(wasm) {
  const module = new WebAssembly.Module(wasm);
  const capabilities = {};
  /** Answers of the host by `capability.function`, for the duration of a call. */
  let host = noAnswer;

  for (const { module: id, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== 'function') throw new Error(`The plugin imports the ${kind} ${id}.${name}.`);
    capabilities[id] ??= {};
    capabilities[id][name] = (at, length) => write(host(`${id}.${name}`, read(at, length)));
  }
  const { exports } = new WebAssembly.Instance(module, capabilities);

  function read(at, length) {
    const bytes = new Uint8Array(exports.memory.buffer, at >>> 0, length >>> 0);
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  }
  function writeText(text) {
    const bytes = new TextEncoder().encode(text);
    const at = exports.alloc(bytes.length) >>> 0;
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
    return { at, length: bytes.length };
  }
  function write(value) {
    const { at, length } = writeText(JSON.stringify(value));
    return (BigInt(at) << 32n) | BigInt(length);
  }

  return {
    imports: WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`),
    exports: WebAssembly.Module.exports(module).map(({ name }) => name),
    memoryBytes: () => exports.memory.buffer.byteLength,
    call(command, input, answer = noAnswer) {
      return this.callText(command, JSON.stringify(input), answer);
    },
    callText(command, text, answer = noAnswer) {
      host = answer;
      const { at, length } = writeText(text);
      const location = BigInt.asUintN(64, exports[command](at, length));
      return read(Number(location >> 32n), Number(location & 0xffffffffn));
    },
  };
}
